"""Writes docs/reference.md from a running proxy: its APIs, events, hooks and commands."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bastproxy.app import App
from bastproxy.config import Address, Options
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.plugins._baseplugin._pluginhooks import hooks_of

REFERENCE = Path(__file__).parent / "reference.md"

#: Offered by every plugin; described once.
EVERY_PLUGIN = "plugins.core.events"
ANOTHER_PLUGIN = "plugins.core.plugins"

HOOKS = {
    "__init__": "at the end of the base class's constructor, before the rest of a subclass's own",
    "initialize": "when every plugin of the batch is loaded, and after every reload",
    "save": "when `ev_plugin_save` is raised",
    "uninitialize": "before the plugin is unloaded",
}


async def reference() -> str:
    """Return the text of the reference."""
    with tempfile.TemporaryDirectory() as home:
        options = Options(
            Path(home), Address("127.0.0.1", 0), console=False, connect="never", installed=False
        )
        async with App(options) as app:
            return "\n".join([*_head(), *_apis(app), *_events(app), *_hooks(), *_commands(app)])


def _head() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "Generated from the code by `make docs`."
    yield ""
    yield "[APIs](#apis) · [Events](#events) · [Hooks](#hooks) · [Commands](#commands)"
    yield ""


def _apis(app: App) -> Iterator[str]:
    registry = app.kernel.registry
    yield "## APIs"
    yield ""
    yield 'Call one as `self.api("<name>")(...)`.'
    yield ""
    base = _base_apis(app)
    yield "### Every plugin"
    yield ""
    for child in sorted(base):
        yield from _api(app, f"{EVERY_PLUGIN}:{child}", f"<plugin_id>:{child}")
    owners = sorted({data["name"].partition(":")[0] for data in registry.list_data()})
    for owner in owners:
        names = [
            name
            for name in registry.list_names(f"{owner}:")
            if not (owner.startswith("plugins.") and _is_base(app, name, base))
        ]
        if names:
            yield f"### {owner}"
            yield ""
            for name in names:
                yield from _api(app, name, name)


def _base_apis(app: App) -> set[str]:
    """Return what every plugin has and has from the base class."""
    registry = app.kernel.registry
    return set(registry.get_children(EVERY_PLUGIN)) & set(registry.get_children(ANOTHER_PLUGIN))


def _is_base(app: App, name: str, base: set[str]) -> bool:
    child = name.partition(":")[2]
    return child in base and app.api(name).__func__ is getattr(
        app.api(f"{EVERY_PLUGIN}:{child}"), "__func__", None
    )


def _api(app: App, name: str, shown: str) -> Iterator[str]:
    detail = app.kernel.registry.detail(name)
    signature = detail["signature"].replace(name, shown, 1)
    yield f"`{signature}`"
    yield ""
    yield from _prose(detail["docstring"] or detail["description"])


def _events(app: App) -> Iterator[str]:
    yield "## Events"
    yield ""
    for event in app.kernel.dispatcher.events():
        if not event.declared:
            continue
        yield f"### {event.name}"
        yield ""
        yield from _prose("\n".join(event.description))
        if event.arg_descriptions:
            yield "| key | meaning |"
            yield "|---|---|"
            for key, meaning in event.arg_descriptions.items():
                yield f"| `{key}` | {meaning} |"
            yield ""
    yield "Every setting raises `ev_<plugin_id>_var_<name>_modified`, with `var`, `newvalue` and"
    yield "`oldvalue`, when it changes."
    yield ""


def _hooks() -> Iterator[str]:
    yield "## Hooks"
    yield ""
    yield "| hook | runs | of the base class |"
    yield "|---|---|---|"
    own = hooks_of(BasePlugin)
    for name, when in HOOKS.items():
        functions = ", ".join(f"`{hook.function}`" for hook in own.get(name, ())) or "none"
        yield f"| `{name}` | {when} | {functions} |"
    yield ""


def _commands(app: App) -> Iterator[str]:
    yield "## Commands"
    yield ""
    for owner_id in sorted(app.commands.owners()):
        yield f"### {owner_id}"
        yield ""
        for command in app.commands.commands_of(owner_id):
            yield "```"
            yield from app.commands.help_of(owner_id, command.name)
            yield "```"
            yield ""


def _prose(text: str) -> Iterator[str]:
    """Turn a docstring into Markdown: its field list becomes a list."""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(":"):
            field, _, rest = stripped[1:].partition(":")
            yield f"- *{field}*: {rest.strip()}".replace("``", "`")
        else:
            yield line.replace("``", "`")
    yield ""


def main() -> int:
    """Write the reference; with ``--check``, only say whether it is up to date."""
    text = asyncio.run(reference())
    if "--check" in sys.argv:
        return int(REFERENCE.read_text(encoding="utf-8") != text)
    REFERENCE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
