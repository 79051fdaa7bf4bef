"""The kit with which a plugin is tested: the real proxy, on loopback, with a scripted MUD.

::

    async with ProxyHarness(home=tmp_path, plugins=["plugins.games.mine"]) as proxy:
        client = await proxy.connect()
        await proxy.mud.send_line("You are hungry.")
        assert await client.read_line() == "You are hungry."
"""

from bastproxy.testing.harness import EventLog, HarnessError, ProxyHarness
from bastproxy.testing.peer import Peer, ScriptedMud, TestClient

__all__ = ["EventLog", "HarnessError", "Peer", "ProxyHarness", "ScriptedMud", "TestClient"]
