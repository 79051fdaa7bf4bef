"""The lists that players read: who has commands, and which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bastproxy.libs.commands.registry import Command


def overview(plugins: Mapping[str, tuple[str, int]], prefix: str, width: int) -> list[str]:
    """Return one line for each plugin that has commands.

    :param plugins: purpose and number of commands, by how the plugin is typed.
    """
    if not plugins:
        return ["no plugin has commands"]
    rows = [
        (f"{prefix}.{label}", purpose or f"{count} command{'s' if count != 1 else ''}")
        for label, (purpose, count) in sorted(plugins.items())
    ]
    return [
        "Plugins with commands:",
        *columns(rows, width),
        f"Type {prefix}.<plugin> for its commands, {prefix}.help <plugin>.<command> for one.",
    ]


def plugin_commands(
    label: str, commands: Iterable[Command], purpose: str, prefix: str, width: int
) -> list[str]:
    """Return one line for each command of a plugin, under the headings of their groups."""
    groups: dict[str, list[Command]] = {}
    for command in sorted(commands, key=lambda command: (command.group, command.name)):
        groups.setdefault(command.group, []).append(command)
    lines = [f"{label}: {purpose}" if purpose else f"Commands of {label}:"]
    for group, members in groups.items():
        if group:
            lines.append(f"{group}:")
        rows = [(f"{prefix}.{label}.{command.name}", command.summary) for command in members]
        lines.extend(columns(rows, width))
    return [*lines, f"Type {prefix}.{label}.<command> -h for the help of one."]


def columns(rows: Iterable[tuple[str, str]], width: int) -> list[str]:
    """Return two columns as lines of at most ``width``, where the first leaves room."""
    rows = list(rows)
    first = max((len(name) for name, _ in rows), default=0)
    return [
        _cut(f"  {name:<{first}}  {text}".rstrip(), max(width, first + 2)) for name, text in rows
    ]


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 3].rstrip() + "..."
