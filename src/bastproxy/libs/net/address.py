"""Where a MUD is, and how to speak with it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class MudAddress(NamedTuple):
    """A MUD's address.

    :ivar tls: it speaks TLS.
    :ivar verify: its certificate must be good; otherwise any is taken.
    """

    host: str
    port: int
    tls: bool = False
    verify: bool = True

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls://' if self.tls else ''}{host}:{self.port}"


class MudOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the player wants of the connection to the MUD.

    :ivar compress: agree to MCCP2 and MCCP3.
    :ivar ip_address: tell the MUD the address of the player's client (MNES IPADDRESS).
    :ivar encoding: the MUD's, as a Python codec; empty: UTF-8, unless the MUD proposes another.
    :ivar keep_alive: send a NOP when nothing went over the connection for so many seconds;
        0 is never.
    """

    compress: bool = True
    ip_address: bool = False
    encoding: str = ""
    keep_alive: float = 0.0
