"""The commands that every plugin has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bastproxy.libs.commands import AddArgument, AddCommand, AddParser, current
from bastproxy.libs.tables import table

if TYPE_CHECKING:
    from bastproxy.libs.api import API
    from bastproxy.libs.plugins.plugininfo import PluginInfo
    from bastproxy.libs.settings import SettingsStore

GROUP = "every plugin"

Result = tuple[bool, list[str]]


class BaseCommands:
    """``info``, ``set``, ``save``, ``reset`` and ``dump``, for every plugin."""

    plugin_id: str
    plugin_info: PluginInfo
    api: API

    @AddCommand(group=GROUP)
    @AddParser(description="show what the plugin is")
    def _command_info(self) -> Result:
        """Show the plugin's metadata."""
        info = self.plugin_info
        return True, [
            f"{info.name} ({info.plugin_id}) version {info.version} by {info.author}",
            info.purpose,
            f"loaded {info.runtime_info.imported_time:%Y-%m-%d %H:%M:%S} from {info.package_path}",
        ]

    @AddCommand(group=GROUP)
    @AddParser(description="show the plugin's settings, or change one")
    @AddArgument("name", nargs="?", default="", help="the setting")
    @AddArgument("value", nargs="*", help="its new value; 'default' resets it")
    def _command_set(self) -> Result:
        """Show or change settings."""
        args = _args()
        return self.change_setting(args["name"], " ".join(args["value"]))

    def change_setting(self, name: str, value: str) -> Result:
        """Change a setting as a player would, or show it when there is no value.

        :returns: whether it went well, and lines for the player.
        """
        store: SettingsStore = self.api("libs.settings:get.store")()
        try:
            if name and value:
                store.change(self.plugin_id, name, value, by_player=True)
            details = (
                [store.describe(self.plugin_id, name)]
                if name
                else [detail for detail in store.settings_of(self.plugin_id) if not detail.hidden]
            )
        except (LookupError, ValueError) as error:
            return False, [str(error)]
        if not details:
            return True, [f"{self.plugin_id} has no settings"]
        rows = [
            (detail.name, detail.shown, detail.default_shown, detail.help) for detail in details
        ]
        return True, table(("setting", "value", "default", "help"), rows)

    @AddCommand(group=GROUP)
    @AddParser(description="save the plugin's state")
    def _command_save(self) -> Result:
        """Save the plugin's state."""
        if self.api(f"{self.plugin_id}:save.state")():
            return True, [f"{self.plugin_id} has saved its state"]
        return False, [f"{self.plugin_id} could not save its state; the log has the reason"]

    @AddCommand(group=GROUP)
    @AddParser(description="reset the plugin to its defaults")
    def _command_reset(self) -> Result:
        """Reset the plugin."""
        if self.api(f"{self.plugin_id}:reset")():
            return True, [f"{self.plugin_id} is reset"]
        return False, [f"{self.plugin_id} cannot be reset"]

    @AddCommand(group=GROUP)
    @AddParser(description="show the plugin's state, or one attribute of it")
    @AddArgument("name", nargs="?", default="", help="an attribute, dotted: data.users.0")
    @AddArgument("-d", "--detailed", action="store_true", help="everything, however long")
    def _command_dump(self) -> Result:
        """Dump the plugin or an attribute."""
        args = _args()
        text = self.api(f"{self.plugin_id}:dump")(args["name"] or None, args["detailed"])
        if text is None:
            return False, [f"{self.plugin_id} has no attribute {args['name']!r}"]
        return True, str(text).splitlines()


def _args() -> dict[str, Any]:
    command = current()
    return command.args if command is not None else {}
