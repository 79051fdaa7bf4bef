"""``Core.Hello``: who introduces himself to the MUD."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

MAX_BYTES: Final = 8192
PROXY: Final = ""


class Hello:
    """The MUD hears one hello: the first client's own, or the proxy's where only plugins ask.

    :param own: the proxy's message.
    """

    def __init__(self, own: bytes) -> None:
        self._own = own
        self._said: dict[str, bytes] = {}
        self._greeter: str | None = None

    def begin(self, speakers: Collection[str]) -> bytes | None:
        """Return what to say to a MUD that has heard nothing, or None.

        :param speakers: the clients that have a say.
        """
        self._greeter = next((one for one in self._said if one in speakers), None)
        return None if self._greeter is None else self._said[self._greeter]

    def for_plugins(self) -> bytes | None:
        """Return the proxy's own hello, if nobody has said one."""
        if self._greeter is not None:
            return None
        self._greeter = PROXY
        return self._own

    def take(self, client_id: str, message: bytes) -> None:
        """Note the hello of a client."""
        if len(message) <= MAX_BYTES:
            self._said[client_id] = message

    def of(self, client_id: str) -> bytes | None:
        """Return the hello of a client, if it has said one."""
        return self._said.get(client_id)

    def may_speak(self, client_id: str, speakers: Collection[str]) -> bool:
        """Say whether the hello of a client goes to the MUD, and note that it does.

        Not while another one that has said it is here: the MUD would take them for one.
        """
        if self._greeter not in (None, PROXY, client_id) and self._greeter in speakers:
            return False
        self._greeter = client_id
        return True

    def forget(self, client_id: str) -> None:
        """Forget a client that is gone."""
        self._said.pop(client_id, None)
