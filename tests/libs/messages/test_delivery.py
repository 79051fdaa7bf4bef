import pytest

from bastproxy.libs.messages import TO_ALL, Delivery, raise_events

OWNER = "plugins.a.b"


def on(dispatcher, event, **changes):
    seen = []

    def callback():
        record = dispatcher.current_record()
        seen.append(dict(record))
        record.update(changes)

    dispatcher.register(event, callback, OWNER)
    return seen


def decided(dispatcher):
    return raise_events(dispatcher, ("ev_all", "ev_one"), {"data": 1}, "libs.x")


def test_untouched_it_goes_to_all(dispatcher):
    seen = on(dispatcher, "ev_all")
    assert decided(dispatcher) == TO_ALL == Delivery(True, None)
    assert seen == [{"data": 1, "send": True, "clients": None}]


def test_the_second_event_sees_what_the_first_decided_and_may_decide_otherwise(dispatcher):
    on(dispatcher, "ev_all", send=False, clients="client-1")
    seen = on(dispatcher, "ev_one", clients=("client-2", "client-3"))
    assert decided(dispatcher) == Delivery(False, ["client-2", "client-3"])
    assert seen == [{"data": 1, "send": False, "clients": ["client-1"]}]


class Odd:
    def __bool__(self):
        raise ValueError("neither")


@pytest.mark.parametrize("wrong", [{"clients": 5}, {"send": Odd()}])
def test_what_is_wrong_is_blamed_on_its_plugin_and_the_message_goes_to_all(
    dispatcher, caplog, wrong
):
    on(dispatcher, "ev_one", **wrong)
    assert decided(dispatcher) == TO_ALL
    assert f"{OWNER}: callback has put a wrong" in caplog.text
