"""Addresses as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bastproxy.config.errors import ConfigError
from bastproxy.libs.net.address import MudAddress

DEFAULT_LISTEN: Final = "127.0.0.1:9999"
TLS: Final = "tls://"


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read ``HOST:PORT``, ``[IPv6]:PORT`` or ``:PORT`` (this machine).

    :raises ConfigError: it is none of these.
    """
    host, colon, port = text.rpartition(":")
    host = host.strip()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ConfigError(f"{text!r} is no address: write an IPv6 address as [ADDRESS]:PORT")
    if not colon or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise ConfigError(f"{text!r} is no address: write HOST:PORT, with a port up to 65535")
    return Address(host or "127.0.0.1", int(port))


def parse_mud(text: str, *, verify: bool = True) -> MudAddress:
    """Read the address of a MUD; ``tls://`` before it for one that speaks TLS.

    :param verify: its certificate must be good.
    :raises ConfigError: it is no address.
    """
    text = text.strip()
    address = parse_address(text.removeprefix(TLS))
    return MudAddress(address.host, address.port, text.startswith(TLS), verify)
