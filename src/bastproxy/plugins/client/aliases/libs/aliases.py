"""All aliases of the players."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bastproxy.libs.triggers import Matcher
from bastproxy.plugins.client.aliases.libs.alias import Alias, check


class Aliases:
    """The aliases by name, in the order in which they came; those that are on match."""

    def __init__(self) -> None:
        self._by_name: dict[str, Alias] = {}
        self._matcher: Matcher[str] = Matcher()

    def put(self, alias: Alias) -> None:
        """Add an alias, or replace the one of its name.

        :raises ValueError: it cannot be used; the message says why.
        """
        pattern = check(alias)
        self._matcher.remove(alias.name)
        self._by_name[alias.name] = alias
        if alias.enabled:
            self._matcher.add(alias.name, pattern, alias.priority)

    def remove(self, name: str) -> bool:
        """Remove an alias; False when there is none of that name."""
        self._matcher.remove(name)
        return self._by_name.pop(name, None) is not None

    def switch(self, names: Sequence[str], on: bool) -> list[Alias]:
        """Switch aliases on or off, and return those that were otherwise before."""
        changed = [
            replace(self._by_name[name], enabled=on)
            for name in names
            if self._by_name[name].enabled != on
        ]
        for alias in changed:
            self.put(alias)
        return changed

    def of_group(self, group: str) -> list[str]:
        """Return the names of the aliases of a group."""
        return [alias.name for alias in self if alias.group == group]

    def groups(self) -> list[str]:
        """Return the names of all groups."""
        return list(dict.fromkeys(alias.group for alias in self if alias.group))

    def find(
        self, command: str, within: Sequence[str] = ()
    ) -> tuple[Alias, str, dict[str, str]] | None:
        """Return the alias for a command, what is to be sent, and the values for its places.

        :param within: the aliases that the command comes from; the last of them is not meant, so
            that an alias may send what it is called itself.
        """
        own = within[-1] if within else None
        for name, found in self._matcher.match(command):
            if name != own:
                alias = self._by_name[name]
                return alias, *alias.text_and_values(found)
        return None

    def get(self, name: str) -> Alias | None:
        """Return an alias, or None."""
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[Alias]:
        return iter(list(self._by_name.values()))

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __len__(self) -> int:
        return len(self._by_name)
