"""Named callables: what plugins and the proxy offer to each other."""

from bastproxy.libs.api.add import AddAPI
from bastproxy.libs.api.api import API
from bastproxy.libs.api.errors import APINotFoundError
from bastproxy.libs.api.registry import Registration, Registry

__all__ = ["API", "APINotFoundError", "AddAPI", "Registration", "Registry"]
