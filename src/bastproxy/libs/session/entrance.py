"""Where clients come in: the listener, the gate behind it, and the sockets that are open."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Callable

from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.net.client import ClientConnection, ClientHandler
from bastproxy.libs.net.connection import Connection
from bastproxy.libs.net.listener import Listener
from bastproxy.libs.session.conduct import Conduct
from bastproxy.libs.session.gate import Gate


class Entrance:
    """Makes the connections of clients, and stops those that may not come in.

    :param handler: told what the clients do.
    :param private: says whether what is typed now is taken for a password.
    :ivar gate: where clients wait that have not logged in.
    :ivar address: where clients connect first of all, once listening.
    :ivar listening: all of these addresses, in words.
    """

    def __init__(
        self,
        conduct: Conduct,
        handler: ClientHandler,
        gate: Gate,
        private: Callable[[], bool],
    ) -> None:
        self.gate = gate
        self.address: tuple[str, int] | None = None
        self.listening: list[str] = []
        self._conduct = conduct
        self._handler = handler
        self._private = private
        self._listener = Listener(self._new_client)
        self._serials = itertools.count(1)
        self._closed = ""

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None) -> tuple[str, int]:
        """Listen at one address more; the arguments are those of :meth:`Session.listen`."""
        address = await self._listener.listen(host, port, tls)
        if self.address is None:
            self.address = address
        self.listening.append(f"{MudAddress(*address)}{' (TLS)' if tls else ''}")
        return address

    def stops(self, client: ClientConnection) -> bool:
        """Stop a new client, or refuse it; False when it may come in at once."""
        if self._closed:
            client.close(self._closed)
            return True
        return self.gate.opened(client)

    def close(self, reason: str) -> None:
        """Take nobody in any more, and send away who waits."""
        self._closed = reason
        self._listener.close()
        self.gate.close(reason)

    def _new_client(self) -> ClientConnection:
        conduct = self._conduct
        return ClientConnection(
            f"client-{next(self._serials)}",
            self._handler,
            quiet_time=conduct.quiet_time,
            held=self._is_held,
            compress=conduct.compress_clients,
            queue_limit=conduct.queue_limit,
            max_line=conduct.max_line,
        )

    def _is_held(self, beginning: bytes) -> bool:
        if self._private():
            return False
        return any(
            beginning.startswith(prefix) or prefix.startswith(beginning)
            for prefix in self._conduct.hold_prefixes
        )


class Sockets:
    """The sockets that are open, of clients and MUDs, until their last byte is written."""

    def __init__(self) -> None:
        self._open: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def keep(self, connection: Connection) -> None:
        """Remember one more, and forget dead ones."""
        self._open = {one for one in self._open if not one.lost}
        self._open.add(connection)

    async def wait_closed(self) -> None:
        """Wait until all are closed."""
        for connection in list(self._open):
            await connection.wait_closed()
        self._open.clear()
