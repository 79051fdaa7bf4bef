import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastproxy.plugins.client.variables.libs import file
from bastproxy.testing import ProxyHarness

PLUGIN = "plugins.client.variables"


def path_of(proxy):
    return proxy.home / "data" / PLUGIN / "variables.toml"


def saved(proxy):
    return tomllib.loads(path_of(proxy).read_text())


async def test_a_player_sets_shows_lists_and_removes(bastproxy):
    command = bastproxy.command
    assert await command("#bp.variables.list") == ["there are no variables"]
    assert await command("#bp.variables.set target big orc") == ["target is big orc"]
    assert saved(bastproxy) == {"target": "big orc"}
    assert await command("#bp.variables.get target") == ["target is big orc"]
    await command("#bp.variables.set bag sack")
    assert await command("#bp.variables.list") == [
        "variable  value",
        "bag       sack",
        "target    big orc",
    ]
    assert len(await command("#bp.variables.list tar")) == 2
    assert await command("#bp.variables.list zzz") == ["no variable matches 'zzz'"]
    assert await command("#bp.variables.remove target bag") == ["removed target, bag"]
    assert saved(bastproxy) == {}


async def test_what_cannot_be_is_said(bastproxy):
    await bastproxy.command("#bp.variables.set target orc")
    for line, words in {
        "get targt": "there is no variable 'targt' (did you mean target?)",
        "remove targt": "there is no variable 'targt' (did you mean target?)",
        "set 1x y": "'1x' is no name for a variable",
        "set a-b y": "'a-b' is no name for a variable",
    }.items():
        (answer,) = await bastproxy.command(f"#bp.variables.{line}")
        assert answer.startswith(words)


async def test_plugins_set_get_and_are_told(bastproxy):
    changes = bastproxy.events("ev_variable_changed")
    api = bastproxy.api
    assert api(f"{PLUGIN}:set")("hp", 12)
    assert not api(f"{PLUGIN}:set")("hp", 12)
    assert api(f"{PLUGIN}:set")("hp", True)
    assert api(f"{PLUGIN}:get")("hp") is True
    assert api(f"{PLUGIN}:get")("mana", 7) == 7
    assert api(f"{PLUGIN}:list")() == {"hp": True}
    assert api(f"{PLUGIN}:remove")("hp")
    assert not api(f"{PLUGIN}:remove")("hp")
    assert [(one["value"], one["old"]) for one in changes.raises] == [
        (12, None),
        (True, 12),
        (None, True),
    ]
    with pytest.raises(ValueError, match="text or a number, not list"):
        api(f"{PLUGIN}:set")("hp", [])
    with pytest.raises(ValueError, match="too large"):
        api(f"{PLUGIN}:set")("hp", 2**63)
    with pytest.raises(ValueError, match="no file can hold"):
        api(f"{PLUGIN}:set")("hp", "\udc80")


async def test_what_a_plugin_sets_is_written_by_the_end_of_a_reload_and_of_the_proxy(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        proxy.api(f"{PLUGIN}:set")("hp", 12)
        assert not path_of(proxy).exists()
        assert proxy.api("libs.plugins.loader:reload.plugin")(PLUGIN)
        assert saved(proxy) == {"hp": 12}
        assert proxy.api(f"{PLUGIN}:get")("hp") == 12
        proxy.api(f"{PLUGIN}:set")("hp", 1.5)
        assert proxy.api("libs.plugins.loader:reload.plugin")("plugins.core.events")
        assert proxy.api(f"{PLUGIN}:get")("hp") == 1.5
    async with ProxyHarness(tmp_path) as proxy:
        assert proxy.api(f"{PLUGIN}:list")() == {"hp": 1.5}


@pytest.mark.parametrize("text", ["hp = ", "\udc80", "a = " + "[" * 20_000])
def test_a_file_that_is_no_toml_is_refused(tmp_path, text):
    path = tmp_path / "variables.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=r"\w"):
        file.read(path)


async def test_a_bad_file_is_set_aside_and_said(tmp_path):
    path = tmp_path / "data" / PLUGIN / "variables.toml"
    path.parent.mkdir(parents=True)
    path.write_text("hp = []\nmp = 5")
    async with ProxyHarness(tmp_path) as proxy:
        assert proxy.api(f"{PLUGIN}:list")() == {"mp": 5}
        assert path.with_name("variables.toml.broken").read_text() == "hp = []\nmp = 5"
        assert any("the file is kept as" in line for line in proxy.log)
        assert saved(proxy) == {"mp": 5}


async def test_what_cannot_be_written_is_said_and_tried_again(bastproxy):
    path_of(bastproxy).mkdir(parents=True)  # nothing can be renamed onto it
    _, why = await bastproxy.command("#bp.variables.set target orc")
    assert "variables.toml cannot be written: " in why
    path_of(bastproxy).rmdir()
    assert bastproxy.api("libs.plugins.loader:reload.plugin")(PLUGIN)
    assert bastproxy.api(f"{PLUGIN}:get")("target") == "orc"
    assert saved(bastproxy) == {"target": "orc"}


texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,9}\Z"), texts | numbers | st.booleans()
    )
)
def test_what_is_written_is_read(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("variables") / "variables.toml"
    file.write(path, values)
    assert file.read(path) == (values, [])
