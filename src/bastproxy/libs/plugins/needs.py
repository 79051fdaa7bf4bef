"""What plugins need of each other, by what they declare and by what they say as they run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.plugins.codestore import CodeStore
from bastproxy.libs.plugins.dependency import (
    PHASE,
    Requirement,
    circular,
    find_path,
    parse_requirement,
)
from bastproxy.libs.plugins.errors import PluginError, plugin_error
from bastproxy.libs.plugins.metadata import Written, line_of_field, written_dependencies
from bastproxy.libs.plugins.places import Place
from bastproxy.libs.plugins.plugininfo import PluginInfo

METADATA_FILE = "__init__.py"
CLASS_FILES = ("plugin/__init__.py", "plugin.py")


class LoaderNeeds:
    """The plugin loader's knowledge of dependencies.

    :ivar orphaned: plugins that were taken out although others may depend on them.
    """

    plugins_info: dict[str, PluginInfo]
    store: CodeStore
    orphaned: set[str]

    def requirements(self, plugin_id: str) -> list[Requirement]:
        """Return what a plugin needs, as far as it can be read; nothing is raised."""
        info = self.plugins_info.get(plugin_id)
        if info is None:
            return []
        try:
            if info.runtime_info.plugin_instance is not None:
                return readable(self.said_by(info))
            return self.declared(info, CodeStore())
        except PluginError:
            return []

    def needed(self, plugin_id: str) -> list[str]:
        """Return the ids of what a plugin needs, as far as they can be read."""
        return [need.plugin_id for need in self.requirements(plugin_id)]

    def declared(self, info: PluginInfo, store: CodeStore) -> list[Requirement]:
        """Return what the sources of a plugin declare to need, without running them.

        :param store: keeps what had to be compiled for this.
        :raises PluginError: it cannot be read.
        """
        texts: list[object] = list(info.dependencies)
        for name in CLASS_FILES:
            try:
                texts += store.prepare(info.package_path / name).dependencies
                break
            except FileNotFoundError:
                continue
            except (OSError, SyntaxError) as error:
                raise plugin_error(info.plugin_id, "compile", error, info.package_path) from None
        return self.parsed(info, texts, store)

    def parsed(
        self, info: PluginInfo, texts: Iterable[object], store: CodeStore
    ) -> list[Requirement]:
        """Read requirements.

        :param store: has the sources that say them.
        :raises PluginError: one cannot be read.
        """
        found = []
        for text in dict.fromkeys(texts):
            try:
                found.append(parse_requirement(text))
            except ValueError as error:
                raise blame(info, str(error), str(text), store) from None
        return found

    def said_by(self, info: PluginInfo) -> list[object]:
        """Return what a living plugin says that it needs, whatever it is.

        :raises PluginError: its ``dependencies`` is no list.
        """
        instance: Any = info.runtime_info.plugin_instance
        try:
            return list(dict.fromkeys([*info.dependencies, *instance.all_dependencies()]))
        except Exception as error:  # the plugin's own attribute, or method, may be anything
            place = place_of_need(info, "", self.store)
            raise plugin_error(info.plugin_id, PHASE, error, info.package_path, place) from None

    def check_metadata(self, info: PluginInfo) -> None:
        """Refuse a plugin whose metadata is wrong.

        :raises PluginError: it is.
        """
        if info.metadata_errors:
            first, *others = info.metadata_errors
            place = first.place
            reasons = [
                fault.reason if fault.place == place else str(fault) for fault in (first, *others)
            ]
            raise PluginError(
                info.plugin_id, "metadata", "; ".join(reasons), file=place.file, line=place.line
            )

    def blame(self, plugin_id: str, reason: str, needed: str) -> PluginError:
        """Return the error about what a plugin needs, with the place where it says so.

        :param needed: the id of the plugin that it needs.
        """
        return blame(self.plugins_info[plugin_id], reason, needed, self.store)

    def unknown(self, plugin_id: str, phase: str = "discovery") -> PluginError:
        """Return the error about an id that nothing has."""
        guess = did_you_mean(plugin_id, self.plugins_info)
        return PluginError(plugin_id, phase, f"there is no plugin {plugin_id!r}{guess}")

    def check_version(self, requirement: Requirement) -> str:
        """Return why a plugin that is there is not what is required, or nothing."""
        version = self.plugins_info[requirement.plugin_id].version
        if requirement.allows(version):
            return ""
        return f"it needs {requirement}, but version {version} is here"

    def check_cycle(self, plugin_id: str, needs: Iterable[Requirement]) -> None:
        """Refuse what would have a plugin need itself.

        :raises PluginError: it would; the message has the whole path.
        """
        for need in needs:
            path = find_path(need.plugin_id, plugin_id, self.needed)
            if need.plugin_id == plugin_id or path:
                cycle = [plugin_id, *path] if path else [plugin_id, plugin_id]
                raise self.blame(plugin_id, circular(cycle), cycle[1])


def blame(info: PluginInfo, reason: str, needed: str, store: CodeStore) -> PluginError:
    """Return the error about what a plugin needs, with the place where its sources say so."""
    place = place_of_need(info, needed, store)
    return PluginError(info.plugin_id, PHASE, reason, file=place.file, line=place.line)


def place_of_need(info: PluginInfo, needed: str, store: CodeStore) -> Place:
    """Return where a plugin names one that it needs.

    What no source names is computed: then where that is done, or else the file of the
    class.  Sources are looked at here and not when they are compiled, which counts.
    """
    computed, class_file = None, None
    for name in (METADATA_FILE, *CLASS_FILES):
        source = source_of(info, name, store)
        if source is None:
            continue
        path = info.package_path / name
        class_file = path if name in CLASS_FILES else class_file
        for written in _written(source, path):
            if written.text is None:
                computed = Place(path, written.line)
            elif needed in (written.text, *(need.plugin_id for need in readable([written.text]))):
                return Place(path, written.line)
    return computed or Place(class_file or info.package_path)


def place_of_field(info: PluginInfo, name: str, store: CodeStore) -> Place:
    """Return where a plugin sets a field of its metadata."""
    path, source = info.package_path / METADATA_FILE, source_of(info, METADATA_FILE, store)
    return Place(path, line_of_field(source, str(path), name) if source is not None else None)


def source_of(info: PluginInfo, name: str, store: CodeStore) -> bytes | None:
    """Return the source of a file as it is to run, or runs, or is on the disk; None for none."""
    path = info.package_path / name
    if store.is_prepared(path):
        return store.take(str(path)).source
    if name in info.files:
        return info.files[name].source
    try:
        return path.read_bytes()
    except OSError:
        return None


def _written(source: bytes, path: Path) -> list[Written]:
    try:
        return written_dependencies(source, str(path))
    except SyntaxError:
        return []


def readable(texts: Iterable[object]) -> list[Requirement]:
    """Read requirements and leave out what cannot be read."""
    found = []
    for text in texts:
        try:
            found.append(parse_requirement(text))
        except ValueError:
            continue
    return found
