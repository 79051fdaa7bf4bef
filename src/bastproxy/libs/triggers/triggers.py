"""Triggers: all triggers of all owners, and the lines that they are matched with."""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, Final

from bastproxy.libs.ansi import plain
from bastproxy.libs.declarations import Scanner
from bastproxy.libs.events import Dispatcher
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.records import LogRecord
from bastproxy.libs.triggers.lines import LineWatch
from bastproxy.libs.triggers.matcher import Candidate, Matcher
from bastproxy.libs.triggers.pattern import Pattern, compile_pattern
from bastproxy.libs.triggers.register import RegisterToTrigger
from bastproxy.libs.triggers.trigger import Convert, Hit, Trigger, types_of
from bastproxy.libs.triggers.watch import SLOW, judge

KIND: Final = "trigger"
OWNER_ID: Final = "libs.triggers"
SWITCHED_OFF: Final = "ev_trigger_switched_off"
MOST_LINES: Final = 100
LONGEST_LINE: Final = 16384
"""Characters; longer lines are not matched."""


class Triggers:
    """All triggers.

    While there are any it listens to the lines on their way to the clients.
    """

    def __init__(self, ledger: Ledger, dispatcher: Dispatcher) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._keys = itertools.count(1)
        self._by_key: dict[Hashable, Trigger] = {}
        self._by_name: dict[tuple[str, str], Trigger] = {}
        self._plain: Matcher[Trigger] = Matcher()
        self._coloured: Matcher[Trigger] = Matcher()
        self._several: dict[int, Matcher[Trigger]] = {}
        self._recent: deque[str] = deque(maxlen=1)
        self._groups_off: set[str] = set()
        self._switched: dict[tuple[str, str], bool] = {}
        self._watch = LineWatch(dispatcher, self)
        ledger.add_kind(KIND, self)
        dispatcher.add_event(
            SWITCHED_OFF,
            OWNER_ID,
            ["A trigger took so long that it was switched off."],
            {"name": "the trigger's name", "owner_id": "whose it is", "reason": "in words"},
        )

    def attach(self, scanner: Scanner) -> None:
        """Have the scanner bring what methods declare."""
        scanner.add_handler(RegisterToTrigger, self.add_declared, self.remove_declared)

    def add(
        self,
        owner_id: str,
        name: str,
        pattern: str | Pattern,
        *,
        function: Callable[[], Any] | None = None,
        priority: int = 50,
        group: str = "",
        enabled: bool = True,
        gag: bool = False,
        stop: bool = False,
        colours: bool = False,
        lines: int = 1,
        once: bool = False,
        limit: int = 0,
        ignore_case: bool = False,
        types: Mapping[str, Convert | str] | None = None,
        force: bool = False,
    ) -> Trigger:
        """Add a trigger; one of the same owner and name is replaced, and keeps its place.

        :param pattern: a regular expression, searched for anywhere in the line; or what
            :func:`compile_pattern` has made of one, with its own ``ignore_case``.
        :param function: called without arguments when it fires; see :meth:`event_name`.
        :param priority: lower fires earlier.
        :param group: what it can be switched on and off with.
        :param gag: do not show the line, unless a callback sets ``send`` to True again.
        :param stop: let no later trigger fire on the line.
        :param colours: match the line with its escape sequences.
        :param lines: match so many lines, joined by line feeds.
        :param once: remove it when it has fired.
        :param limit: remove it when it has fired so many times; 0 for never.
        :param types: functions, or ``"int"`` and ``"float"``, by named group. A line whose
            text one of them does not take is no match.
        :param force: take a pattern that could run away.
        :raises PatternError: the pattern is wrong, or could run away; it is a ValueError.
        :raises ValueError: something else is.
        """
        if not name:
            raise ValueError(f"{owner_id}: a trigger needs a name")
        if not 1 <= lines <= MOST_LINES:
            raise ValueError(f"a trigger matches 1 to {MOST_LINES} lines, not {lines}")
        if limit < 0:
            raise ValueError("a trigger's limit is 0, for none, or more")
        compiled = pattern if isinstance(pattern, Pattern) else None
        if compiled is None:
            compiled = compile_pattern(str(pattern), ignore_case=ignore_case, force=force)
        trigger = Trigger(
            owner_id,
            name,
            compiled,
            key=next(self._keys),
            function=function,
            priority=priority,
            group=group,
            enabled=enabled,
            gag=gag,
            stop=stop,
            colours=colours,
            lines=lines,
            limit=1 if once else limit,
            types=types_of(compiled, types or {}),
        )
        trigger.enabled = self._switched.get((owner_id, name), enabled)
        self._take_place(trigger)
        if function is not None:
            self._dispatcher.register(trigger.event, function, owner_id)
        self._by_key[trigger.key] = self._by_name[owner_id, name] = trigger
        self._ledger.write(owner_id, KIND, trigger.key, name)
        self._matcher_of(trigger).add(trigger, compiled, priority, trigger.place)
        self._refresh(trigger)
        self._watch.listen()
        return trigger

    def add_declared(
        self, owner_id: str, obj: object, attribute: str, declaration: RegisterToTrigger
    ) -> None:
        """Add the trigger of one decorated method.

        :raises ValueError: its pattern, or an option, is wrong.
        """
        name = declaration.name_for(attribute)
        try:
            self.add(
                owner_id,
                name,
                declaration.pattern,
                function=getattr(obj, attribute),
                **declaration.options,
            )
        except (TypeError, ValueError) as error:
            raise ValueError(f"RegisterToTrigger on {attribute}: {error}") from error

    def remove_declared(
        self, owner_id: str, obj: object, attribute: str, declaration: RegisterToTrigger
    ) -> None:
        """Undo :meth:`add_declared`."""
        self.remove(owner_id, declaration.name_for(attribute))

    def remove(self, owner_id: str, name: str) -> bool:
        """Remove a trigger; False when the owner has none of that name."""
        trigger = self._by_name.get((owner_id, name))
        if trigger is None:
            return False
        self._switched.pop((owner_id, name), None)
        self._drop(trigger)
        return True

    def get(self, owner_id: str, name: str) -> Trigger | None:
        """Return a trigger, or None."""
        return self._by_name.get((owner_id, name))

    def enable(
        self, owner_id: str, name: str, enabled: bool = True, *, remember: bool = False
    ) -> bool:
        """Switch a trigger on or off; False when there is none of that name.

        :param remember: a player wants it so: it stays so when its owner is loaded again.
        """
        trigger = self._by_name.get((owner_id, name))
        if trigger is None:
            return False
        trigger.enabled = enabled
        if remember:
            self._switched[owner_id, name] = enabled
        if enabled:
            trigger.off_because = ""
            trigger.slow = 0
        self._refresh(trigger)
        return True

    def enable_group(self, group: str, enabled: bool = True) -> int:
        """Switch a group on or off, of all owners, with the triggers that are yet to come.

        :returns: how many triggers it has now.
        :raises ValueError: the name is empty; what is in no group is switched one by one.
        """
        if not group:
            raise ValueError("a group has a name")
        if enabled:
            self._groups_off.discard(group)
        else:
            self._groups_off.add(group)
        members = [trigger for trigger in self._by_key.values() if trigger.group == group]
        for trigger in members:
            self._refresh(trigger)
        return len(members)

    def groups(self) -> dict[str, bool]:
        """Return all groups by name, and whether they are on."""
        names = {trigger.group for trigger in self if trigger.group} | self._groups_off
        return {name: name not in self._groups_off for name in sorted(names)}

    @property
    def switched(self) -> dict[tuple[str, str], bool]:
        """What players have switched on or off, by owner and name."""
        return dict(self._switched)

    def restore_switches(self, switched: Mapping[tuple[str, str], bool]) -> None:
        """Switch triggers as players have in an earlier run, those that are yet to come too."""
        for (owner_id, name), enabled in switched.items():
            self._switched[owner_id, name] = enabled
            self.enable(owner_id, name, enabled)

    def __iter__(self) -> Iterator[Trigger]:
        """All triggers, in the order in which they fire."""
        return iter(sorted(self._by_name.values(), key=_place))

    def __len__(self) -> int:
        return len(self._by_name)

    def match(self, line: str) -> list[Hit]:
        """Return the triggers that match a line, in the order in which they fire.

        Those of several lines are matched with as much as there is: ``line`` may have line
        feeds in it. Nothing fires.
        """
        *before, last = line.split("\n")
        return self._match(last, [plain(one) for one in before])

    def take(self, line: str) -> list[Hit]:
        """As :meth:`match`, for the next line of the MUD: it is remembered for the one after."""
        hits = self._match(line, self._recent)
        if self._several:
            self._recent.append(plain(line))
        return hits

    def forget_lines(self) -> None:
        """Begin anew with triggers of several lines."""
        self._recent.clear()

    def has_fired(self, trigger: Trigger) -> None:
        """Count, and remove a trigger that has fired as often as it may."""
        trigger.fired += 1
        if trigger.limit and trigger.fired >= trigger.limit:
            trigger.live = False

    def has_ended(self, trigger: Trigger) -> bool:
        """Say whether it has fired as often as it may."""
        return bool(trigger.limit) and trigger.fired >= trigger.limit

    def suspend(self, key: Hashable) -> None:
        """Set a trigger aside, and keep its place."""
        trigger = self._by_key[key]
        trigger.suspended = True
        self._refresh(trigger)

    def resume(self, key: Hashable) -> None:
        """Take a trigger up again."""
        trigger = self._by_key[key]
        trigger.suspended = False
        self._by_name[trigger.owner_id, trigger.name] = trigger
        self._refresh(trigger)

    def release(self, key: Hashable) -> None:
        """Forget a trigger."""
        trigger = self._by_key.pop(key)
        trigger.live = False
        place = (trigger.owner_id, trigger.name)
        if self._by_name.get(place) is trigger:
            del self._by_name[place]
        self._matcher_of(trigger).remove(trigger)
        if trigger.lines > 1 and not self._several[trigger.lines]:
            del self._several[trigger.lines]
        if not self._by_key:
            self._watch.rest()

    def _drop(self, trigger: Trigger) -> None:
        self.release(trigger.key)
        self._ledger.strike(trigger.owner_id, KIND, trigger.key)
        if trigger.function is not None:
            self._dispatcher.unregister(trigger.event, trigger.function)

    def _take_place(self, trigger: Trigger) -> None:
        """Let a trigger follow one of the same name, in its place among the others."""
        old = self._by_name.get((trigger.owner_id, trigger.name))
        if old is None:
            return
        trigger.place = old.place
        if not old.suspended:
            self._drop(old)
            return
        trigger.fired = old.fired
        if old.off_because and old.pattern.text == trigger.pattern.text:
            trigger.enabled, trigger.off_because = False, old.off_because
            trigger.slowest = old.slowest

    def _refresh(self, trigger: Trigger) -> None:
        trigger.live = (
            trigger.enabled and not trigger.suspended and trigger.group not in self._groups_off
        )

    def _matcher_of(self, trigger: Trigger) -> Matcher[Trigger]:
        if trigger.lines > 1:
            if trigger.lines not in self._several:
                self._several[trigger.lines] = Matcher()
                longest = max(self._several)
                self._recent = deque(self._recent, maxlen=longest - 1)
            return self._several[trigger.lines]
        return self._coloured if trigger.colours else self._plain

    def _match(self, line: str, before: Iterable[str]) -> list[Hit]:
        if len(line) > LONGEST_LINE:
            return []
        text = plain(line)
        hits = self._search(self._plain.candidates(text), text)
        if not self._coloured and not self._several:
            return hits
        hits += self._search(self._coloured.candidates(line), line)
        recent = list(before)
        for count, matcher in self._several.items():
            joined = "\n".join([*recent[-count + 1 :], text])
            if len(joined) <= LONGEST_LINE:
                new = len(joined) - len(text)
                hits += self._search(matcher.candidates(joined), joined, new)
        return sorted(hits, key=lambda hit: _place(hit.trigger))

    def _search(
        self, candidates: Sequence[Candidate[Trigger]], text: str, new: int = 0
    ) -> list[Hit]:
        """Return those that match.

        :param new: where the part of the text begins that a match must reach into.
        """
        hits: list[Hit] = []
        if not candidates:
            return hits
        started = perf_counter()
        for one in candidates:
            trigger = one.key
            if not trigger.live:
                continue
            match = one.search(text)
            now = perf_counter()
            if now - started > SLOW:
                self._was_slow(trigger, text, now - started)
                now = perf_counter()
            started = now
            if match is not None and new:
                match = _reaching(match, new)
            if match is not None:
                hit = self._hit(trigger, match)
                if hit is not None:
                    hits.append(hit)
        return hits

    def _hit(self, trigger: Trigger, match: re.Match[str]) -> Hit | None:
        if not trigger.types:
            return Hit(trigger, match, match.groupdict())
        try:
            return Hit(trigger, match, trigger.groups(match))
        except Exception as error:
            LogRecord(
                f"the trigger {trigger.name!r} does not fire: {type(error).__name__}: {error}",
                level="debug",
                sources=[trigger.owner_id, OWNER_ID],
            )()
            return None

    def _was_slow(self, trigger: Trigger, text: str, seconds: float) -> None:
        slow = trigger.slow
        reason = judge(trigger, text, seconds)
        if trigger.slow == slow:
            return
        message = f"the trigger {trigger.name!r} is slow: {trigger.slowest:.2f} s for one line"
        if reason:
            message = f"the trigger {trigger.name!r} is switched off: {reason}"
            trigger.enabled = False
            trigger.off_because = reason
            self._refresh(trigger)
        LogRecord(message, level="warning", sources=[trigger.owner_id, OWNER_ID])()
        if reason:
            self._dispatcher.raise_event(
                SWITCHED_OFF,
                {"name": trigger.name, "owner_id": trigger.owner_id, "reason": reason},
                OWNER_ID,
            )


def _place(trigger: Trigger) -> tuple[int, int]:
    return trigger.priority, trigger.place


def _reaching(match: re.Match[str], new: int) -> re.Match[str] | None:
    """Return the first match that does not end before the last line, which had it already."""
    if match.end() >= new:
        return match
    return next((one for one in match.re.finditer(match.string) if one.end() >= new), None)
