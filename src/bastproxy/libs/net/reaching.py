"""Reaching a host, at the first of its addresses that answers."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

ADDRESS_SECONDS: Final = 5.0
"""How long one address of several is tried."""


async def reach(
    factory: Callable[[], asyncio.BaseProtocol], host: str, port: int, tls: ssl.SSLContext | None
) -> None:
    """Connect to a host.

    :param factory: returns the protocol of the connection.
    :raises OSError: no address answers; of several the last has the word.
    :raises ValueError: it is no name, or no port.
    """
    loop = asyncio.get_running_loop()
    name = host.partition("%")[0] if tls is not None else None
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    *others, last = dict.fromkeys(_host_and_port(address) for *_, address in found)
    for one in others:
        # One that swallows everything, as IPv6 often does, must not use up all of the time.
        try:
            async with asyncio.timeout(ADDRESS_SECONDS):
                await loop.create_connection(factory, *one, ssl=tls, server_hostname=name)
                return
        except ssl.SSLError:
            raise  # the others are the same machine, most likely
        except OSError:
            continue
    await loop.create_connection(factory, *last, ssl=tls, server_hostname=name)


def _host_and_port(address: tuple[Any, ...]) -> tuple[str, int]:
    host, port, *more = address
    # A link-local address of IPv6 means nothing without its interface.
    scope = more[1] if len(more) == 2 else 0
    return (f"{host}%{scope}" if scope else str(host)), int(port)
