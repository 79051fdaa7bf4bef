"""What a plugin says of itself, read from the syntax tree: no plugin code is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(slots=True)
class Metadata:
    """The metadata of one plugin.

    :ivar values: the fields by name, the missing optional ones with their defaults.
    :ivar dependencies: requirement strings.
    :ivar errors: what is wrong, a line each; a plugin with errors is not loaded.
    :ivar is_plugin: whether there is any metadata at all.
    """

    values: dict[str, Any] = field(default_factory=dict)
    dependencies: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    is_plugin: bool = False


def read_metadata(source: bytes, filename: str) -> Metadata:
    """Read the metadata in the ``__init__.py`` of a plugin.

    :raises SyntaxError: it is no Python.
    """
    metadata = Metadata()
    for name, value, line in _assignments(ast.parse(source, filename)):
        if name not in FIELDS and name != DEPENDENCIES:
            continue
        metadata.is_plugin = True
        try:
            literal = ast.literal_eval(value)
        except NO_LITERAL:
            metadata.errors.append(f"line {line}: {name} must be a literal, not an expression")
            continue
        if name == DEPENDENCIES:
            _take_dependencies(metadata, literal, line)
        elif type(literal) is not FIELDS[name]:
            metadata.errors.append(
                f"line {line}: {name} must be {_a(FIELDS[name])}, not {_a(type(literal))}"
            )
        else:
            metadata.values[name] = literal
    _check_missing(metadata)
    return metadata


def read_dependencies(source: bytes, filename: str) -> list[str]:
    """Read the literal assignments to ``self.dependencies`` in the class ``Plugin``.

    :raises SyntaxError: the source is no Python.
    """
    if b"dependencies" not in source:
        return []
    found: list[str] = []
    for node in ast.parse(source, filename).body:
        if isinstance(node, ast.ClassDef) and node.name == "Plugin":
            for statement in _statements(node):
                found.extend(_assigned_dependencies(statement))
    return found


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


def _take_dependencies(metadata: Metadata, literal: object, line: int) -> None:
    if isinstance(literal, list | tuple) and all(isinstance(item, str) for item in literal):
        metadata.dependencies = list(literal)
    else:
        metadata.errors.append(f"line {line}: {DEPENDENCIES} must be a list of strings")


def _check_missing(metadata: Metadata) -> None:
    said = " ".join(metadata.errors)
    for name in FIELDS:
        if name in metadata.values or name in said:
            continue
        if name in OPTIONAL:
            metadata.values[name] = OPTIONAL[name]
        else:
            metadata.errors.append(f"{name} is missing")


def _assigned_dependencies(statement: ast.AST) -> list[str]:
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    else:
        return []
    if not any(_is_dependencies(target) for target in targets):
        return []
    try:
        literal = ast.literal_eval(value)
    except NO_LITERAL:
        return []
    if not isinstance(literal, list | tuple | set):
        return []  # what it is worth turns up when it is instantiated
    return [item for item in literal if isinstance(item, str)]


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
