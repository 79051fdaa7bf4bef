"""Sending what is in the queue, and hearing the answers."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from bastproxy.libs.ansi import plain
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import Session
from bastproxy.libs.triggers import PatternError, compile_pattern
from bastproxy.libs.work import Timer
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.client.queue.libs.commandqueue import CommandQueue

SETTINGS: Final = "plugins.core.settings"
EVENTS: Final = "plugins.core.events"
FROM_MUD: Final = "ev_from_mud_event"
ANSWERED: Final = "ev_queue_answered"

#: Before all others, so that what somebody sends because of a line is not answered by that line.
FIRST: Final = -1000
LOOK_AGAIN: Final = 0.5
"""Seconds after which it is looked whether the MUD still asks for a password."""

_ARGUMENTS: Final = {
    "number": "that of the command",
    "text": "what was sent",
    "plugin_id": "who has put it into the queue",
    "outcome": "answer (the pattern has matched), prompt, timeout, skipped, or lost with the MUD",
    "lines": "what the MUD has said since, without colours: the last 200 lines",
}


class Sending(BasePlugin):
    """Sends a command when the one before is answered.

    :ivar usual_answer: the pattern of those that bring none of their own.
    :ivar sending: the line that goes to the MUD is one of this plugin's.
    """

    session: Session

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_session(self) -> None:
        self.session = self.api("libs.session:get.session")()
        self.queue = CommandQueue()
        self.usual_answer = ""
        self.sending = False
        self._timer: Timer | None = None
        self.attributes_to_save_on_reload = ["queue"]

    @RegisterPluginHook("initialize", priority=10)
    def _phook_begin(self) -> None:
        add = self.api(f"{SETTINGS}:add")
        add(self.plugin_id, "answer", "", str, "a pattern of all answers; empty: the next prompt")
        add(self.plugin_id, "timeout", 10.0, float, "seconds to wait for an answer", minimum=0.1)
        add(self.plugin_id, "tell", True, bool, "tell me of what was not answered, or dropped")
        self.api(f"{EVENTS}:add.event")(
            ANSWERED, self.plugin_id, ["A command of the queue is done."], _ARGUMENTS
        )
        self._use_answer()
        if self.queue.current is not None:
            self._listen()
        self.go_on()

    @RegisterToEvent("ev_{plugin_id}_var_answer_modified")
    def _eventcb_answer(self) -> None:
        self._use_answer()

    @RegisterToEvent("ev_mud_disconnected")
    def _eventcb_disconnected(self) -> None:
        if self.queue.waiting and not self.queue.paused:
            self.queue.paused = True
            self.say(
                f"the MUD is gone, and the queue is paused; {len(self.queue.waiting)} commands wait"
            )
        self.done("lost")

    def go_on(self) -> None:
        """Send the next command, if none is out."""
        if not self.queue.waiting or self.session.mud is None:
            return
        if self.session.private:  # it would be taken for the password
            self._wake_in(LOOK_AGAIN)
            return
        item = self.queue.begin(self.now(), self._setting("timeout"))
        if item is None:
            return
        item.answer = item.answer or self.usual_answer
        self._listen()
        self.send(item.text, item.client_id)

    def done(self, outcome: str) -> bool:
        """Let go of the current command, and send the next; False when there is none."""
        finished = self.queue.finish()
        if finished is None:
            return False
        item, lines = finished
        self._listen_no_more()
        self.api(f"{EVENTS}:raise.event")(
            ANSWERED,
            {
                "number": item.number,
                "text": item.text,
                "plugin_id": item.owner_id,
                "outcome": outcome,
                "lines": lines,
            },
        )
        self.go_on()
        return True

    def send(self, text: str, client_id: str) -> None:
        """Send a line to the MUD; what a client has typed counts as typed."""
        if client_id:
            self.session.intent.typed(text)
        before, self.sending = self.sending, True
        try:
            self.session.send_to_mud(text, client_id=client_id)
        finally:
            self.sending = before

    def say(self, text: str) -> None:
        """Tell the log, and the player unless that is not wanted."""
        LogRecord(text, level="info", sources=[self.plugin_id])()
        if self._setting("tell"):
            self.session.send_to_clients(f"[queue] {text}")

    def now(self) -> float:
        """Return the time of the event loop."""
        return asyncio.get_running_loop().time()

    def _listen(self) -> None:
        self.api(f"{EVENTS}:register.to.event")(FROM_MUD, self._hear, FIRST)
        self._wake_in(max(0.0, self.queue.deadline - self.now()))

    def _listen_no_more(self) -> None:
        self.api(f"{EVENTS}:unregister.from.event")(FROM_MUD, self._hear)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hear(self) -> None:
        record = self.api(f"{EVENTS}:get.current.event.record")()
        continues = record["continues"]
        prompt = record["is_prompt"] and not continues
        outcome = self.queue.hear(plain(record["line"]), prompt=prompt, continues=continues)
        if outcome:
            self.done(outcome)

    def _wake_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._timer = None
        item = self.queue.current
        if item is None:
            self.go_on()
        elif self.now() < self.queue.deadline:
            self._wake_in(self.queue.deadline - self.now())
        else:
            self.say(f"{item.text!r} was not answered in time")
            self.done("timeout")

    def _use_answer(self) -> None:
        pattern = self._setting("answer")
        try:
            compile_pattern(pattern)
        except PatternError as error:
            self.say(f"the setting answer is not used: {error}")
            pattern = ""
        self.usual_answer = pattern

    def _setting(self, name: str) -> Any:
        return self.api(f"{SETTINGS}:get")(self.plugin_id, name)
