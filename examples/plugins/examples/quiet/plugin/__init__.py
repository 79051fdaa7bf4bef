"""Drops the lines that match a pattern; ``#bp.quiet.set pattern ^Someone shouts`` sets it."""

import re

from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.records import LogRecord
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    """Leaves lines out."""

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("plugins.core.settings:add")(
            self.plugin_id, "pattern", "", str, "lines in which this pattern is found are left out"
        )
        self._use_pattern()

    @RegisterToEvent("ev_{plugin_id}_var_pattern_modified")
    def _use_pattern(self):
        text = self.api("plugins.core.settings:get")(self.plugin_id, "pattern")
        try:
            self.pattern = re.compile(text) if text else None
        except re.error as error:
            self.pattern = None
            LogRecord(f"{text!r} is no pattern: {error}", "warning", [self.plugin_id])()

    @RegisterToEvent("ev_to_client_data_modify", priority=90)
    def _eventcb_drop(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        if self.pattern and not record["internal"] and self.pattern.search(record["line"]):
            record["send"] = False
