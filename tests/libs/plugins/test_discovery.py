from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from bastproxy.libs.plugins.metadata import read_dependencies, read_metadata

A, B = "plugins.games.a", "plugins.games.b"


def test_discovery_runs_nothing(rig: Any) -> None:
    path = rig.write(A, "raise SystemExit('run')\n")
    (path / "__init__.py").write_text(
        "PLUGIN_NAME: str = 'a'  # the name\n"
        'PLUGIN_AUTHOR = """Ann"""\n'
        "PLUGIN_PURPOSE = 'to ' 'test'\n"
        "PLUGIN_VERSION: int = 2\n"
        "raise SystemExit('run')\n"
    )
    info = rig.call("get.plugin.info", A)
    assert (info.name, info.author, info.purpose, info.version) == ("a", "Ann", "to test", 2)
    assert info.is_required is False
    assert info.metadata_errors == []
    assert A not in rig.modules()


def test_a_changed_description_is_read_again_while_the_plugin_is_not_loaded(rig: Any) -> None:
    rig.write(A, answer=1, version=1)
    rig.call("get.all.plugins")
    rig.write(A, answer=1, version=2)
    rig.call("get.all.plugins")
    assert rig.call("get.plugin.info", A).version == 2
    rig.load(A)
    rig.write(A, answer=1, version=3)
    rig.call("get.all.plugins")
    assert rig.call("get.plugin.info", A).version == 2  # what runs is version 2
    rig.call("reload.plugin", A)
    assert rig.call("get.plugin.info", A).version == 3


def test_a_plugin_that_has_gone_from_the_disk_is_gone_when_it_is_not_loaded(rig: Any) -> None:
    path = rig.write(A, answer=1)
    rig.load(A)
    path.rename(rig.home / "elsewhere")
    assert A in rig.call("get.all.plugins")
    assert rig.ask(A) == 1
    assert rig.call("reload.plugin", A) is False
    assert "is missing" in rig.error(A)
    assert rig.ask(A) == 1
    assert rig.call("unload.plugin", A)
    assert A not in rig.call("get.all.plugins")
    assert not rig.call("does.plugin.exist", A)


def test_directories_that_are_no_plugins_are_left_alone(rig: Any) -> None:
    before = rig.call("get.all.plugins")
    for name in ("games/_private", "games/.hidden", "games/notes", "_x/a", "games/lib"):
        (rig.root / name).mkdir(parents=True)
    (rig.root / "games" / "lib" / "__init__.py").write_text("X = 1\n")
    (rig.root / "games" / "file.txt").write_text("")
    assert rig.call("get.all.plugins") == before


def test_of_two_places_the_first_wins_and_it_is_reported(make_rig: Any, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    rig = make_rig(search_paths=[first, second])
    rig.write(A, answer="first", root=first)
    path = rig.write(A, answer="second", root=second)
    rig.write(B, answer="b", root=second)
    rig.load(A, B)
    assert (rig.ask(A), rig.ask(B)) == ("first", "b")
    assert rig.call("get.all.plugins").count(A) == 1
    assert rig.log.count(str(path)) == 1
    assert "the first one is used" in rig.log


def test_prefix_and_strip_make_the_id(make_rig: Any, tmp_path: Path) -> None:
    rig = make_rig()
    rig.loader.plugin_search_paths.append(
        {"path": tmp_path / "more", "prefix": "plugins.", "strip": "set_"}
    )
    rig.write("plugins.set_games.z", answer=1, root=tmp_path / "more")
    rig.load("plugins.games.z")
    assert rig.ask("plugins.games.z") == 1


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    site = tmp_path / "site"
    info = site / "faraway-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faraway\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[bastproxy.plugins]\ngames.far = faraway.deep.plugin_far\n"
        "games.lost = faraway.nowhere\ngames.none = no_such_package_at_all\n"
    )
    (site / "faraway").mkdir()
    (site / "faraway" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(site)
    return site


def test_plugins_of_distributions_are_found_without_importing_them(
    make_rig: Any, distribution: Path
) -> None:
    rig = make_rig(installed=True)
    path = rig.write("plugins.deep.plugin_far", answer="far", root=distribution / "faraway")
    far = "plugins.games.far"
    info = rig.call("get.plugin.info", far)
    assert (info.package_path, info.search_path) == (path, "distribution faraway")
    rig.load(far)
    assert rig.ask(far) == "far"
    assert "faraway" not in sys.modules
    assert "plugins.games.lost is the package faraway.nowhere, which is not there" in rig.log
    assert "no_such_package_at_all, which is not there" in rig.log


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("PLUGIN_NAME = 5", "PLUGIN_NAME must be a string, not an integer"),
        ("PLUGIN_AUTHOR = None", "PLUGIN_AUTHOR must be a string, not a value of type NoneType"),
        ("PLUGIN_VERSION = '1'", "PLUGIN_VERSION must be an integer, not a string"),
        ("PLUGIN_VERSION = True", "PLUGIN_VERSION must be an integer, not True or False"),
        ("REQUIRED = 1", "REQUIRED must be True or False, not an integer"),
        ("PLUGIN_NAME = name()", "PLUGIN_NAME must be a literal, not an expression"),
        ("PLUGIN_NAME = {[]: 1}", "PLUGIN_NAME must be a literal, not an expression"),
        ("PLUGIN_DEPENDENCIES = 'a'", "PLUGIN_DEPENDENCIES must be a list of strings"),
        ("PLUGIN_DEPENDENCIES = [1]", "PLUGIN_DEPENDENCIES must be a list of strings"),
    ],
)
def test_ill_typed_metadata_is_named_with_its_line(line: str, complaint: str) -> None:
    errors = read_metadata(f"\n\n{line}".encode(), "x.py").errors
    assert errors[0].reason.startswith(complaint)
    assert str(errors[0]) == f"x.py, line 3: {errors[0].reason}"
    assert not [error for error in errors[1:] if line.split()[0] in error.reason]


def test_missing_metadata_is_named() -> None:
    metadata = read_metadata(b"PLUGIN_NAME = 'x'\nPLUGIN_VERSION = 1\n", "x.py")
    assert list(map(str, metadata.errors)) == [
        "x.py, line 1: PLUGIN_AUTHOR is missing",
        "x.py, line 1: PLUGIN_PURPOSE is missing",
    ]
    assert metadata.values["REQUIRED"] is False


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("self.dependencies = ['a', 'b >= 2']", ["a", "b >= 2"]),
        ("self.dependencies: list[str] = ['a']", ["a"]),
        ("self.dependencies += ('a',)", ["a"]),
        ("if plugin_id:\n            self.dependencies = ['a']", ["a"]),
        ("try:\n            pass\n        finally:\n            self.dependencies = ['a']", ["a"]),
        ("self.dependencies = ['a', 5]", ["a"]),
        ("self.dependencies = 'abc'", []),
        ("self.dependencies = 5", []),
        ("self.dependencies = {}", []),
        ("self.dependencies = make()", []),
        ("other.dependencies = ['a']", []),
        ('"""self.dependencies = [\'a\']"""', []),
        ("self.dependencies: list[str]", []),
    ],
)
def test_literal_dependencies_are_read_from_the_syntax_tree(
    statement: str, found: list[str]
) -> None:
    source = f"class Plugin:\n    def __init__(self, plugin_id):\n        {statement}\n"
    assert read_dependencies(source.encode(), "x.py") == found
    assert read_dependencies(source.replace("Plugin", "Other").encode(), "x.py") == []
