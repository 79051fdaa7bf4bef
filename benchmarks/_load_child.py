"""Import or load generated plugins in this process, and print the seconds it took.

``python -m benchmarks._load_child import|loader|app DIRECTORY COUNT``
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import tempfile
from pathlib import Path
from time import perf_counter

# What both sides have imported already is not what is compared.
import bastproxy.plugins._baseplugin  # noqa: F401
from bastproxy.libs.plugins import Kernel, PluginLoader

CATEGORY = "bench"


def names(count: int) -> list[str]:
    """Return the names of the generated plugins."""
    return [f"p{number:04}" for number in range(count)]


def plain_imports(directory: Path, count: int) -> float:
    """Import the packages of the plugins as Python does."""
    sys.path.insert(0, str(directory))
    wanted = [f"{CATEGORY}.{name}" for name in names(count)]
    started = perf_counter()
    for name in wanted:
        importlib.import_module(name)
        importlib.import_module(f"{name}.plugin")
    return perf_counter() - started


def loader(directory: Path, count: int) -> float:
    """Load the plugins with a loader and the engines that it needs."""
    with Kernel() as kernel:
        plugin_loader = PluginLoader(
            kernel,
            search_paths=[{"path": directory, "prefix": "plugins.", "strip": ""}],
            data_root=directory / "data",
        )
        plugin_loader.start()
        return _load(plugin_loader, count)


def app(directory: Path, count: int) -> float:
    """Load the plugins into a whole proxy, whose commands and settings they get too."""
    from bastproxy.app import App
    from bastproxy.config import Address, Options

    async def start(home: Path) -> float:
        options = Options(
            home=home,
            listen=Address("127.0.0.1", 0),
            console=False,
            connect="never",
            plugin_paths=(directory,),
        )
        async with App(options) as running:
            return _load(running.loader, count)

    with tempfile.TemporaryDirectory() as home:
        return asyncio.run(start(Path(home)))


def _load(plugin_loader: PluginLoader, count: int) -> float:
    wanted = [f"plugins.{CATEGORY}.{name}" for name in names(count)]
    started = perf_counter()
    answer = plugin_loader.load_plugins(wanted)
    seconds = perf_counter() - started
    for plugin_id in answer["bad_plugins"]:
        sys.exit(plugin_loader.errors[plugin_id])
    return seconds


WAYS = {"import": plain_imports, "loader": loader, "app": app}

if __name__ == "__main__":
    print(WAYS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3])))
