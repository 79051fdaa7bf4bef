"""The way down: what the MUD, the proxy and plugins say reaches the clients."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from bastproxy.libs.ansi import Depth, reduce_bytes
from bastproxy.libs.events import Dispatcher
from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.lines import Line, encode, transcode
from bastproxy.libs.net.queue import Entry
from bastproxy.libs.net.telnet.constants import MXP
from bastproxy.libs.session import declared as ev
from bastproxy.libs.session.clients import Clients
from bastproxy.libs.session.hiding import Hiding
from bastproxy.libs.session.path import LinePath, Piece, lines_of, piece_of
from bastproxy.libs.session.plain import Plain
from bastproxy.libs.session.replay import write_replay
from bastproxy.libs.session.scrollback import Scrollback, Shown

MXP_LOCKED: Final = b"\x1b[2z"
"""Until the end of the line nothing is markup (MXP 1.0, line modes)."""


class Down:
    """Leads lines through their events to the clients.

    :param clients: all clients, kept up to date by their owner.
    :param plain: takes markup out for clients that do not do it.
    :ivar scrollback: what went to all.
    """

    def __init__(self, dispatcher: Dispatcher, clients: Clients, plain: Plain) -> None:
        self.scrollback = Scrollback()
        self._clients = clients
        self._plain = plain
        self._hiding = Hiding()
        self._path = LinePath(
            dispatcher, (ev.FROM_MUD, ev.TO_CLIENT_MODIFY), ev.TO_CLIENT_READ, for_clients=True
        )

    @property
    def encoding(self) -> str:
        """What the MUD's bytes are in; the text of plugins goes by it too."""
        return self.scrollback.encoding

    @encoding.setter
    def encoding(self, encoding: str) -> None:
        self.scrollback.encoding = encoding

    def begin(self, encoding: str) -> None:
        """A MUD is connected, and its text is in this encoding."""
        self.encoding = encoding
        self._hiding.begin()

    def line(self, line: Line) -> None:
        """Lead a line of the MUD to the clients."""
        path = self._path
        # The rest of a line end is no line, and no plugin's business.
        if path.idle or (line.continues and line.terminator and not line.raw):
            prompt = line.is_prompt and not line.continues
            self._show(line.raw, line.terminator, ends=line.ends, prompt=prompt)
            return
        for piece in path.run(piece_of(line, encoding=self.encoding, lead=True)):
            prompt = piece.is_prompt and not piece.continues
            self._show(
                piece.data, piece.terminator, ends=piece.ends, prompt=prompt, to=piece.clients
            )
            path.sent(piece)

    def send(
        self,
        lines: str | Sequence[str],
        client_ids: Sequence[str] | None = None,
        *,
        exclude: Collection[str] = (),
    ) -> None:
        """Send lines of the proxy or a plugin; they pass ``ev_to_client_data_modify``.

        :param client_ids: who gets them; None is all.
        :param exclude: who does not.
        """
        ids = None if client_ids is None else list(client_ids)
        if exclude:
            ids = [one for one in (self._clients if ids is None else ids) if one not in exclude]
        for text in lines_of(lines):
            piece = Piece(text, encoding=self.encoding)
            piece.clients = None if ids is None else list(ids)
            for made in self._path.run(piece, first=1):
                self._say(made.data, made.clients)
                self._path.sent(made)

    def typed(self, text: str, client_id: str) -> None:
        """Show the others what a client has typed, and keep it for those who come later."""
        data = encode(self._hiding.shown(text), self.encoding)
        self.scrollback.typed(data)
        for client in self._clients.values():
            if client.client_id != client_id:
                client.send_typed(self._own(client, data, self.encoding))

    def replay(self, client: ClientConnection) -> None:
        """Show a new client what went before it came."""
        plain = self._plain.again()

        def send(shown: Shown) -> None:
            if shown.own:
                self._tell(client, shown.data, shown.encoding)
                return
            if shown.typed:
                client.send_typed(self._own(client, shown.data, shown.encoding))
                return
            text = shown.data.rstrip(b"\r\n")
            form = plain.forms(text, ends=shown.ends or shown.prompt).of(client)
            data = _form(form + shown.data[len(text) :], shown.encoding, client)
            client.send_text(data, ends=shown.ends, prompt=shown.prompt)

        write_replay(
            self.scrollback.replay(),
            send,
            lambda data: self._tell(client, data, self.encoding),
            client.queue_limit // 2,
        )

    def _say(self, data: bytes, to: Iterable[str] | None) -> None:
        if to is None:
            self.scrollback.say(data)
        for client in self._clients.among(to):
            self._tell(client, data, self.encoding)

    def _tell(self, client: ClientConnection, data: bytes, encoding: str) -> None:
        client.send_line(self._own(client, data, encoding))

    def _own(self, client: ClientConnection, data: bytes, encoding: str) -> bytes:
        """Return a line which is not the MUD's, and has no markup of it, for a client."""
        mark = MXP_LOCKED if self._plain.needed and client.telnet.is_local(MXP) else b""
        return mark + _form(data, encoding, client)

    def _show(
        self,
        text: bytes,
        end: bytes,
        *,
        ends: bool,
        prompt: bool,
        to: Iterable[str] | None = None,
    ) -> None:
        if to is None:
            self.scrollback.add(text + end, ends=ends, prompt=prompt)
            clients: Iterable[ClientConnection] = self._clients.values()
        else:
            clients = self._clients.among(to)
        if self._plain.needed:
            forms = self._plain.forms(text, ends=ends or prompt)
            for client in clients:
                data = self._encoded(forms.of(client) + end, client)
                client.send_text(data, ends=ends, prompt=prompt)
            return
        text += end
        if prompt or not ends:
            for client in clients:
                client.send_text(self._encoded(text, client), ends=ends, prompt=prompt)
            return
        made: dict[tuple[str, Depth], Entry] = {}  # most clients take it alike
        for client in clients:
            alike = client.encoding, client.depth
            line = made.get(alike)
            if line is None:
                line = made[alike] = client.shared_line(self._encoded(text, client))
            client.send_shared(line)

    def _encoded(self, data: bytes, client: ClientConnection) -> bytes:
        return _form(data, self.encoding, client)


def _form(data: bytes, encoding: str, client: ClientConnection) -> bytes:
    """Return text in the client's encoding, and with no more colours than it shows."""
    if client.depth != "true":
        data = reduce_bytes(data, client.depth)
    return data if client.encoding == encoding else transcode(data, encoding, client.encoding)
