"""Anti-spam: what becomes of the same line too often, and lines that are to be queued."""

from __future__ import annotations

from typing import Any, Final

from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.work import Timer
from bastproxy.plugins._baseplugin import RegisterPluginHook
from bastproxy.plugins.client.queue.libs.antispam import AntiSpam, Mode, Verdict
from bastproxy.plugins.client.queue.libs.commandqueue import FullError
from bastproxy.plugins.client.queue.plugin.sending import EVENTS, SETTINGS, Sending

TO_MUD: Final = "ev_to_mud_data_modify"
LATE: Final = 80
"""After history, stacking and aliases: it looks at what is really sent."""

_SETTINGS: Final[tuple[tuple[str, Any, Any, str, dict[str, Any]], ...]] = (
    (
        "antispam",
        "off",
        "enum",
        "what to do about the same line too often: nothing, send an excuse first, or space it",
        {"choices": [mode.value for mode in Mode]},
    ),
    ("count", 20, int, "so often in a row a line may be sent", {"minimum": 1}),
    ("excuse", "look", str, "what is sent before it goes once more", {}),
    ("pause", 1.0, float, "seconds between two of the same line, when spaced", {"minimum": 0.01}),
    ("mark", "", str, "a line that begins with this goes into the queue; empty: none does", {}),
)


class Spam(Sending):
    """Looks at each line that goes to the MUD, while there is something to look for."""

    @RegisterPluginHook("__init__", priority=20)
    def _phook_make_spam(self) -> None:
        self.spam = AntiSpam()
        self.attributes_to_save_on_reload.append("spam")
        self._mark = ""
        self._releasing = False
        self._release_timer: Timer | None = None

    @RegisterPluginHook("initialize", priority=20)
    def _phook_begin_spam(self) -> None:
        for name, default, kind, purpose, flags in _SETTINGS:
            self.api(f"{SETTINGS}:add")(self.plugin_id, name, default, kind, purpose, **flags)
        self._use_settings()

    @RegisterToEvent("ev_{plugin_id}_var_antispam_modified")
    @RegisterToEvent("ev_{plugin_id}_var_count_modified")
    @RegisterToEvent("ev_{plugin_id}_var_excuse_modified")
    @RegisterToEvent("ev_{plugin_id}_var_pause_modified")
    @RegisterToEvent("ev_{plugin_id}_var_mark_modified")
    def _eventcb_settings(self) -> None:
        self._use_settings()

    @RegisterToEvent("ev_mud_disconnected")
    def _eventcb_forget(self) -> None:
        if count := self.spam.clear():
            self.say(f"the MUD is gone; {count} lines that were held back are dropped")

    def _use_settings(self) -> None:
        spam = self.spam
        spam.mode = Mode(self._setting("antispam"))
        spam.count, spam.excuse = self._setting("count"), self._setting("excuse")
        spam.pause, self._mark = self._setting("pause"), self._setting("mark")
        self._release_later()
        wanted = spam.mode is not Mode.OFF or self._mark or spam.held
        change = "register.to.event" if wanted else "unregister.from.event"
        self.api(f"{EVENTS}:{change}")(TO_MUD, self._look, *([LATE] if wanted else []))

    def _look(self) -> None:
        """Look at a line that is about to go to the MUD."""
        record = self.api(f"{EVENTS}:get.current.event.record")()
        if self._releasing or record["continues"] or not record["send"]:
            return
        line, client_id = record["line"], record["client_id"]
        text = line.removeprefix(self._mark)
        if not self.sending and "" != text != line:
            self._queue(record, text, client_id)
            return
        verdict = self.spam.offer(line, self.now(), client_id)
        if verdict is Verdict.EXCUSE_FIRST:
            record["line"] = f"{self.spam.excuse}\n{line}"
        elif verdict is not Verdict.SEND:
            record["send"] = False
            if verdict is Verdict.DROP:
                self.say(f"{line!r} is dropped: too many lines are held back")
            self._release_later()

    def _queue(self, record: dict[str, Any], text: str, client_id: str) -> None:
        record["send"] = False
        try:
            self.queue.add(text, owner_id=self.plugin_id, client_id=client_id)
        except FullError as error:
            self.say(f"{text!r} is dropped: {error}")
        self.go_on()

    def _release_later(self) -> None:
        if self._release_timer is not None:
            self._release_timer.cancel()
            self._release_timer = None
        wait = self.spam.due(self.now())
        if wait is not None:
            self._release_timer = self.call_later(wait, self._release)

    def _release(self) -> None:
        """Send what was held and may go now."""
        self._release_timer = None
        while self.session.mud is not None and not self.session.private:
            held = self.spam.take(self.now())
            if held is None:
                break
            self._releasing = True
            try:
                self.send(*held)
            finally:
                self._releasing = False
        else:
            if self.spam.held:
                self._release_timer = self.call_later(0.5, self._release)
            return
        self._release_later()
