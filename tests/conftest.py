"""What the tests of several packages share: heavy ones are marked, and a loader on its own."""

from __future__ import annotations

import logging
import os
import sys
import weakref
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from bastproxy.libs.api import API, APINotFoundError
from bastproxy.libs.plugins import Kernel, PluginLoader
from bastproxy.plugins._baseplugin._patch import BasePatches
from bastproxy.testing.harness import write_plugin

# How often a property is tried, where a test does not say that itself.
settings.register_profile("ordinary", max_examples=40)
settings.register_profile("long", max_examples=1000)
settings.load_profile("long" if os.environ.get("BASTPROXY_TEST_LONG") else "ordinary")

#: Files whose tests repeat things thousands of times; coverage would triple their time.
HEAVY = {
    "test_benchmarks.py",
    "test_evening.py",
    "test_evennia.py",
    "test_reload_flood.py",
    "test_reload_leaks.py",
    "test_reload_lines.py",
}

#: What tests import themselves: the bundled plugins' own libs.
_BUNDLED = ("bastproxy.plugins.core", "bastproxy.plugins.client")

HEAD = """\
from bastproxy.libs.api import API, AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.records import LogRecord
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
"""
PLAIN = """
class Plugin(BasePlugin):
    @AddAPI("answer", description="answers")
    def _api_answer(self):
        return {answer!r}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name in HEAVY:
            item.add_marker(pytest.mark.heavy)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Have reports hold only what can be sent: workers send theirs, and surrogates are no text."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        record.exc_info = None  # pytest keeps the records, and so a traceback, and so a plugin
        self.lines.append(f"{record.name.removeprefix('bastproxy.')}: {record.getMessage()}")


class Rig:
    """A kernel, a loader, and a home to write plugins into."""

    def __init__(self, home: Path, **options: Any) -> None:
        self.home = home
        self._imported = {name for name in sys.modules if name.startswith(_BUNDLED)}
        self.root = home / "plugins"
        self.root.mkdir(parents=True, exist_ok=True)
        self.kernel = Kernel()
        self.kernel.start()
        paths = options.pop("search_paths", [self.root])
        self.loader = PluginLoader(
            self.kernel,
            search_paths=[{"path": path, "prefix": "plugins.", "strip": ""} for path in paths],
            data_root=home / "data",
            installed=options.pop("installed", False),
        )
        self.patches = BasePatches(self.kernel, self.instances)
        self.loader.lifecycle.on_imported.append(self.patches.apply_from)
        self.loader.start()
        self.api = API(owner_id="tests")
        self.events: list[tuple[str, str]] = []
        self.commands: Any = None
        self.settings: Any = None
        self._handler = _Log()
        logging.getLogger("bastproxy").addHandler(self._handler)

    def close(self) -> None:
        self.loader.stop()
        self.kernel.stop()
        logging.getLogger("bastproxy").removeHandler(self._handler)

    @property
    def log(self) -> str:
        return "\n".join(self._handler.lines)

    def instances(self) -> list[Any]:
        infos = self.loader.plugins_info.values()
        found = [info.runtime_info.plugin_instance for info in infos]
        return [instance for instance in found if instance is not None]

    def write(
        self,
        plugin_id: str,
        source: str | None = None,
        *,
        answer: object = None,
        files: Mapping[str, str] | None = None,
        root: Path | None = None,
        **metadata: object,
    ) -> Path:
        """Write a plugin; ``source`` follows the usual imports, ``answer`` makes a plain one."""
        body = dedent(source) if source is not None else PLAIN.format(answer=answer)
        return write_plugin(root or self.root, plugin_id, HEAD + body, files=files, **metadata)

    def load(self, *plugin_ids: str) -> dict[str, list[str]]:
        """Load plugins that must load."""
        result = self.call("load.plugins", list(plugin_ids))
        assert result["bad_plugins"] == [], self.log
        return result

    def call(self, name: str, *args: Any) -> Any:
        """Call an API of the loader."""
        return self.api(f"libs.plugins.loader:{name}")(*args)

    def ask(self, plugin_id: str, name: str = "answer", *args: Any) -> Any:
        """Call an API of a plugin."""
        return self.api(f"{plugin_id}:{name}")(*args)

    def instance(self, plugin_id: str) -> Any:
        return self.call("get.plugin.instance", plugin_id)

    def error(self, plugin_id: str) -> str:
        return self.call("get.plugin.error", plugin_id)

    def watch(self, *names: str) -> list[tuple[str, str]]:
        """Note (event, plugin id) at every raise of the events from now on."""
        for name in names:
            self.kernel.dispatcher.register(name, _note(self, name), "tests")
        return self.events

    def modules(self) -> set[str]:
        """Return the ids of the plugins that have modules which the tests have not imported."""
        new = set(sys.modules) - self._imported
        found = [name.split(".") for name in new if name.startswith("bastproxy.plugins.")]
        packages = [".".join(parts[1:4]) for parts in found if len(parts) > 3]
        return {name for name in packages if "._" not in name}

    def plugin_modules(self) -> dict[str, ModuleType]:
        """Return the imported modules of plugins by name, and those of their categories."""
        return {name: module for name, module in sys.modules.items() if _is_plugin(name)}

    def state(self) -> dict[str, Any]:
        """Return everything that a failure must leave as it was."""
        return {
            "modules": {name: id(module) for name, module in self.plugin_modules().items()},
            "path": list(sys.path),
            "meta_path": list(sys.meta_path),
            "ledger": [(line.owner_id, line.kind, line.name) for line in self.kernel.ledger],
            "apis": self.kernel.registry.list_names(),
            "events": [event.name for event in self.kernel.dispatcher.events()],
            "loaded": self.call("get.loaded.plugins.list"),
            "instances": [id(instance) for instance in self.instances()],
        }

    def left_in_memory(self) -> list[dict[str, Any]]:
        """Return what is left in memory of unloaded plugins, even after a stop."""
        return self.loader.lifecycle.unloaded.living(collect=True)

    def refs(self, plugin_id: str) -> list[weakref.ref[Any]]:
        """Return weak references to a plugin's instance, class and modules."""
        package = f"bastproxy.{plugin_id}"
        modules = [m for n, m in sys.modules.items() if f"{n}.".startswith(f"{package}.")]
        instance = self.instance(plugin_id)
        return [weakref.ref(thing) for thing in (instance, type(instance), *modules)]

    def assert_gone(self, plugin_id: str, refs: list[weakref.ref[Any]]) -> None:
        """Check that nothing of an unloaded plugin is left."""
        assert self.kernel.ledger.lines(plugin_id) == []
        assert plugin_id not in self.kernel.ledger.owners()
        assert not self.api("libs.api:get.children")(plugin_id)
        with pytest.raises(APINotFoundError):
            self.ask(plugin_id, "data.get")
        assert plugin_id not in self.modules()
        left = self.call("get.unloaded.plugins.in.memory")  # collects garbage
        assert [ref() for ref in refs if ref() is not None] == []
        assert [entry for entry in left if entry["plugin_id"] == plugin_id] == []


def _is_plugin(name: str) -> bool:
    return name.startswith(("bastproxy.plugins.", "plugins."))


def _note(rig: Rig, name: str) -> Any:
    def note() -> None:
        record = rig.kernel.dispatcher.current_record()
        assert record is not None
        rig.events.append((name, record.get("plugin_id", "")))

    return note


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Any]:
    rigs: list[Rig] = []

    def make(home: Path = tmp_path / "home", **options: Any) -> Rig:
        rigs.append(Rig(home, **options))
        return rigs[-1]

    before = set(sys.modules)
    yield make
    for rig in rigs:
        rig.close()
        owners = [name for name in rig.kernel.ledger.owners() if name.startswith("plugins.")]
        assert owners in ([], ["plugins._baseplugin"])
    packaged = ("bastproxy.plugins._baseplugin", "bastproxy.plugins.core")
    left = {name for name in set(sys.modules) - before if _is_plugin(name)}
    assert not {name for name in left if not name.startswith(packaged)}


@pytest.fixture
def rig(make_rig: Any) -> Rig:
    made: Rig = make_rig()
    return made
