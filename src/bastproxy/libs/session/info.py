"""The state of the session, in lines for a player."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.connection import Connection
from bastproxy.libs.net.mud import MudConnection
from bastproxy.libs.net.telnet import name_of
from bastproxy.libs.net.telnet.constants import ECHO, EOR_OPTION, GMCP, NAWS, SGA, TTYPE


def session_info(
    listening: tuple[str, int] | None,
    address: tuple[str, int] | None,
    mud: MudConnection | None,
    clients: Iterable[ClientConnection],
) -> list[str]:
    """Describe the connections and what went over them."""
    lines = [f"listening on  {_at(listening)}", f"the MUD       {_at(address)}"]
    if mud is None:
        lines.append("              not connected")
    else:
        lines.append(f"              connected to {mud.peer_name} {_since(mud)}")
        lines.append(f"              {_counts(mud)}")
        lines.append(f"              telnet: {_options(mud)}")
    for client in clients:
        lines.append(f"{client.client_id:<13} {client.peer_name} {_since(client)}")
        left_out = client.lines_left_out
        missed = f", {left_out} lines left out: it reads too slowly" if left_out else ""
        lines.append(f"              {_counts(client)}{missed}")
        lines.append(f"              telnet: {_options(client)}")
    return lines


def _at(address: tuple[str, int] | None) -> str:
    return f"{address[0]} {address[1]}" if address is not None else "unknown"


def _since(connection: Connection) -> str:
    seconds = int((datetime.now().astimezone() - connection.connected_at).total_seconds())
    hours, rest = divmod(max(seconds, 0), 3600)
    return f"for {hours}:{rest // 60:02}:{rest % 60:02}"


def _counts(connection: Connection) -> str:
    return (
        f"received {connection.lines_received} lines, {connection.bytes_received} bytes; "
        f"sent {connection.lines_sent} lines, {connection.bytes_sent} bytes"
    )


def _options(connection: Connection) -> str:
    telnet = connection.telnet
    return (
        " ".join(
            name_of(option)
            for option in (ECHO, SGA, TTYPE, EOR_OPTION, NAWS, GMCP)
            if telnet.is_local(option) or telnet.is_remote(option)
        )
        or "no options"
    )
