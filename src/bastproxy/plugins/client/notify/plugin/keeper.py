"""The rules that players define: kept in a file, and matched with the MUD's lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bastproxy.libs.ansi import PLAIN, Carried, Sgr, change, convert, plain
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import EventRecord, RegisterToEvent
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import Session
from bastproxy.libs.tablefile import TableFile
from bastproxy.libs.triggers import Matcher
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.client.notify.libs.rate import Rate
from bastproxy.plugins.client.notify.libs.rule import Rule, rule_of

SETTINGS: Final = "plugins.core.settings"
LINE: Final = "ev_to_client_data_modify"
EVENT: Final = "ev_notify"
LATE: Final = 90
LONGEST: Final = 1 << 16
FILE: Final = "rules.toml"
UNSAVED: Final = "unsaved"

_SETTINGS: Final[tuple[tuple[str, object, object, str, dict[str, Any]], ...]] = (
    ("mark", "@Y>>>@n ", str, "what stands before a line that matters; @Y is bright yellow", {}),
    ("bell", True, bool, "ring the client's bell with it", {}),
    ("limit", 5, int, "so many lines of one rule are marked in one period", {"minimum": 1}),
    ("period", 10, "timelength", "the period", {"minimum": 1}),
)


class Keeper(BasePlugin):
    """Keeps the rules, and marks the lines."""

    session: Session

    def __init__(self, plugin_id: str, plugin_info: Any) -> None:
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["begun", "begun_in", "carried"]
        self.begun = ""
        self.begun_in = PLAIN
        self.carried = Carried()
        self.rules: dict[str, Rule] = {}
        self.rate = Rate()
        self.file = TableFile(self.plugin_info.data_directory / FILE, self._warn)
        self._matcher: Matcher[str] = Matcher()

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.session = self.api("libs.session:get.session")()

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        add = self.api(f"{SETTINGS}:add")
        for name, default, kind, purpose, flags in _SETTINGS:
            add(self.plugin_id, name, default, kind, purpose, **flags)
        self._use_settings()
        self.api("plugins.core.events:add.event")(
            EVENT,
            self.plugin_id,
            ["Something that matters to the player has come."],
            {"text": "it, without colours", "rule": "the rule, or the plugin that has said it"},
        )
        unsaved = self.data.get(UNSAVED)
        if unsaved is not None:  # what an earlier generation could not write
            self._take(unsaved)
            self._keep([])
            return
        try:
            self._take(self.file.read())
        except OSError as error:
            self._warn(f"the rules in {self.file.path} cannot be read: {error}")

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        if UNSAVED in self.data:
            self._keep([])

    @RegisterToEvent("ev_{plugin_id}_var_limit_modified")
    @RegisterToEvent("ev_{plugin_id}_var_period_modified")
    def _eventcb_settings(self) -> None:
        self._use_settings()

    def _eventcb_line(self) -> None:
        """Mark a line; registered while there are rules, as every line would pay for it."""
        record = self.api("plugins.core.events:get.current.event.record")()
        if record["internal"]:
            return
        begun, line = self.begun, record["line"]
        continues, is_prompt = record["continues"], record["is_prompt"]
        before = self.carried.take(line, continues=continues, is_prompt=is_prompt).state
        self.begun = ""
        if continues:
            self.begun = (begun + line)[:LONGEST]
            self.begun_in = self.begun_in if begun else before
            return
        if is_prompt:
            return
        whole = begun + line
        text = plain(whole)
        for name, _ in self._matcher.match(text):
            if self._may(name):
                self._mark(record, before, begun)
                self._raise(text, name)
                return

    @AddAPI("send", description="tell the player something that matters", pass_caller=True)
    def _api_send(self, text: str, caller_id: str = "") -> bool:
        """Show a line to all clients, marked as those of the rules are.

        :returns: False when the caller has said more than the settings allow.
        """
        if not self._may(caller_id):
            return False
        self.session.send_to_clients(self._marked(text))
        self._raise(plain(text), caller_id)
        return True

    @AddAPI("add", description="add a rule of the player's")
    def _api_add(
        self, pattern: str, name: str = "", ignore_case: bool = False, enabled: bool = True
    ) -> bool:
        """Have lines marked in which a regular expression is found; the rule is kept.

        :param name: the pattern by default; a rule of that name is replaced.
        :returns: False when it could not be saved; the log says why.
        :raises ValueError: the pattern cannot be used; the message says why.
        """
        return not self.define([Rule(name or pattern, pattern, ignore_case, enabled)])

    @AddAPI("remove", description="remove a rule")
    def _api_remove(self, name: str) -> bool:
        """Remove a rule for good; False when there is none of that name."""
        known = name in self.rules
        if known:
            self.undefine([name])
        return known

    @AddAPI("list", description="the rules")
    def _api_list(self) -> dict[str, str]:
        """Return the patterns of all rules, by name."""
        return {name: rule.pattern for name, rule in self.rules.items()}

    @AddAPI("enable", description="switch a rule on or off")
    def _api_enable(self, name: str, on: bool = True) -> bool:
        """Switch a rule; False when there is none of that name."""
        known = name in self.rules
        if known:
            self.define([replace(self.rules[name], enabled=on)])
        return known

    def define(self, rules: Sequence[Rule]) -> list[str]:
        """Add rules, or replace those of their names, and keep them.

        :returns: why they could not be saved, if so, in words for the player.
        :raises ValueError: one cannot be used; nothing is changed.
        """
        for rule in rules:
            rule.compile()
        for rule in rules:
            self._put(rule)
        return self._keep([rule.name for rule in rules])

    def undefine(self, names: Sequence[str]) -> list[str]:
        """Remove rules for good; returns what :meth:`define` does."""
        for name in names:
            self.rules.pop(name, None)
            self._matcher.remove(name)
        self._listen()
        return self._keep(names)

    def matching(self, line: str) -> list[str]:
        """Return the rules by which a line matters."""
        return [name for name, _ in self._matcher.match(plain(line))]

    def _put(self, rule: Rule) -> None:
        self.rules[rule.name] = rule
        self._matcher.remove(rule.name)
        if rule.enabled:
            self._matcher.add(rule.name, rule.compile())
        self._listen()

    def _listen(self) -> None:
        events = "plugins.core.events"
        if len(self._matcher):
            self.api(f"{events}:register.to.event")(LINE, self._eventcb_line, LATE)
        else:
            self.api(f"{events}:unregister.from.event")(LINE, self._eventcb_line)
            self.begun = ""

    def _mark(self, record: EventRecord, before: Sgr, begun: str) -> None:
        """Mark a line; one that came in pieces is shown again, as its beginning is there already.

        :param before: the look in which the piece begins.
        :param begun: the pieces before it.
        """
        line = record["line"]
        if begun:
            again = self._marked(begun + line, self.carried.state, self.begun_in)
            record["line"] = f"{line}\n{again}"
        else:
            record["line"] = self._marked(line, before, before)
        record["send"] = True
        record["clients"] = None

    def _marked(self, text: str, before: Sgr = PLAIN, beginning: Sgr = PLAIN) -> str:
        """Return a text with the mark.

        :param before: the look that is there.
        :param beginning: the look in which the text begins.
        """
        bell = "\a" if self._setting("bell") else ""
        mark = change(before, PLAIN) + convert(self._setting("mark")) + change(PLAIN, beginning)
        return bell + mark + text

    def _may(self, key: str) -> bool:
        if self.rate.allows(key):
            return True
        if self.rate.refused(key) == 1:
            self.call_later(self.rate.period, self._tell_refused, key)
        return False

    def _tell_refused(self, key: str) -> None:
        count = self.rate.forget(key)
        if count:
            lines = f"{count} more line{'s were' if count > 1 else ' was'} not marked"
            self.session.send_to_clients(f"[notify] {key}: {lines}")

    def _raise(self, text: str, rule: str) -> None:
        self.api("plugins.core.events:raise.event")(EVENT, {"text": text, "rule": rule})

    def _take(self, tables: Any) -> None:
        """Use what a file has; what cannot be used stays in it, and is told."""
        for name, values in tables.items():
            try:
                self._put(rule_of(name, values))
            except ValueError as error:
                self._warn(f"{self.file.path}: the rule {name!r} is left out: {error}")

    def _keep(self, names: Sequence[str]) -> list[str]:
        """Write what has changed, and what an earlier write has left undone."""
        tables = {name: rule.to_toml() for name, rule in self.rules.items()}
        pending: dict[str, None] = self.data.get("pending", {}) | dict.fromkeys(names)
        try:
            self.file.write({name: tables.get(name) for name in pending}, tables)
        except OSError as error:
            self.data[UNSAVED], self.data["pending"] = tables, pending
            reason = (
                f"{self.file.path} cannot be written: {error.strerror or error}; it is tried "
                "again at the next change, and when the proxy ends"
            )
            self._warn(reason)
            return [reason]
        self.data.pop(UNSAVED, None)
        self.data.pop("pending", None)
        return []

    def _use_settings(self) -> None:
        self.rate.limit = self._setting("limit")
        self.rate.period = self._setting("period")

    def _setting(self, name: str) -> Any:
        return self.api(f"{SETTINGS}:get")(self.plugin_id, name)

    def _warn(self, message: str) -> None:
        LogRecord(message, level="warning", sources=[self.plugin_id])()
