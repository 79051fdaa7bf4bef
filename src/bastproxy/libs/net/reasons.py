"""Why connections fail and end, in a player's words."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import Final

from bastproxy.libs.net.tls import explain_tls

CLOSED_BY_PEER: Final = "the other end has closed the connection"
"""The reason of an orderly end which is not ours."""


def explain(error: OSError) -> str:
    """Say why a connection or a listener failed."""
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    if isinstance(error, ssl.SSLError):
        return explain_tls(error)
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if error.errno == errno.ECONNREFUSED:
        return "it refuses the connection; nothing listens there"
    return os.strerror(error.errno).lower() if error.errno else str(error)


def reason_of(exc: Exception | None) -> str:
    """Say why a connection ended, of which asyncio says this."""
    if exc is None:
        return CLOSED_BY_PEER
    if isinstance(exc, ConnectionResetError | BrokenPipeError):
        return "the connection was reset"
    return explain(exc) if isinstance(exc, OSError) else str(exc)
