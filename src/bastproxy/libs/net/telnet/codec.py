"""The telnet codec: the bytes of one connection in, its events out, in order (RFC 854, 855)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from bastproxy.libs.net.telnet.constants import (
    DO,
    DONT,
    EOR,
    EOR_OPTION,
    GA,
    IAC,
    SB,
    SE,
    SGA,
    WILL,
    WONT,
)
from bastproxy.libs.net.telnet.events import Command, Prompt, TelnetEvent, Text
from bastproxy.libs.net.telnet.lines import split_lines, trailing_returns
from bastproxy.libs.net.telnet.negotiation import Negotiation, State, check_option
from bastproxy.libs.net.telnet.subnegotiation import Collector

_IAC: Final = bytes([IAC])
_DOUBLED: Final = _IAC * 2
_VERBS: Final = frozenset((WILL, WONT, DO, DONT))
_PROMPTS: Final = {code: Prompt(code) for code in (GA, EOR)}


class Telnet:
    """One end of a telnet connection, without its socket.

    :param server: we play the server, towards a client.
    :param local: options we do when the peer asks; any other is refused (RFC 1143).
    :param remote: options the peer may do when it offers; any other is refused.
    :param max_subnegotiation: bytes of data beyond which a subnegotiation is discarded.
    :raises ValueError: an option is not within 0..255.
    """

    def __init__(
        self,
        *,
        server: bool,
        local: Collection[int] = (),
        remote: Collection[int] = (),
        max_subnegotiation: int = 65536,
    ) -> None:
        self._server = server
        self._negotiation = Negotiation(local, remote)
        self._limit = max_subnegotiation
        self._collector: Collector | None = None
        self._held = b""  # trailing carriage returns, or the beginning of a command
        self._outgoing = bytearray()

    def receive(self, data: bytes) -> list[TelnetEvent]:
        """Return what the bytes say.

        How the stream was cut changes nothing, but for one Text being several. Trailing
        carriage returns wait until the next byte shows whether they belong to a line end.
        """
        if self._held:
            data, self._held = self._held + data, b""
        events: list[TelnetEvent] = []
        at = 0
        while at < len(data):
            end = _plain_end(data, at)
            plain = data[at:end].replace(_DOUBLED, _IAC)
            if self._collector is not None:
                self._collector.add(plain)
                at = self._end_collecting(self._collector, data, end, events)
                continue
            if end == len(data):
                self._held = trailing_returns(plain)
                plain = plain[: len(plain) - len(self._held)]
            if plain:
                split_lines(plain, events, enter=self._server)
            at = self._command(data, end, events) if end < len(data) else end
        return events

    def flush(self) -> list[TelnetEvent]:
        """Return the carriage returns that are held back, as Text."""
        if self._held[:1] != b"\r":
            return []
        held, self._held = self._held, b""
        return [Text(held)]

    def outgoing(self) -> bytes:
        """Return the bytes to send, answers and requests, and forget them."""
        sent = bytes(self._outgoing)
        self._outgoing.clear()
        return sent

    def enable_local(self, option: int) -> None:
        """Offer to do an option (WILL), unless we do it already."""
        self._request(option, local=True, enable=True)

    def disable_local(self, option: int) -> None:
        """Stop doing an option (WONT)."""
        self._request(option, local=True, enable=False)

    def enable_remote(self, option: int) -> None:
        """Ask the peer to do an option (DO), unless it does already."""
        self._request(option, local=False, enable=True)

    def disable_remote(self, option: int) -> None:
        """Ask the peer to stop doing an option (DONT)."""
        self._request(option, local=False, enable=False)

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
        answer, settled = self._negotiation.receive(verb, option)
        if answer is not None:
            self._outgoing += bytes((IAC, answer, option))
        if settled is not None:
            events.append(settled)

    def _request(self, option: int, *, local: bool, enable: bool) -> None:
        verb = self._negotiation.request(option, local=local, enable=enable)
        if verb is not None:
            self._outgoing += bytes((IAC, verb, option))

    def _end_collecting(
        self, collector: Collector, data: bytes, at: int, events: list[TelnetEvent]
    ) -> int:
        if at + 1 >= len(data):
            self._held = data[at:]
            return len(data)
        complete = data[at + 1] == SE
        event = collector.finish(complete=complete)
        if event is not None:
            events.append(event)
        self._collector = None
        # Any other command breaks the subnegotiation off, and is a command of its own.
        return at + 2 if complete else at


def _plain_end(data: bytes, start: int) -> int:
    """Return where the first command begins, or the end of the data; IAC IAC is no command."""
    at = data.find(IAC, start)
    while at >= 0 and data[at : at + 2] == _DOUBLED:
        at = data.find(IAC, at + 2)
    return len(data) if at < 0 else at
