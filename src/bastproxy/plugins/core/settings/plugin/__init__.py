"""The APIs and commands of settings; the engine is ``bastproxy.libs.settings``."""

from __future__ import annotations

from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.settings import SettingsStore
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser


class Plugin(BasePlugin):
    """Settings for plugins and players."""

    store: SettingsStore

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.store = self.api("libs.settings:get.store")()

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        for owner_id in self.store.owners():
            self.store.save(owner_id)

    @AddAPI("add", description="declare a setting")
    def _api_add(
        self,
        plugin_id: str,
        name: str,
        default: object,
        type: object,  # noqa: A002
        help: str,  # noqa: A002
        **flags: Any,
    ) -> bool:
        """Declare a setting of a plugin; a value from an earlier run is taken up.

        :param type: ``str``, ``int``, ``float``, ``bool``, ``"enum"`` (with ``choices``),
            ``"colour"`` or ``"timelength"`` (seconds, typed as ``1h30m``).
        :param flags: ``choices``, ``minimum``, ``maximum``, ``readonly``, ``hidden``.
        :returns: False, with a message in the log, when the declaration is wrong.
        """
        return self.store.add(plugin_id, name, default, type, help, **flags)

    @AddAPI("get", description="get the value of a setting")
    def _api_get(self, plugin_id: str, name: str) -> Any:
        """Return the value of a setting.

        :raises UnknownSettingError: there is no such setting; it is a LookupError.
        """
        return self.store.get(plugin_id, name)

    @AddAPI("change", description="change a setting")
    def _api_change(self, plugin_id: str, name: str, value: object) -> bool:
        """Change a setting, which raises ``ev_<plugin_id>_var_<name>_modified``.

        :returns: True when it has another value now.
        :raises SettingError: it cannot have this value; it is a ValueError.
        :raises UnknownSettingError: there is no such setting.
        """
        return self.store.change(plugin_id, name, value)

    @AddAPI("reset", description="reset a setting, or all of a plugin")
    def _api_reset(self, plugin_id: str = "", name: str | None = None) -> bool:
        """Put a setting, or all of a plugin, back to the default.

        Without a plugin it is what every plugin's ``reset`` is.
        """
        return self.store.reset(plugin_id, name) if plugin_id else super()._api_reset()

    @AddCommand()
    @AddParser(description="list settings that match, of all plugins")
    @AddArgument("match", nargs="?", default="", help="only names that contain this")
    def _command_list(self) -> tuple[bool, list[str]]:
        match = self.api("plugins.core.commands:get.current.command.args")()["match"]
        rows = [
            (detail.owner_id, detail.name, detail.shown, detail.help)
            for owner_id in sorted(self.store.owners())
            for detail in self.store.settings_of(owner_id)
            if not detail.hidden and (match in detail.name or match in owner_id)
        ]
        if not rows:
            return False, [f"no setting matches {match!r}"]
        return True, table(("plugin", "setting", "value", "help"), rows)
