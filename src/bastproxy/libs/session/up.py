"""The way up: what the clients, the proxy and plugins say reaches the MUD."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.net.client import CRLF, ClientConnection
from bastproxy.libs.net.lines import Line, decode, encode, transcode
from bastproxy.libs.net.mud import MudConnection
from bastproxy.libs.session import declared as ev
from bastproxy.libs.session.declared import log
from bastproxy.libs.session.login import Answer
from bastproxy.libs.session.path import LinePath, Piece, lines_of, piece_of
from bastproxy.libs.session.turns import Turns

PASSWORD_LINES: Final = 6
"""A MUD that still echoes after so many typed lines does so always, and not for a password."""

MAX_BEGUN: Final = 4096
"""So much of a line that has not ended is remembered."""


class Up:
    """Leads lines through their events to the MUD.

    :param refused: told the id of a client whose line goes nowhere, as no MUD is connected.
    :param sent: told each line that went to the MUD for a client, and was no password; the
        client's id; and whether the client has typed it just so.
    :param wrote: told that the MUD was sent something.
    :ivar mud: the MUD, while it is connected.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        refused: Callable[[str], None],
        sent: Callable[[str, str, bool], None],
        wrote: Callable[[], None],
    ) -> None:
        self.mud: MudConnection | None = None
        self._refused = refused
        self._sent = sent
        self._wrote = wrote
        self._begun: dict[str, str] = {}
        self._path = LinePath(
            dispatcher, (ev.FROM_CLIENT, ev.TO_MUD_MODIFY), ev.TO_MUD_READ, for_clients=False
        )
        self._turns = Turns(self.write)
        self._overflowed = False
        self._typed_in_echo = 0

    @property
    def private(self) -> bool:
        """Whether what is typed now is taken for a password: the MUD has taken over the echo.

        A MUD that echoes whatever is typed asks for no password with it.
        """
        return self.mud is not None and self.mud.echo and self._typed_in_echo < PASSWORD_LINES

    def begin(self, mud: MudConnection) -> None:
        """Lead to this MUD from now on."""
        self.mud = mud
        self._typed_in_echo = 0

    def end(self) -> None:
        """The MUD is gone, and with it what waits for it."""
        self.mud = None
        self._overflowed = False
        self._begun.clear()
        self._turns.clear()

    def echo_changed(self) -> None:
        """The MUD has taken over the echo, or given it back."""
        self._typed_in_echo = 0

    def writable(self) -> None:
        """The MUD takes bytes again."""
        self._overflowed = False

    def leave(self, client_id: str) -> None:
        """A client is gone; a line that it left open is nobody's."""
        self._begun.pop(client_id, None)
        self._turns.leave(client_id)

    def line(self, client: ClientConnection, line: Line) -> None:
        """Lead a line of a client to the MUD."""
        mud = self.mud
        client_id = client.client_id
        if mud is not None and client.encoding != mud.encoding:
            raw = transcode(line.raw, client.encoding, mud.encoding)
            line = Line(raw, line.terminator, line.is_prompt, line.continues)
        if mud is not None and mud.echo:
            private = self.private  # nobody sees it, nothing logs it
            self._typed_in_echo += line.ends
            if private:
                self._begun.pop(client_id, None)
                self._put(client_id, line.raw + line.terminator, ends=line.ends)
                return
        encoding = client.encoding if mud is None else mud.encoding
        if mud is not None and self._path.idle:
            self._put(client_id, line.raw + line.terminator, ends=line.ends)
            self._went(client_id, decode(line.raw, encoding), ends=line.ends)
        else:
            self._send(self._path.run(piece_of(line, client_id, encoding=encoding)))

    def send(self, lines: str | Sequence[str], *, client_id: str = "") -> None:
        """Send lines of the proxy or a plugin; they pass ``ev_to_mud_data_modify``.

        :param client_id: the client for whom they are sent, if any.
        """
        encoding = self.mud.encoding if self.mud is not None else "utf-8"
        for text in lines_of(lines):
            piece = Piece(text, encoding=encoding)
            piece.client_id = client_id
            self._send(self._path.run(piece, first=1))

    def answer(self, answer: Answer) -> None:
        """Answer what the MUD asks at a login; nobody else hears a password."""
        if self.mud is None:
            return
        if answer.secret:
            self.write(encode(answer.text, self.mud.encoding) + CRLF)
        else:
            self.send(answer.text)

    def write(self, data: bytes) -> None:
        """Write text bytes to the MUD as they are: no event sees them, nothing logs them."""
        mud = self.mud
        self._wrote()
        if mud is None or mud.send_text(data) or self._overflowed:
            return
        self._overflowed = True
        log(
            f"{mud.address} takes nothing, and too much waits for it; lines sent now are lost",
            "error",
        )

    def _send(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if self.mud is None:
                if piece.ends and piece.client_id:
                    self._refused(piece.client_id)
                return
            owner = "" if piece.internal else piece.client_id
            self._put(owner, piece.data + piece.terminator, ends=piece.ends)
            if owner:
                self._went(owner, piece.text, ends=piece.ends)
            elif piece.client_id:
                self._sent(piece.text, piece.client_id, False)
            self._path.sent(piece)

    def _went(self, client_id: str, text: str, *, ends: bool) -> None:
        text = self._begun.pop(client_id, "") + text
        if ends:
            self._sent(text, client_id, True)
        else:
            self._begun[client_id] = text[-MAX_BEGUN:]

    def _put(self, owner: str, data: bytes, *, ends: bool) -> None:
        self._turns.put(owner, data, ends=ends)
