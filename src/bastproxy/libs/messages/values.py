"""The last value of each name, bounded in number and in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MAX_VALUES: Final = 1024
MAX_BYTES: Final = 1 << 20


class Values(Generic[T]):
    """Values by key; those that were set longest ago go first when there are too many.

    :param max_bytes: of all of them together.
    :ivar size: bytes.
    """

    def __init__(self, max_values: int = MAX_VALUES, max_bytes: int = MAX_BYTES) -> None:
        self.size = 0
        self._max_values = max_values
        self._max_bytes = max_bytes
        self._values: dict[str, tuple[T, int]] = {}

    def put(self, key: str, value: T, size: int) -> None:
        """Set a value.

        :param size: its bytes, the key's included.
        """
        values = self._values
        old = values.pop(key, None)
        if old is not None:
            self.size -= old[1]
        values[key] = (value, size)
        self.size += size
        while self.size > self._max_bytes or len(values) > self._max_values:
            _, dropped = values.pop(next(iter(values)))
            self.size -= dropped

    def get(self, key: str) -> T | None:
        """Return a value, or None."""
        found = self._values.get(key)
        return None if found is None else found[0]

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()
        self.size = 0

    def items(self) -> Iterator[tuple[str, T]]:
        """Return keys and values, those set longest ago first."""
        for key, (value, _) in list(self._values.items()):
            yield key, value

    def __len__(self) -> int:
        return len(self._values)
