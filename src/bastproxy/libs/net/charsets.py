"""Agreeing with one peer on the encoding of its text (CHARSET, RFC 2066)."""

from __future__ import annotations

from collections.abc import Sequence

from bastproxy.libs.net.telnet.options import charset


class CharsetTalk:
    """What the two sides say, whoever of them begins.

    :param preferred: taken where the peer offers it.
    :param requests: what we offer, one request after another, until the peer takes something.
    :ivar codec: the encoding that was agreed on, as Python names it; None before.
    """

    def __init__(self, preferred: Sequence[str], requests: Sequence[Sequence[str]]) -> None:
        self.codec: str | None = None
        self._preferred = preferred
        self._requests = requests
        self._made = 0

    def begin(self) -> bytes | None:
        """Return our first request, now that the peer has agreed to hear it."""
        self._made = 0
        return self._next_request()

    def answer(self, body: bytes) -> bytes | None:
        """Return what to answer to a message, if anything."""
        match charset.parse(body):
            case charset.Request(names):
                return self._choose(names)
            case charset.Accepted(name):
                self.codec = charset.codec_of(name) or self.codec
            case charset.Rejected():
                return self._next_request()
        return None

    def _choose(self, names: Sequence[str]) -> bytes:
        # Should both have asked at once, the peer's request counts and it rejects ours.
        self._made = len(self._requests)
        name = charset.choose(names, self._preferred)
        codec = charset.codec_of(name) if name is not None else None
        if name is None or codec is None:
            return charset.rejected()
        self.codec = codec
        return charset.accepted(name)

    def _next_request(self) -> bytes | None:
        if self._made >= len(self._requests):
            return None
        self._made += 1
        return charset.request(self._requests[self._made - 1])
