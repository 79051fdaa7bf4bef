"""The order in which plugins are loaded, and why some cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as PackageRequirement
from packaging.specifiers import SpecifierSet


@dataclass(frozen=True, slots=True)
class Requirement:
    """A plugin that another one needs, in the versions that will do."""

    plugin_id: str
    versions: SpecifierSet = field(default_factory=SpecifierSet)

    def allows(self, version: int) -> bool:
        """Say whether ``version`` will do."""
        return not self.versions or self.versions.contains(str(version))

    def __str__(self) -> str:
        return f"{self.plugin_id} {self.versions}".strip()


def parse_requirement(text: str) -> Requirement:
    """Read ``plugins.games.base`` or ``plugins.games.base >= 2``.

    :raises ValueError: it is neither.
    """
    if text.isascii() and text.replace(".", "").replace("_", "").isalnum():
        return Requirement(text)  # the usual case, and a hundred times cheaper
    try:
        parsed = PackageRequirement(text)
    except InvalidRequirement as error:
        raise ValueError(
            f"{text!r} is no dependency; write a plugin id, with a version if need be: "
            "'plugins.games.base >= 2'"
        ) from error
    return Requirement(parsed.name, parsed.specifier)


@dataclass(slots=True)
class Resolution:
    """What to load, in order, and what cannot be, with the reason."""

    order: list[str] = field(default_factory=list)
    bad: dict[str, str] = field(default_factory=dict)


#: Returns what a plugin needs; raises LookupError or ValueError with the reason why not.
Needs = Callable[[str], Sequence[Requirement]]
#: Returns why a requirement cannot be met by the plugin as it is, or nothing.
Check = Callable[[Requirement], str]


def resolve(wanted: Iterable[str], needs: Needs, check: Check | None = None) -> Resolution:
    """Order plugins after what they need.

    A plugin whose needs cannot be met is bad, with all that need it, and nobody else.

    :param wanted: plugin ids, in the order in which they are asked for.
    :param needs: called once for each plugin met.
    """
    resolver = _Resolver(needs, check)
    for plugin_id in wanted:
        resolver.visit(plugin_id)
    return resolver.resolution


class _Resolver:
    """A depth-first walk with its own stack, so that a long chain is no problem."""

    def __init__(self, needs: Needs, check: Check | None) -> None:
        self._needs = needs
        self._check = check
        self._done: set[str] = set()
        self._path: dict[str, list[Requirement]] = {}  # plugin -> needs not looked at yet
        self.resolution = Resolution()

    def visit(self, plugin_id: str) -> None:
        self._enter(plugin_id)
        while self._path:
            current, remaining = next(reversed(self._path.items()))
            if remaining:
                self._follow(current, remaining.pop(0))
            else:
                self._leave(current)

    def _enter(self, plugin_id: str) -> None:
        if plugin_id in self._done or plugin_id in self._path:
            return
        try:
            self._path[plugin_id] = list(self._needs(plugin_id))
        except (LookupError, ValueError) as error:
            self._done.add(plugin_id)
            self.resolution.bad[plugin_id] = str(error)

    def _follow(self, current: str, requirement: Requirement) -> None:
        needed = requirement.plugin_id
        if needed in self._path:
            self._report_cycle(needed)
            return
        if needed not in self._done:
            self._enter(needed)
            if needed in self._path:
                self._path[current].insert(0, requirement)  # look again when it is done
                return
        reason = self.resolution.bad.get(needed, "")
        if reason:
            self._fail(current, _because(needed, reason))
        elif self._check is not None and (reason := self._check(requirement)):
            self._fail(current, reason)

    def _leave(self, plugin_id: str) -> None:
        del self._path[plugin_id]
        self._done.add(plugin_id)
        if plugin_id not in self.resolution.bad:
            self.resolution.order.append(plugin_id)

    def _report_cycle(self, start: str) -> None:
        path = list(self._path)
        members = path[path.index(start) :]
        for index, member in enumerate(members):
            cycle = [*members[index:], *members[:index], member]
            self._fail(member, f"circular dependency: {' -> '.join(cycle)}")

    def _fail(self, plugin_id: str, reason: str) -> None:
        self.resolution.bad.setdefault(plugin_id, reason)


def _because(plugin_id: str, reason: str) -> str:
    return reason if reason.startswith("it needs") else f"it needs {plugin_id}: {reason}"
