"""The path of a line: the events that may change it, and the one that tells what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bastproxy.libs.events import Dispatcher, Event, EventRecord
from bastproxy.libs.net.client import CRLF
from bastproxy.libs.net.lines import Line, decode, encode, split_lead
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session.declared import OWNER_ID


class Piece:
    """A line on its way.

    :ivar text: as it is now.
    :ivar encoding: of its bytes: the MUD's.
    :ivar original: as it came; None for what a plugin has added.
    :ivar lead: carriage returns before the text, which plugins do not see.
    :ivar clients: the ids of those that it is for; None: all of them.
    """

    __slots__ = (
        "client_id",
        "clients",
        "continues",
        "encoding",
        "is_prompt",
        "lead",
        "original",
        "raw",
        "terminator",
        "text",
    )

    def __init__(
        self,
        text: str,
        raw: bytes | None = None,
        terminator: bytes = CRLF,
        encoding: str = "utf-8",
    ) -> None:
        self.text = text
        self.encoding = encoding
        self.original: str | None = text
        self.raw = raw
        self.lead = b""
        self.terminator = terminator
        self.is_prompt = False
        self.continues = False
        self.client_id = ""
        self.clients: list[str] | None = None

    @property
    def internal(self) -> bool:
        """Whether it comes from the proxy or a plugin."""
        return self.raw is None

    @property
    def data(self) -> bytes:
        """The bytes of the text: those that came, unless it was changed."""
        if self.raw is not None and self.text == self.original:
            return self.raw
        return self.lead + encode(self.text, self.encoding)

    @property
    def ends(self) -> bool:
        """Whether it ends a line."""
        return bool(self.terminator) and not self.continues


def piece_of(
    line: Line, client_id: str = "", *, encoding: str = "utf-8", lead: bool = False
) -> Piece:
    """Return a line from the network as a piece.

    :param encoding: of its bytes.
    :param lead: keep the carriage returns at its beginning from the plugins.
    """
    raw = line.raw
    if lead and raw[:1] == b"\r":
        before, text = split_lead(raw)
        piece = Piece(decode(text, encoding), raw, line.terminator, encoding)
        piece.lead = before
    else:
        piece = Piece(decode(raw, encoding), raw, line.terminator, encoding)
    piece.is_prompt = line.is_prompt
    piece.continues = line.continues
    piece.client_id = client_id
    return piece


def lines_of(lines: str | Sequence[str]) -> list[str]:
    """Return each line of what a plugin sends, without its end."""
    texts = [lines] if isinstance(lines, str) else lines
    return [line.removesuffix("\r") for text in texts for line in str(text).split("\n")]


def split_piece(piece: Piece) -> list[Piece]:
    """Make more pieces of one whose text a plugin has put line feeds into."""
    first, *rest = piece.text.split("\n")
    pieces = [piece]
    for text in rest:
        more = Piece(text, piece.raw, piece.terminator, piece.encoding)
        more.original = None
        more.is_prompt, more.continues = piece.is_prompt, piece.continues
        more.client_id, more.clients = piece.client_id, piece.clients
        pieces.append(more)
    piece.text = first
    for part in pieces[:-1]:
        part.text = part.text.removesuffix("\r")
        part.terminator = piece.terminator or CRLF
        part.is_prompt = part.continues = False
    return pieces


class LinePath:
    """The events of one direction.

    :param modify: the events that may change a line, in order.
    :param read: the event that tells what was sent.
    :param for_clients: the records of all events but the first have the key ``clients``.
    """

    def __init__(
        self, dispatcher: Dispatcher, modify: Iterable[str], read: str, *, for_clients: bool
    ) -> None:
        self._dispatcher = dispatcher
        self._modify = [_event(dispatcher, name) for name in modify]
        self._read = _event(dispatcher, read)
        self._for_clients = for_clients

    @property
    def idle(self) -> bool:
        """Whether nobody listens to any of its events."""
        for event in self._modify:
            if event.active:
                return False
        return not self._read.active

    def run(self, piece: Piece, *, first: int = 0) -> list[Piece]:
        """Raise the events that may change a piece, and return what is to be sent.

        :param first: the index of the event to begin with.
        """
        pieces = [piece]
        for event in self._modify[first:]:
            if event.active:
                pieces = [made for piece in pieces for made in self._raise(event, piece)]
        return pieces

    def sent(self, piece: Piece) -> None:
        """Tell that a piece was sent."""
        event = self._read
        if event.active:
            self._dispatcher.raise_event(event.name, self._args(event, piece), OWNER_ID)

    def _raise(self, event: Event, piece: Piece) -> list[Piece]:
        record = self._dispatcher.raise_event(event.name, self._args(event, piece), OWNER_ID)
        if not record.changes:
            return [piece]
        try:
            if not record.get("send", True):
                return []
            if self._for_clients:
                piece.clients = _client_ids(record)
            text = _text(record, piece)
        except Exception as error:  # whatever a plugin has put there, the line goes on
            _complain(record, "send", f"{type(error).__name__}: {error}", error)
            return [piece]
        if text == piece.text:
            return [piece]
        piece.text = text
        return split_piece(piece) if "\n" in text else [piece]

    def _args(self, event: Event, piece: Piece) -> dict[str, Any]:
        args: dict[str, Any] = {
            "line": piece.text,
            "raw": piece.raw,
            "terminator": piece.terminator,
            "is_prompt": piece.is_prompt,
            "continues": piece.continues,
            "send": True,
            "client_id": piece.client_id,
            "internal": piece.raw is None,
        }
        if self._for_clients and event is not self._modify[0]:
            args["clients"] = piece.clients
        return args


def _event(dispatcher: Dispatcher, name: str) -> Event:
    event = dispatcher.event(name)
    assert event is not None, f"{name} is not declared"
    return event


def _text(record: EventRecord, piece: Piece) -> str:
    text = record.get("line", piece.text)
    if isinstance(text, str):
        return str(text)
    _complain(
        record,
        "line",
        f"it must be a str, not {type(text).__name__}; the line goes on as it was before",
    )
    return piece.text


def _client_ids(record: EventRecord) -> list[str] | None:
    clients: Any = record.get("clients")
    if clients is None or isinstance(clients, str):
        return None if clients is None else [clients]
    try:
        return [str(client_id) for client_id in clients]
    except TypeError:
        _complain(
            record,
            "clients",
            f"it must be None or a list of client ids, not {type(clients).__name__}; "
            "the line goes to all",
        )
        return None


def _complain(record: EventRecord, key: str, what: str, error: BaseException | None = None) -> None:
    changes = [change for change in record.changes if change.key == key] or record.changes
    who = changes[-1]
    LogRecord(
        f"{who.owner_id}: {who.callback} has put a wrong {key!r} into the record of "
        f"{record.event_name}: {what}",
        level="error",
        sources=[who.owner_id or OWNER_ID, OWNER_ID],
        exc_info=error,
    )()
