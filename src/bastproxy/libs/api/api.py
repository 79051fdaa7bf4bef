"""API: an owner's way to everybody's APIs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bastproxy.libs.api.registry import Registry

_running: list[Registry] = []


def run_registry(registry: Registry) -> None:
    """Make ``registry`` the one that new API objects speak to.

    :raises RuntimeError: another one is in use; one proxy runs in a process at a time.
    """
    if _running:
        raise RuntimeError("a proxy is running in this process already")
    _running.append(registry)


def stop_registry(registry: Registry) -> None:
    """Undo :func:`run_registry`."""
    if registry in _running:
        _running.remove(registry)


class API:
    """Looks up APIs by name for one owner; its look-ups are counted for that owner.

    ::

        api = API(owner_id="plugins.games.mine")
        api("plugins.core.proxy:send")("look")

    :param owner_id: who asks; a module's ``__name__`` will do.
    :param registry: where to look; the running proxy's by default.
    :raises RuntimeError: no proxy is running.
    """

    __slots__ = ("__weakref__", "_lookups", "_registry", "owner_id")

    def __init__(self, owner_id: str = "", registry: Registry | None = None) -> None:
        if registry is None:
            if not _running:
                raise RuntimeError(
                    "API objects need a running proxy (in tests: bastproxy.testing.ProxyHarness)"
                )
            registry = _running[-1]
        self.owner_id = owner_id.removeprefix("bastproxy.")
        self._registry = registry
        self._lookups = registry.lookups_of(self.owner_id)

    def __call__(self, name: str) -> Callable[..., Any]:
        """Return the function behind ``<owner>:<dotted.name>``.

        :raises APINotFoundError: nobody offers it.
        """
        try:
            lookup = self._lookups[name]
        except KeyError:
            lookup = self._registry.look_up(name, self.owner_id)
        lookup.count += 1
        return lookup.function

    def has(self, name: str) -> bool:
        """Say whether a call with this name would find something."""
        return self._registry.has(name, self.owner_id)

    def __repr__(self) -> str:
        return f"API(owner_id={self.owner_id!r})"
