from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

BAD, GOOD, OTHER = "plugins.games.bad", "plugins.games.good", "plugins.games.badly"

RAISES = [
    "raise ValueError('no luck')",
    "import sys; sys.exit(3)",
    "raise GeneratorExit",
    "import asyncio; raise asyncio.CancelledError('no luck')",
    "exec('1 +')",
    "import no_such_mod",
]


class Case(NamedTuple):
    phase: str
    file: str
    reason: str
    source: str | None = None
    files: dict[str, str] = {}  # noqa: RUF012
    metadata: dict[str, object] = {}  # noqa: RUF012


def _said(statement: str) -> str:
    if "sys.exit" in statement:
        return r"it called sys\.exit\(3\)"
    if "exec" in statement:
        return "SyntaxError: invalid syntax"
    if "no_such" in statement:
        return "ModuleNotFoundError: No module named 'no_such_mod'"
    return statement.rpartition("raise ")[2].partition("(")[0].rpartition(".")[2]


def _class(body: str) -> str:
    return f"class Plugin(BasePlugin):\n{body}"


def _hook(name: str, statement: str) -> str:
    return _class(
        f"    @RegisterPluginHook({name!r})\n    def _phook_h(self):\n        {statement}\n"
    )


SYNTAX = "def broken(:\n"
MAIN = "plugin/__init__.py"

CASES: dict[str, Case] = {}
for path in ("libs/x.py", "libs/deep/y.py", "commands/c.py", "extra.py", "_patch_base.py", MAIN):
    CASES[f"syntax error in {path}"] = Case(
        "compile", path, "SyntaxError: invalid syntax", files={path: f"X = 1\n{SYNTAX}"}
    )
CASES["NUL in a file"] = Case("compile", "libs/x.py", "null bytes", files={"libs/x.py": "\0"})
CASES["syntax error in __init__.py"] = Case(
    "metadata", "__init__.py", "invalid syntax", files={"__init__.py": SYNTAX}
)
for statement in RAISES:
    said = _said(statement)
    CASES[f"import: {statement}"] = Case("import", MAIN, said, f"\n{statement}\n")
    CASES[f"import of a lib: {statement}"] = Case(
        "import", "libs/x.py", said, "from ..libs import x\n", {"libs/x.py": f"\n{statement}\n"}
    )
    CASES[f"import of a command module: {statement}"] = Case(
        "import", "commands/c.py", said, files={"commands/c.py": f"\n{statement}\n"}
    )
    CASES[f"__init__: {statement}"] = Case(
        "__init__",
        MAIN,
        said,
        _class(
            "    def __init__(self, plugin_id, plugin_info):\n"
            "        super().__init__(plugin_id, plugin_info)\n"
            "        self.api('libs.api:add')(plugin_id, 'x', print)\n"
            f"        {statement}\n"
        ),
    )
for statement in RAISES[:2]:
    for hook in ("__init__", "initialize"):
        CASES[f"hook {hook}: {statement}"] = Case(
            rf"hook {hook} \(_phook_h\)", MAIN, _said(statement), _hook(hook, statement)
        )
CASES |= {
    "no Plugin": Case("import", MAIN, "it has no class named Plugin", "X = 1\n"),
    "Plugin is no class": Case("import", MAIN, "it has no class named Plugin", "Plugin = 5\n"),
    "no BasePlugin": Case(
        "import", MAIN, r"must be derived from BasePlugin", "class Plugin:\n    pass\n"
    ),
    "no super().__init__": Case(
        "__init__",
        MAIN,
        r"must call super\(\).__init__\(plugin_id, plugin_info\)",
        _class("    def __init__(self, plugin_id, plugin_info):\n        self.x = 1\n"),
    ),
    "async hook": Case(
        "import",
        MAIN,
        "TypeError: Plugin._phook_h is an async def",
        _class("    @RegisterPluginHook('initialize')\n    async def _phook_h(self): pass\n"),
    ),
    "async callback of a modify event": Case(
        "registration",
        MAIN,
        "TypeError.*is an async def, but a line waits",
        _class("    @RegisterToEvent(event_name='ev_x_modify')\n    async def cb(self): pass\n"),
    ),
    "ill-typed metadata": Case(
        "metadata",
        "__init__.py",
        "PLUGIN_VERSION must be an integer",
        metadata={"version": "1"},
    ),
    "missing metadata": Case(
        "metadata", "__init__.py", "PLUGIN_NAME is missing", files={"__init__.py": "X = 1\n"}
    ),
}


def _write(rig: Any, plugin_id: str, case: Case) -> Path:
    path: Path
    if case.source is None:
        path = rig.write(plugin_id, answer=1, files=case.files, **case.metadata)
    else:
        path = rig.write(plugin_id, case.source, files=case.files, **case.metadata)
    return path


@pytest.fixture
def neighbours(rig: Any) -> Any:
    rig.write(GOOD, answer="good")
    rig.write(OTHER, answer="other", dependencies=[GOOD])
    rig.load(OTHER)
    return rig


@pytest.mark.parametrize("name", CASES)
def test_what_is_broken_is_told_and_harms_nobody(neighbours: Any, name: str) -> None:
    rig, case = neighbours, CASES[name]
    path = _write(rig, BAD, case)
    rig.write("plugins.games.late", answer="late")
    before = rig.state()
    assert rig.call("load.plugins", [BAD])["bad_plugins"] == [BAD]
    error = rig.error(BAD)
    assert re.search(case.reason, error), error
    place = re.escape(str(path / case.file))
    assert re.match(rf"{BAD}: {case.phase} \({place}, line \d+\): ", error), error
    assert error.removeprefix(f"{BAD}: ") in rig.log
    assert rig.call("get.plugin.info", BAD).runtime_info.error == error
    assert rig.state() == before
    assert rig.ask(GOOD) == "good"
    assert rig.kernel.ledger.lines(BAD) == []
    assert not rig.call("is.plugin.instantiated", BAD)
    result = rig.call("load.plugins", [BAD, "plugins.games.late"])
    assert result["loaded_plugins"] == ["plugins.games.late"]


