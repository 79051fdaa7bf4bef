"""Listening for clients."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable

from bastproxy.libs.net.reasons import explain
from bastproxy.libs.net.tls import HANDSHAKE_SECONDS


class ListenError(OSError):
    """An address cannot be listened on; ``strerror`` says why."""


class Listener:
    """Listens on all addresses of one host, or of several, each with TLS or without.

    :param factory: makes the protocol of each connection.
    """

    def __init__(self, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        self._factory = factory
        self._servers: list[asyncio.Server] = []

    async def listen(
        self, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> tuple[str, int]:
        """Listen; port 0 takes a free one.

        :param tls: what comes there speaks TLS.
        :returns: the first address listened on.
        :raises ListenError: the host does not resolve, or the port cannot be had.
        """
        servers: list[asyncio.Server] = []
        try:
            for address in await _resolve(host, port):
                # All addresses of a host share the port that the first one got.
                taken = _address_of(servers[0])[1] if servers else port
                try:
                    servers.append(await self._serve(address, taken, tls))
                except OSError as error:
                    # "localhost" names ::1 on machines that have no IPv6, too.
                    if not servers or error.errno != errno.EADDRNOTAVAIL:
                        raise
        except OSError as error:
            _close(servers)
            raise ListenError(error.errno or 0, _reason(error)) from error
        except (ValueError, OverflowError) as error:
            raise ListenError(errno.EINVAL, f"that is no address: {error}") from error
        self._servers += servers
        return _address_of(servers[0])

    def close(self) -> None:
        """Listen no more; the connections stay."""
        _close(self._servers)

    async def _serve(self, host: str, port: int, tls: ssl.SSLContext | None) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            self._factory,
            host,
            port,
            ssl=tls,
            # One who says nothing must not be waited for for ever.
            ssl_handshake_timeout=HANDSHAKE_SECONDS if tls is not None else None,
        )


def _close(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    servers.clear()


def _address_of(server: asyncio.Server) -> tuple[str, int]:
    bound = server.sockets[0].getsockname()
    return str(bound[0]), int(bound[1])


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is in use"
    if error.errno == errno.EACCES:
        return "the port is not for you: ports below 1024 need special rights"
    return explain(error)
