"""Counts what you kill. The counts survive a reload, and a restart."""

import json
import re
from collections import Counter

from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.files import write_whole
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddCommand, AddParser

KILLED = re.compile(r"(?:You have killed|You kill) (?P<name>.+?)[.!]")


class Plugin(BasePlugin):
    """Counts kills by name."""

    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["kills"]
        self.kills = Counter(self._read())

    @RegisterPluginHook("__init__")
    def _phook_add_event(self):
        self.api("plugins.core.events:add.event")(
            "ev_examples_killed",
            self.plugin_id,
            description=["Something was killed"],
            arg_descriptions={"name": "what it was", "count": "how many of them by now"},
        )

    @RegisterToEvent("ev_from_mud_event")
    def _eventcb_line(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        if found := KILLED.search(record["line"]):
            self.kills[found["name"]] += 1
            self.api("plugins.core.events:raise.event")(
                "ev_examples_killed", {"name": found["name"], "count": self.kills[found["name"]]}
            )

    @AddAPI("count", description="how many were killed, of one name or of all")
    def _api_count(self, name=""):
        """Return how many were killed."""
        return self.kills[name] if name else self.kills.total()

    @AddCommand()
    @AddParser(description="show what was killed, most often first")
    def _command_show(self):
        lines = [f"{count:>6}  {name}" for name, count in self.kills.most_common()]
        return True, lines or ["nothing was killed yet"]

    @RegisterPluginHook("save")
    def _phook_save(self):
        write_whole(self._path(), json.dumps(self.kills, indent=2).encode())

    def _path(self):
        return self.api(f"{self.plugin_id}:get.data.directory")() / "kills.json"

    def _read(self):
        path = self._path()
        return json.loads(path.read_text()) if path.exists() else {}
