import pytest

from bastproxy.libs.gmcp import OFF, ON
from bastproxy.libs.messages import TO_ALL, Delivery
from bastproxy.libs.net.telnet.options.gmcp import GmcpError


@pytest.fixture
def gmcp(world):
    return world.gmcp


def test_a_message_becomes_an_event_with_its_data(world, gmcp):
    seen = world.on("ev_gmcp")
    assert gmcp.received(b'Char.Vitals { "hp": 1 }') == TO_ALL
    assert gmcp.received(b"Core.Goodbye") == TO_ALL
    assert seen == [
        {
            "package": "Char.Vitals",
            "data": {"hp": 1},
            "text": '{ "hp": 1 }',
            "error": "",
            "send": True,
            "clients": None,
        },
        {
            "package": "Core.Goodbye",
            "data": None,
            "text": "",
            "error": "",
            "send": True,
            "clients": None,
        },
    ]


@pytest.mark.parametrize("registered", ["char.vitals", "Char.Vitals", "CHAR.VITALS"])
@pytest.mark.parametrize("written", [b"char.vitals 1", b"Char.Vitals 1", b"chAr.VitAls 1"])
def test_the_event_of_one_package_is_raised_whatever_the_case(world, gmcp, registered, written):
    seen = world.on(f"ev_gmcp_{registered}")
    gmcp.received(written)
    gmcp.received(b"Char.Vitals.More 1")
    assert [record["package"] for record in seen] == [written.split()[0].decode()]


def test_one_package_is_raised_after_all_and_both_decide(world, gmcp):
    order = []
    for name in ("ev_gmcp_room.info", "ev_gmcp"):
        world.dispatcher.register(name, lambda name=name: order.append(name), f"plugins.a.{name}")
    world.on("ev_gmcp", clients=["client-1"])
    world.on("ev_gmcp_room.info", send=False)
    assert gmcp.received(b"Room.Info {}") == Delivery(False, ["client-1"])
    assert gmcp.received(b"Room.Exits {}") == Delivery(True, ["client-1"])
    assert order == ["ev_gmcp", "ev_gmcp_room.info", "ev_gmcp"]


def test_broken_json_is_told_and_passed_on(world, gmcp):
    seen = world.on("ev_gmcp_char.vitals")
    assert gmcp.received(b'Char.Vitals {"hp": }') == TO_ALL
    assert seen[0]["data"] is None
    assert seen[0]["text"] == '{"hp": }'
    assert "not JSON" in seen[0]["error"]
    assert gmcp.get("Char.Vitals", "nothing") == "nothing"


def test_wrong_bytes_and_no_package_are_passed_on(world, gmcp):
    seen = world.on("ev_gmcp")
    gmcp.received(b'Comm.Text "\xff"')
    assert gmcp.received(b"") == TO_ALL
    assert gmcp.received(b"{}") == TO_ALL
    assert gmcp.received(b"x" * 200 + b" 1") == TO_ALL
    assert [record["data"] for record in seen] == ["\udcff"]
    assert gmcp.packages() == ["Comm.Text"]


def test_nothing_is_parsed_while_nobody_listens(gmcp, monkeypatch):
    monkeypatch.setattr("bastproxy.libs.net.telnet.options.gmcp.load", pytest.fail)
    assert gmcp.received(b"Char.Vitals {}") == TO_ALL


def test_the_last_data_of_a_package_can_be_had(gmcp):
    gmcp.received(b'Char.Vitals {"hp": 1}')
    gmcp.received(b'char.vitals {"hp": 2, "is": []}')
    gmcp.received(b"Core.Goodbye")
    data = gmcp.get("CHAR.Vitals")
    assert data == {"hp": 2, "is": []}
    data["is"].append("changed")
    assert gmcp.get("Char.Vitals") == {"hp": 2, "is": []}
    assert gmcp.get("Room.Info") is None
    assert gmcp.get("Core.Goodbye", 5) == 5
    assert gmcp.packages() == ["Core.Goodbye", "char.vitals"]


def test_a_callback_finds_the_new_data(world, gmcp):
    found = []
    world.dispatcher.register(
        "ev_gmcp", lambda: found.append(gmcp.get("Char.Vitals")), "plugins.a.b"
    )
    gmcp.received(b"Char.Vitals 5")
    assert found == [5]


def test_what_a_mud_has_told_is_forgotten_at_another_one(world, gmcp):
    world.begin(address=("a", 1))
    gmcp.received(b"Char.Vitals 5")
    gmcp.end()
    assert gmcp.get("Char.Vitals") == 5
    world.begin(address=("a", 1))
    assert gmcp.get("Char.Vitals") == 5
    world.begin(address=("b", 1))
    assert gmcp.get("Char.Vitals") is None


def test_a_flood_of_packages_is_bounded(gmcp):
    for number in range(3000):
        gmcp.received(b"Package%d 1" % number)
    assert len(gmcp.packages()) == 1024
    for number in range(40):
        gmcp.received(b'Large%d "' % number + b"x" * 60_000 + b'"')
    assert gmcp.values.size <= 1 << 20
    assert gmcp.get("Large39") is not None


def test_on_and_off_are_told(world, gmcp):
    on, off = world.on(ON), world.on(OFF)
    gmcp.end()
    assert (len(on), len(off), gmcp.is_on) == (0, 0, False)
    world.begin()
    assert (len(on), len(off), gmcp.is_on) == (1, 0, True)
    gmcp.end()
    assert (len(on), len(off), gmcp.is_on) == (1, 1, False)


def test_a_message_of_a_plugin_is_sent(world, gmcp):
    assert not gmcp.send("Char.Items.Inv", "")
    mud = world.begin()
    assert gmcp.send("Char.Items.Inv", "")
    assert gmcp.send("Core.Ping")
    assert gmcp.send("Comm.Say", {"text": "é"})
    assert mud.heard() == ['Char.Items.Inv ""', "Core.Ping", 'Comm.Say {"text":"é"}']
    with pytest.raises(GmcpError):
        gmcp.send("Char.Items.Inv", object())
    with pytest.raises(GmcpError):
        gmcp.send("no package")


def test_a_list_that_a_plugin_sends_is_what_it_asks_for(world, gmcp):
    mud = world.begin("client-1")
    world.say("client-1", "Set", "Char 1")
    mud.heard()
    assert gmcp.send("Core.Supports.Set", ["Room 1"], "plugins.a.one")
    assert gmcp.send("core.supports.add", ["Comm 1"], "plugins.a.one")
    assert gmcp.send("Core.Supports.Remove", ["Char", "Room"], "plugins.a.one")
    assert mud.packages == {"char": 1, "comm": 1}
    world.ledger.release("plugins.a.one")
    assert mud.packages == {"char": 1}


async def test_what_a_plugin_asks_for_comes_before_what_it_sends(world, gmcp):
    mud = world.begin()
    gmcp.supports.add("plugins.a.one", "Char")
    gmcp.send("Char.Items.Inv", "")
    assert [message.split()[0] for message in mud.heard()] == [
        "Core.Hello",
        "Core.Supports.Set",
        "Char.Items.Inv",
    ]
