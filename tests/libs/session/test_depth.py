import pytest

from bastproxy.libs.net.telnet.constants import TTYPE
from bastproxy.testing import ProxyHarness

TEXT = "\x1b[38;2;255;0;0mred\x1b[0m and \x1b[38;5;12mblue\x1b[0m"
SHOWN = {
    "MTTS 271": TEXT,
    "MTTS 9": "\x1b[38;5;196mred\x1b[0m and \x1b[38;5;12mblue\x1b[0m",
    "MTTS 1": "\x1b[31;91mred\x1b[0m and \x1b[34;104mblue\x1b[0m",
}


@pytest.mark.parametrize("names", [["MTTS 271"], ["MTTS 9"], ["MTTS 1"], []])
async def test_each_client_gets_the_colours_it_shows(tmp_path, names):
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        other = await proxy.connect()
        connection = proxy.app.session.clients["client-1"]
        for name in names:
            connection._abilities.take(TTYPE, b"\0" + name.encode())
        connection.show_colours(None)
        await proxy.mud.send_line(TEXT)
        want = SHOWN[names[0]] if names else TEXT
        want = want.replace("34;104", "34;94")
        assert await client.read_line() == want
        assert await other.read_line() == TEXT
        proxy.api("plugins.core.clients:send")(TEXT)
        assert await client.read_line() == want
        connection.show_colours("none")
        await proxy.mud.send_line(TEXT)
        assert await client.read_line() == "red and blue"