def test_nothing_of_what_is_broken_stays_in_memory(rig: Any) -> None:
    for number, case in enumerate(CASES.values()):
        plugin_id = f"plugins.games.broken_{number}"
        _write(rig, plugin_id, case)
        assert rig.call("load.plugins", [plugin_id])["bad_plugins"] == [plugin_id]
    assert rig.call("get.unloaded.plugins.in.memory") == []


@pytest.mark.parametrize("name", CASES)
def test_what_is_mended_loads(rig: Any, name: str) -> None:
    case = CASES[name]
    path = _write(rig, BAD, case)
    assert rig.call("load.plugins", [BAD])["bad_plugins"] == [BAD]
    for file in case.files:
        (path / file).unlink()
    rig.write(BAD, answer="mended")
    rig.load(BAD)
    assert rig.ask(BAD) == "mended"
    assert rig.error(BAD) == ""
    assert rig.call("get.plugin.info", BAD).runtime_info.error == ""


@pytest.mark.parametrize("name", CASES)
def test_a_reload_of_what_is_broken_leaves_the_old_code_running(neighbours: Any, name: str) -> None:
    rig, case = neighbours, CASES[name]
    rig.write(BAD, answer="old")
    rig.load(BAD)
    instance = rig.instance(BAD)
    failed = rig.watch("ev_plugin_reload_failed", "ev_plugin_reloaded")
    _write(rig, BAD, case)
    assert rig.call("reload.plugin", BAD) is False
    assert failed == [("ev_plugin_reload_failed", BAD)]
    assert re.match(rf"{BAD}: {case.phase}[ :]", rig.error(BAD)), rig.error(BAD)
    assert rig.ask(BAD) == "old"
    assert rig.instance(BAD) is instance
    assert not instance.is_reloading_f
    assert rig.ask(GOOD) == "good"
    assert rig.ask(OTHER) == "other"


@pytest.mark.parametrize("hook", ["save", "uninitialize"])
@pytest.mark.parametrize("statement", RAISES[:2])
def test_a_hook_that_fails_later_is_logged_and_stops_nothing(
    rig: Any, hook: str, statement: str
) -> None:
    rig.write(BAD, _hook(hook, statement))
    rig.load(BAD)
    refs = rig.refs(BAD)
    rig.kernel.dispatcher.raise_event("ev_plugin_save")
    assert rig.call("unload.plugin", BAD)
    assert f"{BAD}: the hook {hook} failed in _phook_h" in rig.log
    rig.assert_gone(BAD, refs)


def test_a_plugin_without_its_class_file_is_told(rig: Any) -> None:
    path = rig.write(BAD, answer=1)
    (path / "plugin" / "__init__.py").unlink()
    assert rig.call("load.plugins", [BAD])["bad_plugins"] == [BAD]
    assert "it has no plugin/__init__.py with the class Plugin" in rig.error(BAD)
    assert str(path) in rig.error(BAD)


def test_sys_path_is_put_back_when_a_load_fails(rig: Any) -> None:
    rig.write(BAD, "import sys; sys.path.insert(0, 'mine'); raise ValueError\n")
    before = list(sys.path)
    rig.call("load.plugins", [BAD])
    assert sys.path == before


@pytest.mark.parametrize("name", ["my-game", "2fast", "class", "with space"])
def test_an_id_that_does_not_fit_is_told(rig: Any, name: str) -> None:
    rig.write("plugins.games.x", answer=1)
    (rig.root / "games" / "x").rename(rig.root / "games" / name)
    plugin_id = f"plugins.games.{name}"
    assert plugin_id in rig.call("get.all.plugins")
    assert rig.call("load.plugins", [plugin_id])["bad_plugins"] == [plugin_id]
    assert f"{plugin_id!r} is no plugin id; it must be plugins.<category>.<name>" in rig.error(
        plugin_id
    )


def test_a_neighbour_whose_name_begins_alike_is_not_blamed(rig: Any) -> None:
    rig.write(
        "plugins.games.login", answer=1, files={"libs/x.py": "def f():\n    raise ValueError\n"}
    )
    source = "from plugins.games.login.libs.x import f\nf()\n"
    path = rig.write("plugins.games.log", source, dependencies=["plugins.games.login"])
    rig.call("load.plugins", ["plugins.games.log"])
    assert f"({path / 'plugin' / '__init__.py'}, line 6)" in rig.error("plugins.games.log")


def test_the_log_has_the_traceback(rig: Any) -> None:
    rig.write(BAD, "def f():\n    raise ValueError('no luck')\nf()\n")
    rig.call("load.plugins", [BAD])
    assert "Traceback (most recent call last)" in rig.log
    assert ", in f\n    raise ValueError('no luck')" in rig.log


def test_a_file_that_cannot_be_read_is_told(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rig.write(BAD, answer=1) / "libs" / "x.py"
    path.parent.mkdir()
    path.symlink_to(Path("nowhere.py"))
    assert rig.call("load.plugins", [BAD])["bad_plugins"] == [BAD]
    assert f"{BAD}: compile" in rig.error(BAD)
    assert str(path) in rig.error(BAD)
