"""LineWatch: leads the lines on their way to the clients through the triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bastproxy.libs.events import Dispatcher, EventRecord
from bastproxy.libs.records import LogRecord
from bastproxy.libs.triggers.trigger import EVENT, Hit

if TYPE_CHECKING:
    from bastproxy.libs.triggers.triggers import Triggers

OWNER_ID: Final = "libs.triggers"
LINE: Final = "ev_to_client_data_modify"
CONNECTED: Final = "ev_mud_connected"
PRIORITY: Final = 30
MOST_SHOWN: Final = 65536

_ARGUMENTS: Final = {
    "name": "the trigger's name",
    "owner_id": "whose it is",
    "line": "the line with its colours; assigning changes what is shown",
    "plain": "the text that was matched: without colours, before any trigger changed it",
    "match": "the match, an re.Match in plain",
    "groups": "the named groups, those with a type as values of it",
    "send": "False drops the line",
    "is_prompt": "True for a prompt",
    "shown": "how much of the beginning of the line was shown before the rest had come; where "
    "it is not empty the line can neither be changed nor dropped",
}


class LineWatch:
    """Listens to lines, joins their fragments, and raises the events of what matches."""

    def __init__(self, dispatcher: Dispatcher, triggers: Triggers) -> None:
        self._dispatcher = dispatcher
        self._triggers = triggers
        self._shown = ""
        self._listening = False
        dispatcher.add_event(
            EVENT,
            OWNER_ID,
            [
                "A trigger fires; ev_trigger_<owner>_<name> is raised after it, with the same",
                "keys, for this trigger alone.",
            ],
            _ARGUMENTS,
        )
        event = dispatcher.event(EVENT)
        assert event is not None
        self._event = event

    def listen(self) -> None:
        """Look at the lines from now on."""
        if not self._listening:
            self._listening = True
            self._dispatcher.register(LINE, self._line, OWNER_ID, PRIORITY)
            self._dispatcher.register(CONNECTED, self._begin, OWNER_ID)

    def rest(self) -> None:
        """Look at them no more."""
        if self._listening:
            self._listening = False
            self._dispatcher.unregister(LINE, self._line)
            self._dispatcher.unregister(CONNECTED, self._begin)
            self._begin()

    def _begin(self) -> None:
        self._shown = ""
        self._triggers.forget_lines()

    def _line(self) -> None:
        record = self._dispatcher.current_record()
        if record is None or record["internal"] or not isinstance(record["line"], str):
            return
        if record["continues"]:
            self._shown = (self._shown + record["line"])[-MOST_SHOWN:]
            return
        shown, self._shown = self._shown, ""
        hits = self._triggers.take(shown + record["line"])
        if hits and record["send"]:
            self._fire(hits, record, shown)

    def _fire(self, hits: list[Hit], record: EventRecord, shown: str) -> None:
        line: str = record["line"]
        send = True
        for hit in hits:
            trigger = hit.trigger
            if not trigger.live:  # an earlier one, of the same line, has switched it off
                continue
            self._triggers.has_fired(trigger)
            done = self._raise(hit, shown + line, send and not trigger.gag, record, shown)
            if not shown:
                line, send = _text(done, line), bool(done.get("send", True))
            if self._triggers.has_ended(trigger):
                self._triggers.remove(trigger.owner_id, trigger.name)
            if trigger.stop:
                break
        if not shown:
            record["line"] = line
            record["send"] = send

    def _raise(
        self, hit: Hit, line: str, send: bool, record: EventRecord, shown: str
    ) -> EventRecord:
        args: dict[str, Any] = {
            "name": hit.trigger.name,
            "owner_id": hit.trigger.owner_id,
            "line": line,
            "plain": hit.match.string,
            "match": hit.match,
            "groups": hit.groups,
            "send": send,
            "is_prompt": record["is_prompt"],
            "shown": shown,
        }
        if self._event.active:
            args.update(self._dispatcher.raise_event(EVENT, args, OWNER_ID))
        return self._dispatcher.raise_event(hit.trigger.event, args, OWNER_ID)


def _text(record: EventRecord, before: str) -> str:
    text = record.get("line", before)
    if isinstance(text, str):
        return str(text)
    who = next((change for change in reversed(record.changes) if change.key == "line"), None)
    whose = f"{who.owner_id}: {who.callback}" if who is not None else "somebody"
    LogRecord(
        f"{whose} has put a {type(text).__name__} into the line of {record.event_name}; "
        "it must be a str, and stays as it was",
        level="error",
        sources=[who.owner_id if who is not None else OWNER_ID, OWNER_ID],
    )()
    return before
