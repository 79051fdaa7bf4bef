"""Listening for clients."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

from bastproxy.libs.net.connection import explain


class ListenError(OSError):
    """An address cannot be listened on; ``strerror`` says why."""


class Listener:
    """Listens on all addresses of one host.

    :param factory: makes the protocol of each connection.
    """

    def __init__(self, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        self._factory = factory
        self._servers: list[asyncio.Server] = []

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Listen; port 0 takes a free one.

        :returns: the first address listened on.
        :raises ListenError: the host does not resolve, or the port cannot be had.
        """
        addresses: list[tuple[str, int]] = []
        try:
            for address in await _resolve(host, port):
                # All addresses of a host share the port that the first one got.
                taken = addresses[0][1] if addresses else port
                try:
                    addresses.append(await self._listen(address, taken))
                except OSError as error:
                    # "localhost" names ::1 on machines that have no IPv6, too.
                    if not addresses or error.errno != errno.EADDRNOTAVAIL:
                        raise
        except OSError as error:
            self.close()
            raise ListenError(error.errno or 0, _reason(error)) from error
        except (ValueError, OverflowError) as error:
            raise ListenError(errno.EINVAL, f"that is no address: {error}") from error
        return addresses[0]

    def close(self) -> None:
        """Listen no more; the connections stay."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _listen(self, host: str, port: int) -> tuple[str, int]:
        server = await asyncio.get_running_loop().create_server(self._factory, host, port)
        self._servers.append(server)
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
