"""Who may connect, and the passwords of the proxy: hashed, stored, tried, refused."""

from bastproxy.libs.access.attempts import Attempts
from bastproxy.libs.access.bans import Ban, Bans
from bastproxy.libs.access.passwords import AccessError, Kind, Passwords
from bastproxy.libs.access.vault import Vault, VaultError

__all__ = ["AccessError", "Attempts", "Ban", "Bans", "Kind", "Passwords", "Vault", "VaultError"]
