"""The connections, described in lines for a player."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.connection import Connection
from bastproxy.libs.net.mud import MudConnection

_INDENT: Final = " " * 14
_ENOUGH: Final = 1024
"""Bytes below which a ratio of compression says nothing."""


def session_info(
    listening: Iterable[str],
    address: MudAddress | None,
    mud: MudConnection | None,
    clients: Iterable[ClientConnection],
    *,
    connecting: bool = False,
) -> list[str]:
    """Describe all connections: what they agreed on, and what went over them.

    :param listening: where clients connect.
    :param connecting: an attempt to connect the MUD is under way.
    """
    lines = [f"listening on  {', '.join(listening) or 'nothing'}"]
    lines.append(f"the MUD       {address if address is not None else 'unknown'}")
    missing = "connecting" if connecting else "not connected"
    lines += [f"{_INDENT}{line}" for line in (mud_info(mud) if mud else [missing])]
    for client in clients:
        first, *rest = client_info(client)
        lines.append(f"{client.client_id:<13} {first}")
        lines += [f"{_INDENT}{line}" for line in rest]
    return lines


def mud_info(mud: MudConnection) -> list[str]:
    """Describe the connection to the MUD."""
    marks = "marks its prompts (GA, EOR)" if mud.marks_prompts else "does not mark its prompts"
    return [f"connected to {mud.peer_name} {_since(mud)}", *_connection(mud), marks]


def client_info(client: ClientConnection) -> list[str]:
    """Describe the connection of a client."""
    who = " ".join(dict.fromkeys(client.terminal.names)) or "terminal unknown"
    size = f"{client.width}x{client.height}" if client.width else "size unknown"
    may = "watches" if client.view_only else "plays"
    lines = [f"{client.peer_name} {_since(client)}, {may}", f"{who}, {size}", *_connection(client)]
    if client.environ:
        lines.append(" ".join(f"{name}={value}" for name, value in client.environ.items()))
    left_out = client.lines_left_out
    if left_out or client.queued:
        lines.append(
            f"it reads too slowly: {_count(client.queued, 'byte')} waiting, "
            f"{_count(left_out, 'line')} left out"
        )
    return lines


def _connection(connection: Connection) -> list[str]:
    rtt = connection.rtt()
    lines = [
        f"received {_amount(connection.lines_received, connection.bytes_received)}"
        + _ratio(connection.compressed_in, connection.ratio_in, connection.telnet.inflated_out),
        f"sent {_amount(connection.lines_sent, connection.bytes_sent)}"
        + _ratio(
            connection.compressed_out,
            connection.ratio_out,
            connection.bytes_sent * (connection.ratio_out or 0),
        ),
        f"round trip {f'{rtt * 1000:.1f} ms' if rtt is not None else 'unknown'}, "
        f"idle {_span(connection.idle_for())}, encoding {connection.encoding}",
        f"telnet: {', '.join(connection.options()) or 'no options'}",
    ]
    if connection.tls:
        lines.append(connection.tls)
    return lines


def _amount(lines: int, size: int) -> str:
    return f"{_count(lines, 'line')}, {_count(size, 'byte')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _ratio(on: bool, ratio: float | None, size: float) -> str:
    if ratio is None or size <= _ENOUGH:
        return ""
    return f", compressed {ratio:.1f} : 1" + ("" if on else " (no longer)")


def _since(connection: Connection) -> str:
    return f"for {_span(connection.lasted)}"


def _span(seconds: float) -> str:
    hours, rest = divmod(max(int(seconds), 0), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
