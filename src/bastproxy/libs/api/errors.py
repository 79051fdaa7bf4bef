"""What can go wrong with an API."""

from __future__ import annotations

from collections.abc import Sequence


class APINotFoundError(LookupError):
    """Nobody offers the API.

    :ivar name: the name that was asked for.
    :ivar caller_id: who asked.
    :ivar nearest: names that resemble it, the most alike first.
    """

    def __init__(self, name: str, caller_id: str = "", nearest: Sequence[str] = ()) -> None:
        self.name = name
        self.caller_id = caller_id
        self.nearest = list(nearest)
        message = f"there is no API {name!r}"
        if caller_id:
            message += f" (asked for by {caller_id})"
        if nearest:
            message += f"; the nearest names are {', '.join(nearest)}"
        super().__init__(message)
