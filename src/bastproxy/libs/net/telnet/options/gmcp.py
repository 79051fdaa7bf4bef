"""Messages with JSON in them: the Generic MUD Communication Protocol.

https://www.ironrealms.com/rapture/manual/files/FeatGMCP-txt.html describes it.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from bastproxy.libs.net.telnet.options.text import decode, encode

# Some MUDs leave out the space before the data.
_MESSAGE: Final = re.compile(r"\s*+([^\s{\[\"]*+)\s*+(.*)", re.DOTALL | re.ASCII)
_PACKAGE: Final = re.compile(r"[^\s{\[\"]+", re.ASCII)


class GmcpError(ValueError):
    """A message that cannot be read, or made; the text says why."""


def split(body: bytes) -> tuple[str, str]:
    """Return the package as it was sent, such as ``Char.Vitals``, and its data as text."""
    found = _MESSAGE.match(decode(body))
    assert found is not None  # it matches anything
    return found[1], found[2].rstrip(" \t\r\n")


def parse(body: bytes) -> tuple[str, Any]:
    """Return the package as it was sent, and its data; None where it has none.

    :raises GmcpError: the data is not JSON.
    """
    package, text = split(body)
    return package, load(text)


def load(text: str) -> Any:
    """Return the data that JSON text holds; None for no text.

    :raises GmcpError: it is not JSON.
    """
    if not text:
        return None
    try:
        # MUDs put tabs and colour codes into strings as they are, which strict JSON forbids.
        return json.loads(text, strict=False)
    except RecursionError:
        raise GmcpError("not JSON that can be read: it is nested too deeply") from None
    except ValueError as error:
        raise GmcpError(f"not JSON: {error}") from None


def pack(package: str, data: Any = None) -> bytes:
    """Return the body of a message; without data, the package alone.

    :raises GmcpError: the package is no name, or JSON cannot hold the data.
    """
    if _PACKAGE.fullmatch(package) is None:
        raise GmcpError(f"not the name of a GMCP package: {package!r}")
    if data is None:
        return encode(package)
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except RecursionError:
        raise GmcpError(f"{package}: the data is nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise GmcpError(f"{package}: JSON cannot hold the data: {error}") from None
    return encode(f"{package} {text}")
