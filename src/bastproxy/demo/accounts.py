"""Names that a password keeps, as long as the game runs."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Final

from bastproxy.demo.entities import Player

MAX_ACCOUNTS: Final = 500
MAX_PASSWORD: Final = 128
MIN_PASSWORD: Final = 4
_COST: Final = 2**12


@dataclass(slots=True)
class Account:
    """One kept name: its password, hashed, and its character."""

    salt: bytes
    digest: bytes
    player: Player


class Accounts:
    """The kept names, in any case."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def has(self, name: str) -> bool:
        """Return whether a password keeps the name."""
        return name.lower() in self._accounts

    def keep(self, player: Player, password: str) -> bool:
        """Keep a player's name with a password; False when there are too many names."""
        key = player.name.lower()
        if key not in self._accounts and len(self._accounts) >= MAX_ACCOUNTS:
            return False
        salt = os.urandom(16)
        self._accounts[key] = Account(salt, _digest(password, salt), player)
        return True

    def enter(self, name: str, password: str) -> Player | None:
        """Return the character of that name, if the password is right."""
        account = self._accounts.get(name.lower())
        if account is None:
            return None
        if hmac.compare_digest(account.digest, _digest(password, account.salt)):
            return account.player
        return None


def _digest(password: str, salt: bytes) -> bytes:
    secret = password.encode("utf-8", "surrogateescape")
    return hashlib.scrypt(secret, salt=salt, n=_COST, r=8, p=1)
