import sys

import pytest

pytest_plugins = ["pytester"]

EXAMPLE = """
import pytest


@pytest.mark.asyncio
async def test_a_line(bastproxy):
    client = await bastproxy.connect()
    await bastproxy.mud.send_line("You are hungry.")
    assert await client.read_line() == "You are hungry."


@pytest.mark.asyncio
@pytest.mark.bastproxy(mud=False, notices=True)
async def test_options(bastproxy, tmp_path):
    assert bastproxy.home == tmp_path / "home"
    client = await bastproxy.connect()
    assert "no MUD is known yet" in await client.read_line()
"""


@pytest.fixture
def strict(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyprojecttoml(
        "[tool.pytest.ini_options]\n"
        'asyncio_default_fixture_loop_scope = "function"\n'
        'addopts = "--strict-markers -p no:cacheprovider"\n'
    )
    pytester.makepyfile(EXAMPLE)
    return pytester


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_the_fixture_is_a_running_proxy(strict: pytest.Pytester, mode: str) -> None:
    strict.runpytest_inprocess(f"--asyncio-mode={mode}").assert_outcomes(passed=2)


def test_without_pytest_asyncio_only_those_who_use_it_are_told(
    strict: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict.makepyfile(
        test_others="def test_other():\n    pass\n",
        test_mine="def test_mine(bastproxy):\n    pass\n",
    )
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setitem(sys.modules, "pytest_asyncio", None)
    monkeypatch.delitem(sys.modules, "bastproxy.testing.pytest_plugin")
    result = strict.runpytest_inprocess(
        "-p", "bastproxy.testing.pytest_plugin", "test_others.py", "test_mine.py"
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*needs pytest-asyncio: pip install 'bastproxy?testing?'*"])
