"""The telnet codec: the bytes of one connection in, its events out, in order (RFC 854, 855)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from bastproxy.libs.net.telnet.compression import Inflater
from bastproxy.libs.net.telnet.constants import (
    DO,
    DONT,
    EOR,
    EOR_OPTION,
    GA,
    IAC,
    MCCP2,
    MCCP3,
    SB,
    SE,
    SGA,
    WILL,
    WONT,
)
from bastproxy.libs.net.telnet.events import (
    Broken,
    Command,
    Compressed,
    Negotiated,
    Prompt,
    Subnegotiation,
    TelnetEvent,
    Text,
)
from bastproxy.libs.net.telnet.lines import split_lines, trailing_returns
from bastproxy.libs.net.telnet.negotiation import Negotiation, State, check_option
from bastproxy.libs.net.telnet.subnegotiation import Collector

MAX_INFLATED: Final = 1 << 16
"""Bytes that one call of :meth:`Telnet.receive` inflates at most: of empty lines, so many are
the work of some tenths of a second."""

_STEP: Final = 1 << 14
_IAC: Final = bytes([IAC])
_DOUBLED: Final = _IAC * 2
_VERBS: Final = frozenset((WILL, WONT, DO, DONT))
_PROMPTS: Final = {code: Prompt(code) for code in (GA, EOR)}


class Telnet:
    """One end of a telnet connection, without its socket.

    What comes may be compressed in parts: by MCCP2 from a server, by MCCP3 from a client.

    :param server: we play the server, towards a client.
    :param local: options we do when the peer asks; any other is refused (RFC 1143).
    :param remote: options the peer may do when it offers; any other is refused.
    :param deferred_local: options for which the peer's asking is an event,
        :class:`~bastproxy.libs.net.telnet.events.Offered`, that :meth:`decide` answers.
    :param deferred_remote: options for which the peer's offer is such an event.
    :param max_subnegotiation: bytes of data beyond which a subnegotiation is discarded.
    :raises ValueError: an option is not within 0..255, or is MCCP1.
    :ivar more: there is more to tell of what was received; ``receive(b"")`` goes on.
    """

    def __init__(
        self,
        *,
        server: bool,
        local: Collection[int] = (),
        remote: Collection[int] = (),
        deferred_local: Collection[int] = (),
        deferred_remote: Collection[int] = (),
        max_subnegotiation: int = 65536,
    ) -> None:
        self._server = server
        self._negotiation = Negotiation(local, remote, deferred_local, deferred_remote)
        self._limit = max_subnegotiation
        self._collector: Collector | None = None
        self._held = b""  # trailing carriage returns, or the beginning of a command
        self._outgoing = bytearray()
        self._mark = Subnegotiation(MCCP3 if server else MCCP2, b"")
        self._inflater: Inflater | None = None  # since the first compressed part
        self._inside = False  # what is being parsed was compressed
        self._pending = b""  # of what was received, where compressed parts are taken in steps
        self.more = False

    @property
    def compressed(self) -> bool:
        """Whether what comes is compressed now."""
        return self._inflater is not None and self._inflater.active

    @property
    def inflated_in(self) -> int:
        """How many compressed bytes have come."""
        return 0 if self._inflater is None else self._inflater.bytes_in

    @property
    def inflated_out(self) -> int:
        """How many bytes they have become."""
        return 0 if self._inflater is None else self._inflater.bytes_out

    @property
    def holds_returns(self) -> bool:
        """Whether carriage returns are held back, and what follows them has not come yet."""
        return self._held[:1] == b"\r" and not self.more

    def receive(self, data: bytes) -> list[TelnetEvent]:
        """Return what the bytes say.

        How the stream was cut changes nothing, but for one Text being several. Trailing
        carriage returns wait until the next byte shows whether they belong to a line end.

        Compressed bytes are inflated up to :data:`MAX_INFLATED`; :attr:`more` is True when others
        wait. After a Broken event all that comes is ignored.
        """
        events: list[TelnetEvent] = []
        if self._inflater is None:
            taken = self._parse(data, events)
            if self._inflater is None:
                return events
            data = data[taken:]
        self._unfold(self._inflater, data, events)
        return events

    def flush(self) -> list[TelnetEvent]:
        """Return the carriage returns that are held back, as Text; none while there is more."""
        if not self.holds_returns:
            return []
        held, self._held = self._held, b""
        return [Text(held)]

    def outgoing(self) -> bytes:
        """Return the bytes to send, answers and requests, and forget them."""
        sent = bytes(self._outgoing)
        self._outgoing.clear()
        return sent

    def enable_local(self, option: int) -> Negotiated | None:
        """Offer to do an option (WILL), unless we do it already.

        :returns: what has settled at once, for the peer had asked and waited; most often None.
        """
        return self._say(option, *self._negotiation.request(option, local=True, enable=True))

    def disable_local(self, option: int) -> Negotiated | None:
        """Stop doing an option (WONT); returns as :meth:`enable_local`."""
        return self._say(option, *self._negotiation.request(option, local=True, enable=False))

    def enable_remote(self, option: int) -> Negotiated | None:
        """Ask the peer to do an option (DO), unless it does; returns as :meth:`enable_local`."""
        return self._say(option, *self._negotiation.request(option, local=False, enable=True))

    def disable_remote(self, option: int) -> Negotiated | None:
        """Ask the peer to stop doing an option (DONT); returns as :meth:`enable_local`."""
        return self._say(option, *self._negotiation.request(option, local=False, enable=False))

    def decide(self, option: int, *, local: bool, agree: bool) -> Negotiated | None:
        """Answer an offer of the peer that was deferred; without one, nothing happens.

        :param local: the peer has asked us to do it; otherwise it has offered to.
        :returns: what has settled by it, which is no event of :meth:`receive`.
        """
        return self._say(option, *self._negotiation.decide(option, local=local, agree=agree))

    def is_local(self, option: int) -> bool:
        """Return whether we do an option, and the peer knows it."""
        return self._negotiation.state(option, local=True) is State.YES

    def is_remote(self, option: int) -> bool:
        """Return whether the peer does an option."""
        return self._negotiation.state(option, local=False) is State.YES

    def text(self, data: bytes) -> bytes:
        """Encode text: 0xFF doubled, all else as it is."""
        return data.replace(_IAC, _DOUBLED)

    def prompt(self) -> bytes:
        """Return what marks the text just sent as a prompt.

        A server says IAC EOR where that option is on (RFC 885), nothing where it suppresses
        go-aheads (RFC 858), else IAC GA. A client has no prompts.
        """
        if not self._server:
            return b""
        if self.is_local(EOR_OPTION):
            return bytes((IAC, EOR))
        return b"" if self.is_local(SGA) else bytes((IAC, GA))

    def subnegotiation(self, option: int, data: bytes) -> bytes:
        """Encode a subnegotiation.

        :raises ValueError: the option is not within 0..255.
        """
        check_option(option)
        body = bytes((option,)) + data
        return bytes((IAC, SB)) + body.replace(_IAC, _DOUBLED) + bytes((IAC, SE))

    def _parse(self, data: bytes, events: list[TelnetEvent]) -> int:
        """Append what plain bytes say; return how many they were: after them it is compressed."""
        held = self._held
        if held:
            data, self._held = held + data, b""
        at = 0
        size = len(data)
        while at < size:
            end = _plain_end(data, at)
            plain = data[at:end].replace(_DOUBLED, _IAC)
            if self._collector is not None:
                self._collector.add(plain)
                at, switched = self._end_collecting(self._collector, data, end, events)
                if switched:
                    break
                continue
            if end == size and plain[-1:] == b"\r":
                self._held = trailing_returns(plain)
                plain = plain[: -len(self._held)]
            if plain:
                split_lines(plain, events, enter=self._server)
            at = self._command(data, end, events) if end < size else end
        return at - len(held)

    def _unfold(self, inflater: Inflater, data: bytes, events: list[TelnetEvent]) -> None:
        """Append what bytes say of which parts may be compressed."""
        if inflater.broken:
            return
        data, self._pending, self.more = self._pending + data, b"", False
        room = MAX_INFLATED
        at = 0
        # Steps, since each end and each beginning of a compressed part copies the rest of one.
        while room > 0 and (at < len(data) or inflater.more):
            step = data[at : at + _STEP]
            if not inflater.active:
                at += self._parse(step, events)
                continue
            text, taken = inflater.inflate(step, room)
            room -= len(text)
            at += taken
            self._inside = True
            self._parse(text, events)
            self._inside = False
            if inflater.broken:
                events += [*self.flush(), Broken(inflater.broken)]
                self._held = b""
                at = len(data)
            elif not inflater.active:
                events.append(Compressed(False))
        self._pending = data[at:]
        self.more = bool(self._pending) or inflater.more

    def _command(self, data: bytes, at: int, events: list[TelnetEvent]) -> int:
        command = data[at : at + 3]
        if len(command) < 2 or (command[1] in _VERBS and len(command) < 3):
            self._held = command
            return len(data)
        code = command[1]
        if code in _VERBS:
            self._negotiate(code, command[2], events)
            return at + 3
        if code == SB:
            self._collector = Collector(self._limit)
        else:
            events.append(_PROMPTS.get(code) or Command(code))
        return at + 2

    def _negotiate(self, verb: int, option: int, events: list[TelnetEvent]) -> None:
        answer, event = self._negotiation.receive(verb, option)
        if answer is not None:
            self._outgoing += bytes((IAC, answer, option))
        if event is not None:
            events.append(event)

    def _say(self, option: int, verb: int | None, settled: Negotiated | None) -> Negotiated | None:
        if verb is not None:
            self._outgoing += bytes((IAC, verb, option))
        return settled

    def _end_collecting(
        self, collector: Collector, data: bytes, at: int, events: list[TelnetEvent]
    ) -> tuple[int, bool]:
        """Return where to go on, and whether it is compressed from there."""
        if at + 1 >= len(data):
            self._held = data[at:]
            return len(data), False
        self._collector = None
        complete = data[at + 1] == SE
        event = collector.finish(complete=complete)
        switched = event == self._mark and self._start_inflating()
        if switched:
            events.append(Compressed(True))
        elif event is not None:
            events.append(event)
        # Any other command breaks the subnegotiation off, and is a command of its own.
        return (at + 2 if complete else at), switched

    def _start_inflating(self) -> bool:
        """Inflate from here on, if MCCP has been agreed to and this is not compressed already."""
        # A peer that we have asked to stop does not know it yet.
        state = self._negotiation.state(self._mark.option, local=self._server)
        if self._inside or state not in (State.YES, State.WANTNO):
            return False
        if self._inflater is None:
            self._inflater = Inflater()
        self._inflater.start()
        return True


def _plain_end(data: bytes, start: int) -> int:
    """Return where the first command begins, or the end of the data; IAC IAC is no command."""
    at = data.find(IAC, start)
    while at >= 0 and data[at : at + 2] == _DOUBLED:
        at = data.find(IAC, at + 2)
    return len(data) if at < 0 else at
