import pytest

from bastproxy.testing import ProxyHarness

EVENTS = "plugins.core.events"

LISTENER = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    @RegisterToEvent("ev_told", priority=10)
    def _eventcb_early(self):
        self.api("plugins.core.events:get.current.event.record")()["order"].append("early")

    @RegisterToEvent("ev_told", priority=90)
    def _eventcb_late(self):
        self.api("plugins.core.events:get.current.event.record")()["order"].append("late")

    @RegisterToEvent("ev_told")
    def _eventcb_broken(self):
        raise ValueError("it is broken")
"""


async def test_an_event_is_declared_raised_and_described(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        proxy.write_plugin("plugins.games.ear", LISTENER)
        proxy.load("plugins.games.ear")
        add = proxy.api(f"{EVENTS}:add.event")
        assert add("ev_told", "plugins.games.ear", ["Somebody has told"], {"order": "who ran"})
        assert not add("ev_told", "plugins.games.other")

        record = proxy.api(f"{EVENTS}:raise.event")("ev_told", {"order": []})
        assert record["order"] == ["early", "late"]
        assert any("it is broken" in message for message in proxy.log)

        detail = proxy.api(f"{EVENTS}:get.event.detail")("ev_told")
        assert (detail["owner_id"], detail["declared"], detail["raised"]) == (
            "plugins.games.ear",
            True,
            1,
        )
        callbacks = {callback["name"]: callback for callback in detail["callbacks"]}
        assert list(callbacks) == ["_eventcb_early", "_eventcb_broken", "_eventcb_late"]
        assert callbacks["_eventcb_broken"]["errors"] == 1
        assert callbacks["_eventcb_late"]["calls"] == 1

        shown = await proxy.command("#bp.events.show ev_told")
        assert shown[:3] == [
            "ev_told (plugins.games.ear), raised 1 times",
            "Somebody has told",
            "  order: who ran",
        ]
        assert "_eventcb_early" in shown[4]
        assert await proxy.command("#bp.events.list ev_told") == [
            "event    owner              callbacks  raised",
            "ev_told  plugins.games.ear  3          1",
        ]


async def test_functions_register_and_unregister_by_hand(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        api = proxy.api
        seen = []

        def listen():
            seen.append(
                (
                    api(f"{EVENTS}:get.current.event.name")(),
                    dict(api(f"{EVENTS}:get.current.event.record")()),
                    api(f"{EVENTS}:get.event.stack")(),
                )
            )
            if len(seen) == 1:
                api(f"{EVENTS}:raise.event")("ev_inner")

        for event in ("ev_outer", "ev_inner"):
            assert api(f"{EVENTS}:register.to.event")(event, listen)
        assert not api(f"{EVENTS}:register.to.event")("ev_outer", listen)
        assert api(f"{EVENTS}:is.registered.to.event")("ev_outer", listen)

        api(f"{EVENTS}:raise.event")("ev_outer", {"key": "value"})
        assert seen == [
            ("ev_outer", {"key": "value"}, ["ev_outer"]),
            ("ev_inner", {}, ["ev_outer", "ev_inner"]),
        ]
        assert api(f"{EVENTS}:get.event.detail")("ev_outer")["callbacks"][0]["owner_id"] == (
            "testing"
        )

        assert api(f"{EVENTS}:unregister.from.event")("ev_outer", listen)
        assert not api(f"{EVENTS}:unregister.from.event")("ev_outer", listen)
        assert not api(f"{EVENTS}:is.registered.to.event")("ev_outer", listen)
        api(f"{EVENTS}:raise.event")("ev_outer")
        assert len(seen) == 2


async def test_outside_of_events_there_is_no_current_one(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        assert proxy.api(f"{EVENTS}:get.current.event.record")() is None
        assert proxy.api(f"{EVENTS}:get.current.event.name")() is None
        assert proxy.api(f"{EVENTS}:get.event.stack")() == []
        assert proxy.api(f"{EVENTS}:get.event.detail")("ev_nobody_knows") is None


async def test_an_async_callback_cannot_change_a_line(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:

        async def late():
            pass

        with pytest.raises(TypeError):
            proxy.api(f"{EVENTS}:register.to.event")("ev_to_mud_data_modify", late)


async def test_players_are_told_what_is_wrong(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        (answer,) = await proxy.command("#bp.events.show ev_plugin_lodaed")
        assert answer.startswith(
            "there is no event 'ev_plugin_lodaed' (did you mean ev_plugin_loaded"
        )
        assert await proxy.command("#bp.events.list nothing_like_it") == [
            "no event matches 'nothing_like_it'"
        ]
        shown = await proxy.command("#bp.events.show ev_mud_connect_failed")
        assert shown[0] == "ev_mud_connect_failed (libs.session), raised 0 times"
        assert "error: the following arguments are required: event" in await proxy.command(
            "#bp.events.show"
        )
