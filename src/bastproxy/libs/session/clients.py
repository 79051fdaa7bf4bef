"""The connected clients, together."""

from __future__ import annotations

from collections.abc import Iterable

from bastproxy.libs.net.client import ClientConnection


class Clients(dict[str, ClientConnection]):
    """The connected clients by id, in the order in which they came."""

    def among(self, client_ids: Iterable[str] | None) -> list[ClientConnection]:
        """Return those of these ids that are connected, each once; None is all."""
        if client_ids is None:
            return list(self.values())
        return [self[client_id] for client_id in dict.fromkeys(client_ids) if client_id in self]

    def set_echo(self, on: bool) -> None:
        """Take over the echo of all, or give it back."""
        for client in self.values():
            client.set_echo(on)

    def read(self, on: bool) -> None:
        """Take bytes from all, or from none."""
        for client in self.values():
            if on:
                client.resume_reading()
            else:
                client.pause_reading()

    def end_prompts(self) -> None:
        """The MUD was told something, or is gone: its prompt asks nothing any more."""
        for client in self.values():
            client.end_prompt()

    def flush(self) -> None:
        """Write what is queued for each."""
        for client in list(self.values()):
            client.flush()
