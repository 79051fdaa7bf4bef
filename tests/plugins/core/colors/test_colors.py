import pytest

from bastproxy.testing import ProxyHarness

COLORS = "plugins.core.colors"


async def test_the_apis(tmp_path):
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        api = proxy.api
        assert api(f"{COLORS}:convert")("@Rred@n me@@home") == "\x1b[1;31mred\x1b[0m me@home"
        assert api(f"{COLORS}:convert")("@R", reset=False) == "\x1b[1;31m"
        assert api(f"{COLORS}:strip")("@Rred@n me@@home") == "red me@home"
        assert api(f"{COLORS}:escape")("@Rme@home") == "@@Rme@@home"
        assert api(f"{COLORS}:plain")("\x1b[1mbold\x1b[0m @R") == "bold @R"
        assert api(f"{COLORS}:look")("bold red on blue") == "1;31;44"
        with pytest.raises(ValueError, match="'rad' is not a colour"):
            api(f"{COLORS}:look")("rad")


async def test_the_codes_are_shown(tmp_path):
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        lines = await proxy.command("#bp.colors.show")
        text = "\n".join(lines)
        for code in ("@r", "@R", "@d", "@D", "@x208", "@z052", "@#ff8800", "@u", "@i", "@n", "@@"):
            assert f"{code} " in text
        assert "\x1b[1;31mbright red\x1b[0m" in text
        assert await proxy.command("#bp.colors.show @Rhot '@bcold'") == [
            "\x1b[1;31mhot \x1b[0;34mcold\x1b[0m"
        ]
        numbers = "".join(await proxy.command("#bp.colors.show -n"))
        assert all(f"\x1b[38;5;{number}m" in numbers for number in range(256))


async def test_a_plugin_sends_colours_with_words_of_others_in_it(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        api = proxy.api
        said = api(f"{COLORS}:escape")("I am @Rred")
        api("plugins.core.clients:send")(api(f"{COLORS}:convert")(f"@GTell:@n {said}"))
        assert await client.read_line() == "\x1b[1;32mTell:\x1b[0m I am @Rred"
