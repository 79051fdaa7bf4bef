"""The session log, for players."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from time import time
from typing import Any, Final, Literal

from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import Dispatcher, RegisterToEvent
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import Session
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.client.sessionlog.libs.forms import FORMS
from bastproxy.plugins.client.sessionlog.libs.logfile import directory_name
from bastproxy.plugins.client.sessionlog.libs.writer import Options, Writer
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]

SETTINGS: Final = "plugins.core.settings"
OFF: Final = "off"
LATE: Final = 90
END_SECONDS: Final = 2.0
MEGABYTE: Final = 1 << 20


class Plugin(BasePlugin):
    """Hands what is on the screen to a thread that writes it."""

    dispatcher: Dispatcher
    session: Session

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.dispatcher = self.api("libs.events:get.dispatcher")()
        self.session = self.api("libs.session:get.session")()
        self.writer: Writer | None = None
        self.last: Writer | None = None

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        add = self.api(f"{SETTINGS}:add")
        forms = [OFF, *FORMS]
        add(self.plugin_id, "form", OFF, "enum", "what is written: off, or a form", choices=forms)
        commands = ["typed", "all", "none"]
        add(
            self.plugin_id,
            "commands",
            "typed",
            "enum",
            "what of the lines for the MUD is in the log: what you type, also what plugins send, "
            "or none",
            choices=commands,
        )
        add(self.plugin_id, "times", False, bool, "begin each line with the time of day")
        add(self.plugin_id, "max_size", 10, int, "megabytes of a file; then a new one", minimum=1)
        add(self.plugin_id, "directory", "", str, "where the logs are; empty: logs/sessions")
        self.writer = self.last = None  # after a reload that failed they are those of before
        self._use_settings()

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self) -> None:
        writer = self.writer or self.last
        if writer is not None:
            writer.end()
            if not writer.ended.wait(END_SECONDS):
                self._say(f"{writer.waiting} lines of the session log are not written yet")

    @RegisterToEvent("ev_{plugin_id}_var_form_modified")
    @RegisterToEvent("ev_{plugin_id}_var_commands_modified")
    @RegisterToEvent("ev_{plugin_id}_var_times_modified")
    @RegisterToEvent("ev_{plugin_id}_var_max_size_modified")
    @RegisterToEvent("ev_{plugin_id}_var_directory_modified")
    def _eventcb_settings(self) -> None:
        self._use_settings()

    @AddAPI("is.on", description="is the session logged")
    def _api_is_on(self) -> bool:
        """Say whether the session is logged."""
        return self.writer is not None

    @AddAPI("note", description="write a line into the session log")
    def _api_note(self, text: str) -> bool:
        """Write a line of your own into the log; False when there is none."""
        if self.writer is None:
            return False
        for line in text.splitlines():
            self.writer.note(time(), line)
        return True

    @AddCommand()
    @AddParser(description="log what is on the screen")
    @AddArgument("form", nargs="?", default="", help="plain, ansi or html; the last one by default")
    def _command_on(self) -> Result:
        wanted = self._args()["form"] or self.data.get("form", "plain")
        try:
            self.api(f"{SETTINGS}:change")(self.plugin_id, "form", wanted)
        except ValueError as error:
            return False, [str(error)]
        if self.writer is None:
            return True, ["the session is not logged"]
        return True, [f"the session is logged as {self._setting('form')}, in {self._directory()}"]

    @AddCommand()
    @AddParser(description="end the log")
    def _command_off(self) -> Result:
        self.api(f"{SETTINGS}:change")(self.plugin_id, "form", OFF)
        return True, ["the session is not logged"]

    @AddCommand()
    @AddParser(description="show what is logged, and where")
    def _command_show(self) -> Result:
        writer = self.writer
        if writer is None:
            return True, ["the session is not logged; #bp.sessionlog.on begins"]
        lines = [
            f"the session is logged as {self._setting('form')}",
            f"file      {writer.path or f'none yet, in {self._directory()}'}",
            f"lines     {writer.lines} written, {writer.waiting} waiting",
        ]
        if writer.lost:
            lines.append(f"          {writer.lost} lost, as the disk did not take them")
        return True, lines

    @AddCommand()
    @AddParser(description="list the files of the log, the newest last")
    @AddArgument("count", nargs="?", type=int, default=20, help="how many")
    def _command_list(self) -> Result:
        root = self._root()
        endings = {form.ending for form in FORMS.values()}
        found = [path for path in root.glob("*/*") if path.suffix in endings]
        found.sort(key=lambda path: path.stat().st_mtime)
        if not found:
            return True, [f"there are no logs in {root}"]
        rows = [
            (
                path.relative_to(root),
                f"{path.stat().st_size / 1024:.0f} KB",
                f"{datetime.fromtimestamp(path.stat().st_mtime):%Y-%m-%d %H:%M}",
            )
            for path in found[-max(1, self._args()["count"]) :]
        ]
        return True, [*table(("file", "size", "last line"), rows), f"(in {root})"]

    @AddCommand()
    @AddParser(description="write a line of your own into the log")
    @AddArgument("text", nargs="+", help="what to write")
    def _command_note(self) -> Result:
        if self._api_note(" ".join(self._args()["text"])):
            return True, ["noted"]
        return False, ["the session is not logged"]

    def _eventcb_to_client(self) -> None:
        record: Any = self.dispatcher.current_record()
        clients = record["clients"]
        internal = record["internal"]
        # What the proxy says to one client only is an answer, and not of the game.
        if self.writer is not None and (clients is None or (clients and not internal)):
            self.writer.said(
                time(), record["line"], record["is_prompt"], record["continues"], internal
            )

    def _eventcb_to_mud(self) -> None:
        record: Any = self.dispatcher.current_record()
        if self.writer is not None:
            show = self.commands == "all" or (self.commands == "typed" and record["client_id"])
            self.writer.typed(time(), record["line"], record["continues"], bool(show))

    def _eventcb_connected(self) -> None:
        record: Any = self.dispatcher.current_record()
        if self.writer is not None:
            self._use_settings()  # another MUD has another directory
            where = f"{record['host']} {record['port']}"
            self.writer.note(time(), _mark(f"connected to {where}"), connected=True)

    def _eventcb_disconnected(self) -> None:
        record: Any = self.dispatcher.current_record()
        if self.writer is not None:
            self.writer.note(time(), _mark(f"disconnected: {record['reason']}"))

    def _use_settings(self) -> None:
        self.commands = self._setting("commands")
        form = self._setting("form")
        if form == OFF:
            self._stop()
            return
        self.data["form"] = form
        if self.writer is not None:
            if self.writer.options != self._options():
                self.writer.use(self._options())
            return
        self.writer = Writer(self._options(), partial(_say, self.plugin_id), self.last)
        self.last = None
        self.run_in_thread(self.writer.run)
        register = self.api("plugins.core.events:register.to.event")
        for name, function, priority in self._callbacks():
            register(name, function, priority)

    def _stop(self) -> None:
        if self.writer is None:
            return
        unregister = self.api("plugins.core.events:unregister.from.event")
        for name, function, _ in self._callbacks():
            unregister(name, function)
        self.last, self.writer = self.writer, None
        self.last.end()

    def _callbacks(self) -> list[tuple[str, Any, int]]:
        """Return what listens while the log is on; while it is off nothing does."""
        return [
            ("ev_to_client_data_read", self._eventcb_to_client, LATE),
            ("ev_to_mud_data_read", self._eventcb_to_mud, LATE),
            ("ev_mud_connected", self._eventcb_connected, 1),
            ("ev_mud_disconnected", self._eventcb_disconnected, LATE),
        ]

    def _options(self) -> Options:
        return Options(
            self._directory(),
            self._setting("form"),
            self._setting("max_size") * MEGABYTE,
            self._setting("times"),
        )

    def _root(self) -> Path:
        options = self.api("app:get.options")()
        directory = self._setting("directory")
        root: Path = options.logs_directory / "sessions"
        return (options.home / Path(directory).expanduser()) if directory else root

    def _directory(self) -> Path:
        """Return where the logs of this profile are, or else of this MUD."""
        session = self.session
        address = session.mud.address if session.mud is not None else session.mud_address
        profile = self.api("app:get.options")().profile
        if profile is not None and address is not None and address == profile.address:
            return self._root() / directory_name(profile.name)
        return self._root() / directory_name(address.host if address is not None else "no MUD")

    def _setting(self, name: str) -> Any:
        return self.api(f"{SETTINGS}:get")(self.plugin_id, name)

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args

    def _say(self, message: str) -> None:
        _say(self.plugin_id, message)


def _mark(text: str) -> str:
    return f"--- {text}, {datetime.now():%Y-%m-%d %H:%M:%S} ---"


def _say(plugin_id: str, message: str, level: Literal["warning"] = "warning") -> None:
    LogRecord(message, level=level, sources=[plugin_id])()
