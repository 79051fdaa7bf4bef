"""What plugins need of each other, by what they declare and by what they say as they run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from bastproxy.libs.plugins.plugininfo import PluginInfo

CLASS_FILES = ("plugin/__init__.py", "plugin.py")


class LoaderNeeds:
    """The plugin loader's knowledge of dependencies.

    :ivar orphaned: plugins that were taken out although others may depend on them.
    """

    plugins_info: dict[str, PluginInfo]
    store: CodeStore
    orphaned: set[str]
    _loading: list[str]

    def requirements(self, plugin_id: str) -> list[Requirement]:
        """Return what a plugin needs, as far as it can be read; nothing is raised."""
        info = self.plugins_info.get(plugin_id)
        if info is None:
            return []
        try:
            if info.runtime_info.plugin_instance is not None:
                return readable(said_by(info))
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
        texts = list(info.dependencies)
        for name in CLASS_FILES:
            try:
                texts += store.prepare(info.package_path / name).dependencies
                break
            except FileNotFoundError:
                continue
            except (OSError, SyntaxError) as error:
                raise plugin_error(info.plugin_id, "compile", error, info.package_path) from None
        return parsed(info, texts)

    def check_metadata(self, info: PluginInfo) -> None:
        """Refuse a plugin whose metadata is wrong.

        :raises PluginError: it is.
        """
        if info.metadata_errors:
            raise PluginError(info.plugin_id, "metadata", "; ".join(info.metadata_errors))

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
                raise PluginError(plugin_id, PHASE, circular(cycle))

    def _needs(self, plugin_id: str) -> Sequence[Requirement]:
        """Return what must be loaded before a plugin, which is about to be loaded."""
        info = self.plugins_info.get(plugin_id)
        if info is None:
            raise self.unknown(plugin_id)
        if info.is_loaded:
            return []
        if plugin_id in self._loading:
            path = find_path(plugin_id, plugin_id, self.needed)
            reason = circular(path) if path else "circular dependency: it is being loaded"
            raise PluginError(plugin_id, PHASE, reason)
        self.check_metadata(info)
        needs = self.declared(info, self.store)
        if plugin_id in self.orphaned:
            self.check_cycle(plugin_id, needs)
        return needs


def said_by(info: PluginInfo) -> list[str]:
    """Return what a living plugin says that it needs, whatever it is.

    :raises PluginError: its ``dependencies`` is no list.
    """
    instance: Any = info.runtime_info.plugin_instance
    try:
        return list(dict.fromkeys([*info.dependencies, *instance.all_dependencies()]))
    except Exception as error:  # the plugin's own attribute, or method, may be anything
        raise plugin_error(info.plugin_id, PHASE, error, info.package_path) from None


def parsed(info: PluginInfo, texts: Iterable[str]) -> list[Requirement]:
    """Read requirements.

    :raises PluginError: one cannot be read.
    """
    try:
        return [parse_requirement(text) for text in dict.fromkeys(texts)]
    except ValueError as error:
        raise PluginError(info.plugin_id, PHASE, str(error)) from None


def readable(texts: Iterable[str]) -> list[Requirement]:
    """Read requirements and leave out what cannot be read."""
    found = []
    for text in texts:
        try:
            found.append(parse_requirement(text))
        except ValueError:
            continue
    return found
