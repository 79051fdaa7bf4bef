from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bastproxy.libs.plugins.errors import plugin_error
from bastproxy.libs.plugins.places import Place, file_of, place_of

SOURCE = """\
def plain():
    pass

def mark(**_):
    return lambda function: function

@mark(
    text="define it",
)
@mark()
async def decorated():
    pass

short = lambda: 1

class Outer:
    class Inner:
        def method(self):
            pass
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    made = ModuleType("placed")
    made.__file__ = str(tmp_path / "placed.py")
    (tmp_path / "placed.py").write_text(SOURCE)
    exec(compile(SOURCE, made.__file__, "exec"), vars(made))
    sys.modules["placed"] = made
    yield made
    del sys.modules["placed"]


@pytest.mark.parametrize(
    ("name", "line"),
    [("plain", 1), ("decorated", 11), ("short", 14), ("Outer", 16), ("Outer.Inner", 17)],
)
def test_a_definition_is_placed_at_its_own_line(module: ModuleType, name: str, line: int) -> None:
    definition = module
    for part in name.split("."):
        definition = getattr(definition, part)
    assert place_of(definition) == Place(Path(str(module.__file__)), line)  # type: ignore[arg-type]


def test_a_file_that_has_gone_still_has_the_first_line_of_a_function(module: ModuleType) -> None:
    path = Path(str(module.__file__))
    path.unlink()
    assert place_of(module.decorated) == Place(path, 7)
    assert place_of(module.Outer) == Place(path, None)


def test_what_is_built_in_is_in_no_file() -> None:
    assert file_of(int) == ""
    assert place_of(int) == Place(None, None)


def _refuse(function: object) -> None:
    raise TypeError("no")


def _error(function: object, directory: Path) -> str:
    try:
        _refuse(function)
    except TypeError as error:
        return plugin_error("plugins.a.b", "registration", error, directory).message
    raise AssertionError


def test_what_an_engine_refuses_is_told_with_its_definition(module: ModuleType) -> None:
    path = Path(str(module.__file__))
    directory = path.parent
    method = module.Outer.Inner().method
    for refused, line in [(module.decorated, 11), (method, 18), (module.Outer, 16)]:
        told = f"registration ({path}, line {line}): TypeError: no"
        assert _error(refused, directory) == told
    assert _error(len, directory) == f"registration ({directory}): TypeError: no"
    other = directory / "other"
    assert _error(module.plain, other) == f"registration ({other}): TypeError: no"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    with pytest.raises(OSError, match=r"x\.py") as caught:
        path.read_text()
    assert plugin_error("plugins.a.b", "compile", caught.value, tmp_path).file == path
