from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import py_compile
import sys
from pathlib import Path
from typing import Any

import pytest

from bastproxy.libs.plugins.codestore import CodeStore, read_code

A, B = "plugins.games.a", "plugins.games.b"


def test_a_module_has_one_name_and_the_alias_reaches_it(rig: Any) -> None:
    rig.write(
        A,
        """
        import plugins.games.a.libs.x as by_alias
        from plugins.games.a.libs import x as from_alias
        from ..libs import x as relative
        from bastproxy.plugins.games.a.libs import x as canonical
        class Plugin(BasePlugin):
            modules = [by_alias, from_alias, relative, canonical]
        """,
        files={"libs/__init__.py": "", "libs/x.py": "X = []\n"},
    )
    rig.load(A)
    modules = rig.instance(A).modules
    assert {id(module) for module in modules} == {id(modules[0])}
    assert modules[0].__name__ == f"bastproxy.{A}.libs.x"
    assert modules[0].__spec__.name == f"bastproxy.{A}.libs.x"
    assert importlib.import_module(A) is sys.modules[f"bastproxy.{A}"]
    assert rig.call("unload.plugin", A)
    assert [name for name in sys.modules if name.startswith((A, f"bastproxy.{A}"))] == []


def test_an_unknown_module_of_a_plugin_is_not_found(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    for name in (f"{A}.none", f"bastproxy.{A}.none", "plugins.none.x", "bastproxy.plugins.no"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)


def test_a_folder_without_init_is_a_package(rig: Any) -> None:
    source = "from ..libs.deep import x\nclass Plugin(BasePlugin):\n    x = x.X\n"
    rig.write(A, source, files={"libs/deep/x.py": "X = 5\n"})
    rig.load(A)
    assert rig.instance(A).x == 5


def test_a_plugin_may_import_what_another_ones_libs_export(rig: Any) -> None:
    rig.write(A, answer=1, files={"libs/x.py": "class Thing: pass\n"})
    source = "from plugins.games.a.libs.x import Thing\nclass Plugin(BasePlugin):\n    t = Thing\n"
    rig.write(B, source, dependencies=[A])
    rig.load(B)
    assert rig.instance(B).t is sys.modules[f"bastproxy.{A}.libs.x"].Thing


def test_modules_imported_before_their_plugin_was_loaded_are_made_anew_when_they_changed(
    rig: Any,
) -> None:
    path = rig.write(A, answer=1, files={"libs/x.py": "X = 1\n"})
    rig.call("get.all.plugins")
    early = importlib.import_module(f"{A}.libs.x")
    assert early.X == 1
    (path / "libs/x.py").write_text("X = 2\n")
    rig.load(A)
    assert importlib.import_module(f"{A}.libs.x").X == 2


def test_a_plugin_may_be_a_plain_module(rig: Any) -> None:
    path = rig.write(A, answer=6)
    (path / "plugin" / "__init__.py").rename(path / "plugin.py")
    (path / "plugin").rmdir()
    rig.load(A)
    assert rig.ask(A) == 6


def test_a_home_plugin_may_lie_in_the_category_core(rig: Any) -> None:
    mine = "plugins.core.mine"
    rig.write(mine, answer="mine")
    rig.load(mine)
    assert rig.ask(mine) == "mine"
    assert importlib.import_module("plugins.core.mine").__name__ == f"bastproxy.{mine}"
    assert "bastproxy.plugins.core" in sys.modules
    refs = rig.refs(mine)
    assert rig.call("unload.plugin", mine)
    rig.assert_gone(mine, refs)


def test_every_module_in_commands_is_imported_with_the_plugin(rig: Any) -> None:
    rig.write(A, answer=1, files={"commands/one.py": "", "commands/two.py": "", "libs/x.py": ""})
    rig.load(A)
    imported = {name.removeprefix(f"bastproxy.{A}.") for name in sys.modules if A in name}
    assert {"commands.one", "commands.two"} <= imported
    assert "libs.x" not in imported


def test_what_is_imported_late_is_the_code_that_was_loaded(rig: Any) -> None:
    path = rig.write(
        A,
        """
        class Plugin(BasePlugin):
            @AddAPI("late")
            def _api_late(self):
                from ..libs.x import X
                return X
        """,
        files={"libs/x.py": "X = 1\n"},
    )
    rig.load(A)
    (path / "libs/x.py").write_text("X = 2\n")
    (path / "libs/broken.py").write_text("X = (\n")
    assert rig.call("reload.plugin", A) is False  # a file does not compile: the old code runs
    assert rig.ask(A, "late") == 1


def test_inspect_finds_the_source(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    assert "class Plugin" in inspect.getsource(type(rig.instance(A)))
    loader = sys.modules[f"bastproxy.{A}.plugin"].__spec__.loader
    assert "class Plugin" in loader.get_source(f"bastproxy.{A}.plugin")


@pytest.fixture
def bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.mark.usefixtures("bytecode")
def test_an_edit_of_the_same_second_and_size_is_seen(rig: Any) -> None:
    path = rig.write(A, answer=1) / "plugin" / "__init__.py"
    rig.load(A)
    time = path.stat().st_mtime_ns
    assert list((path.parent / "__pycache__").glob("*.pyc"))
    for answer in (2, 3, 4):
        rig.write(A, answer=answer)
        os.utime(path, ns=(time, time))
        assert rig.call("plugin.get.changed.files", A) == [str(path)]
        assert rig.call("reload.plugin", A)
        assert rig.ask(A) == answer


@pytest.mark.usefixtures("bytecode")
def test_a_cache_by_time_that_is_stale_is_not_believed(rig: Any) -> None:
    path = rig.write(A, answer=1) / "plugin" / "__init__.py"
    py_compile.compile(
        str(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP
    )
    stat = path.stat()
    rig.write(A, answer=2)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    rig.load(A)
    assert rig.ask(A) == 2


@pytest.mark.usefixtures("bytecode")
@pytest.mark.parametrize("harm", ["cut", "garbage", "foreign", "empty", "footer"])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "x.py"
    path.write_text("class Plugin:\n    def f(self):\n        self.dependencies = ['a']\n")
    code = read_code(path)
    cache = Path(importlib.util.cache_from_source(str(path)))
    data = cache.read_bytes()
    harmed = {
        "cut": data[:-9],
        "garbage": data[:16] + b"\xff" * (len(data) - 16),
        "foreign": data.replace(str(path).encode(), str(path).upper().encode()),
        "empty": b"",
        "footer": data[:-4] + b"none",
    }[harm]
    cache.write_bytes(harmed)
    assert read_code(path) == code
    assert code.dependencies == ("a",)
    assert cache.read_bytes() == data


@pytest.mark.usefixtures("bytecode")
def test_python_itself_can_read_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("X = 5\n")
    read_code(path)
    spec = importlib.util.spec_from_file_location(
        "x_of_test", importlib.util.cache_from_source(path)
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.X == 5


@pytest.mark.usefixtures("bytecode")
def test_a_directory_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **keywords: object) -> None:
        raise PermissionError("read only")

    monkeypatch.setattr("bastproxy.libs.plugins.codestore.write_cache", refuse)
    path = tmp_path / "x.py"
    path.write_text("X = 5\n")
    assert read_code(path).dependencies == ()


def test_the_store_forgets_one_directory_and_not_its_neighbour(tmp_path: Path) -> None:
    store = CodeStore()
    for name in ("log", "login"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.py").write_text("X = 1\n")
        store.prepare(tmp_path / name / "x.py")
    store.forget(tmp_path / "log")
    assert not store.is_prepared(tmp_path / "log" / "x.py")
    assert store.is_prepared(tmp_path / "login" / "x.py")


def test_somebody_elses_package_named_plugins_survives_a_stop(
    make_rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = type(sys)("plugins")
    monkeypatch.setitem(sys.modules, "plugins", other)
    make_rig().loader.stop()
    assert sys.modules["plugins"] is other
