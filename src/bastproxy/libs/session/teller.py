"""Telling players what the proxy does."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from bastproxy.libs.session import notices
from bastproxy.libs.session.conduct import Conduct

HINT_SECONDS: Final = 30.0
"""So often at most one who only watches is told so when he types."""


class Send(Protocol):
    """Sends a line to clients, as :meth:`Down.send` does."""

    def __call__(
        self,
        lines: str,
        client_ids: Sequence[str] | None = None,
        *,
        exclude: Collection[str] = (),
    ) -> None:
        """Send it to these clients, or to all."""


class Teller:
    """Says what the proxy has to say, unless nobody wants to hear it."""

    def __init__(self, conduct: Conduct, send: Send) -> None:
        self._conduct = conduct
        self._send = send
        self._asking: set[str] = set()
        self._hinted: dict[str, float] = {}
        self._closed = False

    def close(self) -> None:
        """Say nothing more."""
        self._closed = True

    def tell(
        self,
        text: str,
        client_ids: Sequence[str] | None = None,
        *,
        exclude: Collection[str] = (),
    ) -> None:
        """Tell these clients, or all."""
        if self._conduct.notices and not self._closed:
            self._send(f"[bastproxy] {text}", client_ids, exclude=exclude)

    def tell_others(self, text: str) -> None:
        """Tell all but those who hear it otherwise, as they have asked for it."""
        self.tell(text, exclude=self._asking)

    @contextmanager
    def asked_by(self, client_id: str) -> Iterator[None]:
        """Keep what :meth:`tell_others` says meanwhile from a client, if it is one."""
        if client_id:
            self._asking.add(client_id)
        try:
            yield
        finally:
            self._asking.discard(client_id)

    def may_play(self, client_id: str, *, view_only: bool) -> None:
        """Tell a client that it may play from now on, or only watch."""
        self.tell(notices.ONLY_WATCHING if view_only else notices.PLAYING, [client_id])

    def hint(self, client_id: str) -> None:
        """Tell one who only watches that he does, unless that was just said."""
        now = asyncio.get_running_loop().time()
        last = self._hinted.get(client_id)
        if last is None or now - last >= HINT_SECONDS:
            self._hinted[client_id] = now
            self.may_play(client_id, view_only=True)

    def forget(self, client_id: str) -> None:
        """Begin anew with the hints: the client is gone, or is something else now."""
        self._hinted.pop(client_id, None)
