"""Counting without a callback in the way of a line: what the connection has counted is read."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from time import monotonic
from typing import Any, Final

from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.net.mud import MudConnection
from bastproxy.libs.session import Session
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.client.statistics.libs import store
from bastproxy.plugins.client.statistics.libs.counts import HEADS, Counts
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]

EVERY: Final = 60.0
SEEN: Final = "seen"


class Plugin(BasePlugin):
    """Adds what has happened to the counts of the day: each minute, and when something ends."""

    session: Session
    db_migrations = store.MIGRATIONS

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.session = self.api("libs.session:get.session")()
        self.mud: MudConnection | None = None
        self.profile = ""
        self.taken = Counts()  # of the connection: what is counted already
        self.since = monotonic()
        self.triggers = 0
        self.there = False

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        store.profiles(self.db)  # what is wrong with the database is said now
        self.mud = None
        if self.session.mud is not None:
            self._begin(self.session.mud)
            seen = self.data.get(SEEN)
            self.taken = Counts(**seen) if seen else _counts_of(self.session.mud)
        self.data.pop(SEEN, None)
        self.call_every(EVERY, self._take)

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        self._take()

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self) -> None:
        self._take()
        if self.mud is not None:  # a reload goes on there
            self.data[SEEN] = asdict(self.taken)

    @RegisterToEvent("ev_mud_connected")
    def _eventcb_connected(self) -> None:
        if self.session.mud is not None:
            self._begin(self.session.mud)
            self.taken.sessions = -1  # one more is counted at the next _take

    @RegisterToEvent("ev_mud_disconnected")
    def _eventcb_disconnected(self) -> None:
        self._take()
        self.mud = None

    @RegisterToEvent("ev_client_connected")
    @RegisterToEvent("ev_client_disconnected")
    def _eventcb_clients(self) -> None:
        self._take()

    @RegisterToEvent("ev_trigger")
    def _eventcb_trigger(self) -> None:
        self.triggers += 1

    @AddAPI("get", description="what was counted")
    def _api_get(self, profile: str = "", days: int = 0) -> dict[str, int | float]:
        """Return the counts: ``lines_in``, ``lines_out``, ``bytes_in``, ``bytes_out``,
        ``triggers``, ``sessions``, and the seconds ``connected`` and ``played``.

        :param profile: of this one only.
        :param days: of so many days, today included; 0 for all.
        """
        self._take()
        return asdict(store.total(self.db, profile, _since(days)))

    @AddAPI("profiles", description="the profiles that were played")
    def _api_profiles(self) -> list[str]:
        """Return the names under which something was counted: profiles, and hosts of MUDs."""
        self._take()
        return store.profiles(self.db)

    @AddCommand()
    @AddParser(description="show lines, bytes, triggers, and the time played")
    @AddArgument("profile", nargs="?", default="", help="only this profile, or host")
    def _command_show(self) -> Result:
        profile = self._args()["profile"]
        known = self._api_profiles()
        if profile and profile not in known:
            return False, [f"nothing is known of {profile!r}{did_you_mean(profile, known)}"]
        spans = [("today", 1), ("7 days", 7), ("30 days", 30), ("all", 0)]
        rows = [
            (name, *store.total(self.db, profile, _since(days)).shown()) for name, days in spans
        ]
        lines = table(("", *HEADS), rows)
        if not profile and len(known) > 1:
            each = [(name, *store.total(self.db, name).shown()) for name in known]
            lines += ["", *table(("profile", *HEADS), each)]
        return True, lines

    @AddCommand()
    @AddParser(description="show the counts of each day")
    @AddArgument("count", nargs="?", type=int, default=14, help="how many days")
    @AddArgument("-p", "-profile", "--profile", default="", help="only this profile, or host")
    def _command_days(self) -> Result:
        args = self._args()
        self._take()
        found = store.days(self.db, args["profile"], max(1, args["count"]))
        if not found:
            return True, ["nothing was counted yet"]
        return True, table(
            ("day", *HEADS), [(day, *counts.shown()) for day, counts in found.items()]
        )

    def _begin(self, mud: MudConnection) -> None:
        self.mud = mud
        self.taken = Counts()
        self.profile = self._profile()
        self.since = monotonic()
        self.triggers = 0
        self.there = self._somebody_plays()

    def _take(self) -> None:
        """Add what has happened since the last time to the counts of today."""
        if self.mud is None:
            return
        now = monotonic()
        past, self.since = now - self.since, now
        counted = _counts_of(self.mud)
        new = counted - self.taken
        new.triggers, self.triggers = self.triggers, 0
        new.connected = past
        new.played = past if self.there else 0.0
        self.taken = counted
        self.there = self._somebody_plays()
        store.add(self.db, self.profile, date.today(), new)

    def _somebody_plays(self) -> bool:
        return any(not client.view_only for client in self.session.clients.values())

    def _profile(self) -> str:
        """Return the profile that is played, or else the MUD's host."""
        address = self.mud.address if self.mud is not None else self.session.mud_address
        profile = self.api("app:get.options")().profile
        if profile is not None and address == profile.address:
            return str(profile.name)
        return address.host if address is not None else ""

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args


def _counts_of(mud: MudConnection) -> Counts:
    return Counts(mud.lines_received, mud.lines_sent, mud.bytes_received, mud.bytes_sent)


def _since(days: int) -> date:
    return date.today() - timedelta(days=days - 1) if days > 0 else date.min
