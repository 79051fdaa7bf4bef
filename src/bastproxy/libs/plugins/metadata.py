"""What a plugin says of itself, read from the syntax tree: no plugin code is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from bastproxy.libs.plugins.places import Place

FIELDS: dict[str, type] = {
    "PLUGIN_NAME": str,
    "PLUGIN_AUTHOR": str,
    "PLUGIN_VERSION": int,
    "PLUGIN_PURPOSE": str,
    "REQUIRED": bool,
}
OPTIONAL = {"REQUIRED": False}
DEPENDENCIES = "PLUGIN_DEPENDENCIES"
NO_LITERAL = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the metadata, and where."""

    reason: str
    place: Place

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class Written(NamedTuple):
    """A dependency as the source has it, and its line; None where only a run tells."""

    text: str | None
    line: int


@dataclass(slots=True)
class Metadata:
    """The metadata of one plugin.

    :ivar values: the fields by name, the missing optional ones with their defaults.
    :ivar dependencies: requirement strings.
    :ivar errors: what is wrong; a plugin with errors is not loaded.
    :ivar is_plugin: whether there is any metadata at all.
    """

    values: dict[str, Any] = field(default_factory=dict)
    dependencies: list[str] = field(default_factory=list)
    errors: list[Fault] = field(default_factory=list)
    is_plugin: bool = False


def read_metadata(source: bytes, filename: str) -> Metadata:
    """Read the metadata in the ``__init__.py`` of a plugin.

    :raises SyntaxError: it is no Python.
    """
    metadata, path = Metadata(), Path(filename)
    for name, value, line in _assignments(ast.parse(source, filename)):
        if name not in FIELDS and name != DEPENDENCIES:
            continue
        metadata.is_plugin = True
        try:
            literal = ast.literal_eval(value)
        except NO_LITERAL:
            reason = f"{name} must be a literal, not an expression"
        else:
            reason = _take(metadata, name, literal)
        if reason:
            metadata.errors.append(Fault(reason, Place(path, line)))
    metadata.errors += [Fault(f"{name} is missing", Place(path, 1)) for name in _missing(metadata)]
    return metadata


def read_dependencies(source: bytes, filename: str) -> list[str]:
    """Read the literal assignments to ``self.dependencies`` in the class ``Plugin``.

    :raises SyntaxError: the source is no Python.
    """
    if b"dependencies" not in source:
        return []
    written = _written(ast.parse(source, filename))
    return [item.text for item in written if item.text is not None]


def written_dependencies(source: bytes, filename: str) -> list[Written]:
    """Read where a file names dependencies: in the metadata, or in the class ``Plugin``.

    :raises SyntaxError: the source is no Python.
    """
    tree = ast.parse(source, filename)
    found = []
    for name, value, line in _assignments(tree):
        if name == DEPENDENCIES:
            found += _items(value, line)
    return found + _written(tree)


def line_of_field(source: bytes, filename: str, name: str) -> int:
    """Return the line of the last assignment to a field of the metadata, or 1.

    :raises SyntaxError: the source is no Python.
    """
    lines = [line for field, _, line in _assignments(ast.parse(source, filename)) if field == name]
    return lines[-1] if lines else 1


def _written(tree: ast.Module) -> list[Written]:
    return [
        written
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "Plugin"
        for statement in _statements(node)
        for written in _assigned_dependencies(statement)
    ]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements below a node; expressions, most of any tree, are left out."""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        for statement in getattr(node, name, ()):
            yield statement
            yield from _statements(statement)


def _assignments(tree: ast.Module) -> list[tuple[str, ast.expr, int]]:
    found = []
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found += [
                (target.id, node.value, node.lineno)
                for target in node.targets
                if isinstance(target, ast.Name)
            ]
        elif (
            isinstance(node, ast.AnnAssign)
            and node.value is not None
            and isinstance(node.target, ast.Name)
        ):
            found.append((node.target.id, node.value, node.lineno))
    return found


def _take(metadata: Metadata, name: str, literal: object) -> str:
    """Write one field down, or return what is wrong with it."""
    if name == DEPENDENCIES:
        if not isinstance(literal, list | tuple) or not all(isinstance(x, str) for x in literal):
            return f"{DEPENDENCIES} must be a list of strings"
        metadata.dependencies = list(literal)
    elif type(literal) is not FIELDS[name]:
        return f"{name} must be {_a(FIELDS[name])}, not {_a(type(literal))}"
    else:
        metadata.values[name] = literal
    return ""


def _missing(metadata: Metadata) -> list[str]:
    """Fill optional fields in, and return those that must be there and are not."""
    said = " ".join(error.reason for error in metadata.errors)
    missing = []
    for name in FIELDS:
        if name in metadata.values or name in said:
            continue
        if name in OPTIONAL:
            metadata.values[name] = OPTIONAL[name]
        else:
            missing.append(name)
    return missing


def _assigned_dependencies(statement: ast.AST) -> list[Written]:
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = statement.value.func  # such as self.dependencies.append
        named = isinstance(called, ast.Attribute) and _is_dependencies(called.value)
        return [Written(None, statement.lineno)] if named else []
    else:
        return []
    if not any(_is_dependencies(target) for target in targets):
        return []
    return _items(value, statement.lineno)


def _items(value: ast.expr, line: int) -> list[Written]:
    """Return the strings of a literal collection; what it is else turns up when it runs."""
    if not isinstance(value, ast.List | ast.Tuple | ast.Set):
        return [Written(None, line)]
    try:
        items = [(ast.literal_eval(item), item.lineno) for item in value.elts]
    except NO_LITERAL:
        return [Written(None, line)]
    return [Written(text if isinstance(text, str) else None, line) for text, line in items]


def _is_dependencies(target: ast.expr) -> bool:
    return (
        isinstance(target, ast.Attribute)
        and target.attr == "dependencies"
        and isinstance(target.value, ast.Name)
        and target.value.id == "self"
    )


def _a(kind: type) -> str:
    return {
        str: "a string",
        int: "an integer",
        bool: "True or False",
    }.get(kind, f"a value of type {kind.__name__}")
