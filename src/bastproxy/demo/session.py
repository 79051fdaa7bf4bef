"""One connection to the demo MUD: telnet, login, and the player behind it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Final, Protocol, cast

from bastproxy.demo import commands
from bastproxy.demo.accounts import Accounts
from bastproxy.demo.dialogue import GREETING, Dialogue, Login, NewPassword
from bastproxy.demo.entities import Player
from bastproxy.demo.flood import flood
from bastproxy.demo.game import Game
from bastproxy.demo.gmcp import Gmcp, encode
from bastproxy.demo.screen import Screen
from bastproxy.demo.terminal import Terminal
from bastproxy.libs.net.telnet import LineEnd, Subnegotiation, Telnet, TelnetEvent, Text
from bastproxy.libs.net.telnet.constants import ECHO, EOR_OPTION, GMCP, NAWS, TTYPE

MAX_LINE: Final = 4096
MAX_UNSENT: Final = 1 << 20
HIGH_WATER: Final = 65536
EVENTS_AT_ONCE: Final = 64
LOGIN_SECONDS: Final = 120.0
CLOSING_SECONDS: Final = 5.0


class Hub(Protocol):
    """Who keeps count of the sessions."""

    def arrived(self, session: Session) -> None:
        """Take note of a new connection."""

    def gone(self, session: Session) -> None:
        """Take note of a connection's end."""


