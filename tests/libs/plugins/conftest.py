"""A loader with commands and settings, and a picture of all that a failure must not change."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from bastproxy.libs.commands import CommandTable
from bastproxy.libs.plugins.lifecycle import command_modules
from bastproxy.libs.settings import SettingsStore
from bastproxy.plugins._baseplugin import BasePlugin


@pytest.fixture
def full_rig(rig: Any) -> Any:
    """A rig with commands and settings, that is not connected to anything."""
    kernel = rig.kernel
    rig.commands = CommandTable(kernel.ledger, kernel.tasks)
    rig.commands.attach(kernel.scanner)
    rig.settings = SettingsStore(
        kernel.ledger, lambda owner_id: rig.home / "data" / owner_id, lambda *_: None
    )
    rig.loader.lifecycle.on_instantiated.append(
        lambda info, instance: [
            rig.commands.add_module_functions(info.plugin_id, instance, module)
            for module in command_modules(info)
        ]
    )
    kernel.registry.add("tests.settings", "add", rig.settings.add)
    kernel.registry.add("tests.settings", "get", rig.settings.get)
    kernel.registry.add("tests.commands", "add", rig.commands.add)
    return rig


@pytest.fixture
def snapshot() -> Any:
    return take_snapshot


def take_snapshot(rig: Any) -> dict[str, Any]:
    """Return everything that a reload that fails must leave as it was, in comparable form."""
    kernel, loader = rig.kernel, rig.loader
    ours = rig.plugin_modules()
    events = kernel.dispatcher.events()
    return {
        "modules": {name: id(module) for name, module in ours.items()},
        "submodules": {name: _submodules(module) for name, module in ours.items()},
        "all modules": set(sys.modules),
        "path": (id(sys.path), list(sys.path), list(sys.meta_path)),
        "load order": list(loader.load_order),
        "infos": {name: _described(info) for name, info in loader.plugins_info.items()},
        "instances": {instance.plugin_id: _remembered(instance) for instance in rig.instances()},
        "ledger": sorted(
            (line.owner_id, line.generation, line.kind, line.name, line.state.value)
            for line in kernel.ledger
            if (line.owner_id, line.name) != ("libs.plugins.loader", "settle")
        ),
        "generations": {name: kernel.ledger.generation(name) for name in loader.load_order},
        "apis": {
            name: _function(kernel.registry.look_up(name, "tests").function)
            for name in kernel.registry.list_names()
        },
        "events": {
            event.name: (
                event.declared,
                [
                    (callback.owner_id, callback.priority, _function(callback.function))
                    for callback in event.active
                ],
            )
            for event in events
        },
        "commands": {
            owner: [
                (command.name, _function(command.function))
                for command in rig.commands.commands_of(owner)
            ]
            for owner in rig.commands.owners()
        },
        "command owners": rig.commands.owners(),
        "settings": {owner: rig.settings.settings_of(owner) for owner in rig.settings.owners()},
        "tasks": sorted(
            task.get_name() for name in loader.load_order for task in kernel.tasks.of(name)
        ),
        "base class": {
            name: id(value)
            for name, value in vars(BasePlugin).items()
            if name != "__abstractmethods__"
        },
    }


def _submodules(module: Any) -> dict[str, int]:
    return {
        name: id(value) for name, value in vars(module).items() if isinstance(value, ModuleType)
    }


def _function(function: Any) -> tuple[str, int]:
    """Return a name, and whose it is; a bound method is made anew at every look."""
    owner = getattr(function, "__self__", None)
    return getattr(function, "__qualname__", repr(function)), id(owner)


def _described(info: Any) -> dict[str, Any]:
    runtime = dict(vars(info.runtime_info), error=None)
    instance = runtime.pop("plugin_instance")
    files = {name: (file.path, file.digest) for name, file in info.files.items()}
    return {**vars(info), "runtime_info": runtime, "instance": id(instance), "files": files}


def _remembered(instance: Any) -> tuple[int, list[tuple[str, int, str]]]:
    values = [(name, id(value), repr(value)) for name, value in vars(instance).items()]
    return id(instance), values
