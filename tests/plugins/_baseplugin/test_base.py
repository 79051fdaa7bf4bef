from __future__ import annotations

from typing import Any

import pytest

from bastproxy.libs.api import API
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

A, B = "plugins.games.a", "plugins.games.b"


def test_a_plugin_has_every_attribute_of_the_contract(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    plugin = rig.instance(A)
    assert isinstance(plugin, BasePlugin)
    assert plugin.plugin_id == A
    assert plugin.plugin_info is rig.call("get.plugin.info", A)
    assert isinstance(plugin.api, API)
    assert plugin.api.owner_id == A
    assert (plugin.dependencies, plugin.data, plugin.attributes_to_save_on_reload) == ([], {}, [])
    assert (plugin.can_reload_f, plugin.can_reset_f) == (True, True)
    assert (plugin.is_reloading_f, plugin.reload_dependents_f) == (False, False)


def test_hooks_run_by_priority_then_by_definition_base_class_first(rig: Any) -> None:
    rig.write(
        A,
        """
        class Base(BasePlugin):
            @RegisterPluginHook("initialize")
            def _phook_base(self):
                self.ran.append("base")

            @RegisterPluginHook("initialize", priority=60)
            def _phook_over(self):
                self.ran.append("overridden")

        class Plugin(Base):
            @RegisterPluginHook("__init__")
            def _phook_init(self):
                self.ran = []

            @RegisterPluginHook("initialize", priority=90)
            def _phook_last(self):
                self.ran.append("last")

            @RegisterPluginHook("initialize")
            def _phook_z(self):
                self.ran.append("z")

            @RegisterPluginHook("initialize")
            def _phook_a(self):
                self.ran.append("a")

            @RegisterPluginHook("initialize", 10)
            def _phook_first(self):
                self.ran.append("first")

            def _phook_over(self):
                self.ran.append("over")
        """,
    )
    rig.load(A)
    assert rig.instance(A).ran == ["first", "base", "z", "a", "over", "last"]
    assert rig.ask(A, "get.plugin.hooks", "initialize") == {
        "initialize": [
            (10, "_phook_first"),
            (50, "_phook_base"),
            (50, "_phook_z"),
            (50, "_phook_a"),
            (60, "_phook_over"),
            (90, "_phook_last"),
        ]
    }
    hooks = rig.ask(A, "get.plugin.hooks")
    assert hooks["__init__"] == [(50, "_phook_init")]
    assert rig.ask(A, "get.plugin.hooks", "save") == {}


def test_hooks_that_can_never_run_are_warned_of(rig: Any) -> None:
    rig.write(
        A,
        """
        class Plugin(BasePlugin):
            ran = False

            @RegisterPluginHook("initialize")
            def wrong_name(self):
                self.ran = True

            @RegisterPluginHook("initialise")
            def _phook_wrong_hook(self):
                self.ran = True
        """,
    )
    rig.load(A)
    assert rig.instance(A).ran is False
    assert (
        "the plugin hook wrong_name is never run: its name does not begin with _phook_" in rig.log
    )
    assert "there is no hook 'initialise' (did you mean initialize" in rig.log


def test_an_async_hook_is_refused_where_it_is_declared() -> None:
    async def _phook_x() -> None:
        raise AssertionError

    with pytest.raises(TypeError, match="is an async def"):
        RegisterPluginHook("initialize")(_phook_x)


def test_data_is_read_and_written_across_plugins(rig: Any) -> None:
    rig.write(
        A,
        "class Plugin(BasePlugin):\n    def __init__(self, plugin_id, plugin_info):\n"
        "        super().__init__(plugin_id, plugin_info)\n        self.data['users'] = {}\n",
    )
    rig.write(B, answer=1)
    rig.load(A, B)
    assert rig.ask(A, "data.get", "users") == {}
    assert rig.ask(A, "data.update", "users", {"x": 1}) is True
    assert rig.instance(A).data == {"users": {"x": 1}}
    get, update = rig.api(f"{B}:data.get"), rig.api(f"{B}:data.update")
    assert get("users", plugin_id=A) == {"x": 1}
    assert get("users") is None
    assert update("users", 5, plugin_id=A) is True
    assert rig.instance(A).data == {"users": 5}
    assert rig.instance(B).data == {}
    assert get("users", plugin_id=B) is None
    assert get("users", plugin_id="plugins.games.none") is None
    assert update("users", 5, plugin_id="plugins.games.none") is False


def test_the_data_directory_is_made_when_it_is_asked_for(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    directory = rig.home / "data" / A
    assert not directory.exists()
    assert rig.ask(A, "get.data.directory") == directory
    assert directory.is_dir()
    assert rig.ask(A, "get.data.directory") == directory


def test_set_reload_sets_the_flag(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    assert rig.ask(A, "set.reload") is True
    assert rig.instance(A).is_reloading_f is True
    assert rig.ask(A, "set.reload", False) is False
    assert rig.instance(A).is_reloading_f is False


def test_dump_shows_everything_and_single_attributes(rig: Any) -> None:
    rig.write(
        A,
        """
        class Plugin(BasePlugin):
            def __init__(self, plugin_id, plugin_info):
                super().__init__(plugin_id, plugin_info)
                self.zero = 0
                self.nothing = None
                self.users = {"ann": [1, {"deep": "found"}], 3: "three"}
                self.many = list(range(100))
        """,
    )
    rig.load(A)
    whole = rig.ask(A, "dump")
    assert "zero = 0" in whole
    assert "plugin_id = 'plugins.games.a'" in whole
    assert rig.ask(A, "dump", "zero") == "0"
    assert rig.ask(A, "dump", "nothing") == "None"
    assert rig.ask(A, "dump", "users.ann.1.deep") == "'found'"
    assert rig.ask(A, "dump", "users.3") == "'three'"
    assert rig.ask(A, "dump", "plugin_info.version") == "1"
    assert rig.ask(A, "dump", "users.bob") is None
    assert rig.ask(A, "dump", "none") is None
    assert "99" not in rig.ask(A, "dump", "many")
    assert "99" in rig.ask(A, "dump", "many", True)


def test_dump_can_be_overridden_as_the_contract_shows(rig: Any) -> None:
    rig.write(
        A,
        """
        class Plugin(BasePlugin):
            @AddAPI("dump", description="Dump plugin state")
            def _api_dump(self, attribute_name=None, detailed=False):
                return "mine: " + super()._api_dump(attribute_name, detailed)
        """,
    )
    rig.load(A)
    assert rig.ask(A, "dump", "plugin_id") == "mine: 'plugins.games.a'"


def test_every_instance_api_of_the_contract_is_there(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    names = {
        "data.get",
        "data.update",
        "dependency.add",
        "get.data.directory",
        "set.reload",
        "get.plugin.hooks",
        "dump",
        "save.state",
        "reset",
    }
    assert names <= set(rig.api("libs.api:get.children")(A))


def test_the_plugin_of_the_contract_loads_as_it_stands(rig: Any) -> None:
    rig.write(
        A,
        """
        class Plugin(BasePlugin):
            def __init__(self, plugin_id, plugin_info):
                super().__init__(plugin_id, plugin_info)
                self.dependencies = ['plugins.games.b']
                self.some_data = {}

            @RegisterPluginHook("__init__", priority=10)
            def _phook_early_init(self):
                self.early_data = {}

            @AddAPI("my.function", description="Does something useful")
            def _api_my_function(self, arg):
                return arg

            @RegisterPluginHook("initialize", priority=50)
            def _phook_initialize(self):
                LogRecord("Initializing my plugin", level="warning", sources=[self.plugin_id])()
        """,
    )
    rig.write(B, answer=1)
    rig.load(A)
    assert rig.ask(A, "my.function", 5) == 5
    assert rig.instance(A).early_data == {}
    assert f"{A}: Initializing my plugin" in rig.log


async def test_spawn_gives_a_task_of_the_plugin(rig: Any) -> None:
    async def answer() -> int:
        return 5

    rig.write(A, answer=1)
    rig.load(A)
    task = rig.instance(A).spawn(answer(), "asks")
    assert rig.kernel.tasks.of(A) == [task]
    assert await task == 5
    assert repr(rig.instance(A)) == f"<bastproxy.{A}.plugin.Plugin {A}>"