class Session(asyncio.Protocol):
    """One connection, and the output of its player.

    Reads no further than it can answer: while the client does not read, nor while a flood goes
    out, nothing more is read from it. Bounds: a line, 4096 bytes; unsent bytes, 1 MiB.
    """

    def __init__(self, game: Game, accounts: Accounts, hub: Hub) -> None:
        self.player: Player | None = None
        self.terminal = Terminal()
        self._game = game
        self._accounts = accounts
        self._hub = hub
        self._telnet = Telnet(
            server=True,
            local=(ECHO, EOR_OPTION, GMCP),
            remote=(NAWS, TTYPE),
            max_subnegotiation=8192,
        )
        self._screen = Screen(self._telnet)
        self._gmcp = Gmcp()
        self._dialogue: Dialogue | None = Login(self, game, accounts)
        self._events: deque[TelnetEvent] = deque()
        self._line = bytearray()
        self._dropped = False
        self._flood: Iterator[bytes] | None = None
        self._blocked = False
        self._ending = False
        self._ended = False
        self._flushing = False
        self._pumping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client."""
        self._loop = asyncio.get_running_loop()
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        self._patience = self._loop.call_later(LOGIN_SECONDS, self._login_late)
        self._telnet.enable_local(EOR_OPTION)
        self._telnet.enable_local(GMCP)
        self._telnet.enable_remote(NAWS)
        self._telnet.enable_remote(TTYPE)
        for text in GREETING:
            self.line(text)
        self.flush()
        self._hub.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the player out of the game."""
        self._ended = True
        self._patience.cancel()
        self._events.clear()
        self._flood = None
        self._leave()
        self._hub.gone(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self._ended:
            return
        self._events.extend(self._telnet.receive(data))
        if not self._pumping:
            self._pump()

    def eof_received(self) -> bool:
        """Do what the client has typed before it went, then close."""
        self._ending = True
        self._schedule_pump()
        return not self._ended

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        self._blocked = True

    def resume_writing(self) -> None:
        """Go on."""
        self._blocked = False
        self._schedule_pump()

    def line(self, text: str) -> None:
        """Show a line, wrapped to the screen."""
        self._screen.line(text)
        self._schedule_flush()

    def raw(self, text: str) -> None:
        """Show a line exactly as it is."""
        self._screen.raw(text)
        self._schedule_flush()

    def channel(self, channel: str, talker: str, text: str) -> None:
        """Tell a client that listens on GMCP what was said."""
        if self._telnet.is_local(GMCP) and self._gmcp.supports("Comm.Channel.Text"):
            data = {"channel": channel, "talker": talker, "text": text}
            self._send_gmcp(encode("Comm.Channel.Text", data))

    def flood(self, count: int, size: int) -> None:
        """Send many lines, as fast as the client reads."""
        self._flood = flood(count, size)

    def set_prompt(self, mode: str) -> None:
        """Choose the end of prompts."""
        self._screen.prompts = mode

    def set_colour(self, on: bool) -> None:
        """Show colours, or leave them out."""
        self._screen.colours = on

    def choose_password(self) -> None:
        """Ask for a new password, unseen."""
        if self.player is not None:
            self._dialogue = NewPassword(self, self.player, self._accounts)

    def end_dialogue(self) -> None:
        """Go on playing."""
        self._dialogue = None

    def hide(self, hidden: bool) -> None:
        """Say that we echo (and do not), or that the client echoes again (RFC 857)."""
        if hidden:
            self._telnet.enable_local(ECHO)
        else:
            self._telnet.disable_local(ECHO)
        self._schedule_flush()

    def enter(self, name: str, known: Player | None) -> None:
        """Go into the game; who is known may take over from an older connection."""
        self._patience.cancel()
        self._dialogue = None
        old = None if known is None else self._game.find_player(name)
        if old is not None and isinstance(old.output, Session):
            old.output.taken_over()
        self.line("")
        self.player = self._game.join(name, self, known)

    def taken_over(self) -> None:
        """Give the player up to a newer connection."""
        self._leave()
        self.line("You have come in by another door. Goodbye!")
        self.quit()

    def refresh(self) -> None:
        """Tell a GMCP client what has changed."""
        if self.player is None or not self._telnet.is_local(GMCP):
            return
        for message in self._gmcp.changes(self.player):
            self._send_gmcp(message)

    def quit(self, linger: bool = True) -> None:
        """End the connection after what has been sent.

        :param linger: let the client close first, as a reset would cost it our last words.
        """
        if self._ended:
            return
        self._screen.wants_prompt = False
        self.flush(last=True)
        self._ended = True
        self._events.clear()
        self._flood = None
        self._leave()
        if linger and not self._ending:
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()
        # A client that neither reads nor closes would keep the connection for ever.
        self._patience.cancel()
        self._patience = self._loop.call_later(CLOSING_SECONDS, self._transport.abort)

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def flush(self, last: bool = False) -> None:
        """Send what there is, and a prompt behind it where one is due."""
        self._flushing = False
        if self._ended:
            return
        self.refresh()
        if self._screen.wants_prompt and self._flood is None and not last:
            self._screen.prompt(self._prompt())
        data = self._telnet.outgoing() + self._screen.take()
        if data:
            self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._ended = True
            self._transport.abort()

    def _leave(self) -> None:
        player, self.player = self.player, None
        if player is not None:
            self._game.leave(player)

    def _prompt(self) -> str:
        if self._dialogue is not None:
            return self._dialogue.question
        if self.player is None:
            return ""
        return f"<{self.player.hp}hp {self.player.moves}mv> "

    def _schedule_flush(self) -> None:
        # One flush for all that one moment brings, so that there is one prompt behind it.
        if not self._flushing and not self._ended:
            self._flushing = True
            self._loop.call_soon(self.flush)

    def _schedule_pump(self) -> None:
        if not self._pumping and not self._ended:
            self._pumping = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Do what the client typed, a little at a time, as long as it reads the answers."""
        self._pumping = False
        self._pump_flood()
        for _ in range(EVENTS_AT_ONCE):
            if not self._events or self._waiting():
                break
            self._receive(self._events.popleft())
        if self._ended:
            return
        if self._events or self._waiting():
            self._transport.pause_reading()
            if not self._blocked:
                self._schedule_pump()
        elif self._ending:
            self.quit()
        else:
            self._transport.resume_reading()
            self._schedule_flush()

    def _waiting(self) -> bool:
        return self._blocked or self._ended or self._flood is not None

    def _pump_flood(self) -> None:
        if self._flood is None or self._blocked or self._ended:
            return
        chunk = next(self._flood, None)
        if chunk is None:
            self._flood = None
            self.flush()
        else:
            self._transport.write(self._screen.take() + chunk)

    def _receive(self, event: TelnetEvent) -> None:
        if isinstance(event, Text):
            room = MAX_LINE - len(self._line)
            self._line += event.data[:room]
            self._dropped = self._dropped or len(event.data) > room
        elif isinstance(event, LineEnd):
            self._end_line()
        elif isinstance(event, Subnegotiation) and event.option == GMCP:
            answer = self._gmcp.receive(event.data)
            if answer is not None and self._telnet.is_local(GMCP):
                self._send_gmcp(answer)
        else:
            request = self.terminal.receive(event)
            if request:
                self._screen.command(self._telnet.subnegotiation(TTYPE, request))
            self._screen.resize(self.terminal.width)

    def _end_line(self) -> None:
        text = self._line.decode("utf-8", "surrogateescape")
        self._line.clear()
        self._screen.typed(shown=not self._telnet.is_local(ECHO))
        if self._dropped:
            self._dropped = False
            self.line(f"A line has at most {MAX_LINE} bytes; the rest was dropped.")
        if self._dialogue is not None:
            self._dialogue.answer(text)
        elif self.player is not None:
            commands.run(self._game, self.player, text)
        self.flush()

    def _send_gmcp(self, message: bytes) -> None:
        self._screen.command(self._telnet.subnegotiation(GMCP, message))
        self._schedule_flush()

    def _login_late(self) -> None:
        self.line("You have said nothing for a long time. Goodbye!")
        self.quit()
