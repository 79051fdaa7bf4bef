"""The order in which plugins are loaded, and why some cannot be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as PackageRequirement
from packaging.specifiers import SpecifierSet

from bastproxy.libs.plugins.errors import PluginError

PHASE = "dependencies"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A plugin that another one needs, in the versions that will do."""

    plugin_id: str
    versions: SpecifierSet = field(default_factory=SpecifierSet)

    def allows(self, version: int) -> bool:
        """Say whether ``version`` will do."""
        return not self.versions or (version >= 0 and self.versions.contains(str(version)))

    def __str__(self) -> str:
        return f"{self.plugin_id} {self.versions}".strip()


def parse_requirement(text: object) -> Requirement:
    """Read ``plugins.games.base`` or ``plugins.games.base >= 2``.

    :raises ValueError: it is neither.
    """
    requirement = _parse(text) if isinstance(text, str) else None
    if requirement is None:
        raise ValueError(
            f"{text!r} is no dependency; write a plugin id, with a version if need be: "
            "'plugins.games.base >= 2'"
        )
    return requirement


@lru_cache(maxsize=4096)
def _parse(text: str) -> Requirement | None:
    if text.isascii() and text.replace(".", "").replace("_", "").isalnum():
        return Requirement(text)  # the usual case, and a hundred times cheaper
    try:
        parsed = PackageRequirement(text)
    except InvalidRequirement:
        return None
    if parsed.extras or parsed.url or parsed.marker:
        return None  # these mean something for distributions only
    return Requirement(parsed.name, parsed.specifier)


@dataclass(slots=True)
class Resolution:
    """What to load, in order, and what cannot be, with the reason.

    :ivar needs: what each plugin in ``order`` needs.
    """

    order: list[str] = field(default_factory=list)
    bad: dict[str, PluginError] = field(default_factory=dict)
    needs: dict[str, Sequence[Requirement]] = field(default_factory=dict)


#: Returns what a plugin needs; raises PluginError with the reason why it cannot be loaded.
Needs = Callable[[str], Sequence[Requirement]]
#: Returns why a requirement cannot be met by the plugin as it is, or nothing.
Check = Callable[[Requirement], str]
#: Returns the error about a plugin, given the reason and the id of the plugin that it needs.
Blame = Callable[[str, str, str], PluginError]


def blame_nowhere(plugin_id: str, reason: str, needed: str) -> PluginError:
    """Return the error about a plugin without the place where it says what it needs."""
    return PluginError(plugin_id, PHASE, reason)


def resolve(
    wanted: Iterable[str],
    needs: Needs,
    check: Check | None = None,
    blame: Blame = blame_nowhere,
) -> Resolution:
    """Order plugins after what they need.

    A plugin whose needs cannot be met is bad, with all that need it, and nobody else.

    :param wanted: plugin ids, in the order in which they are asked for.
    :param needs: called once for each plugin met.
    :param blame: called once for each plugin whose needs cannot be met.
    """
    resolver = _Resolver(needs, check, blame)
    for plugin_id in wanted:
        resolver.visit(plugin_id)
    return resolver.resolution


def find_path(start: str, goal: str, needs: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the shortest way along what plugins need, both ends included, or nothing.

    From a plugin to itself it is the shortest cycle.
    """
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        current = waiting.popleft()
        for needed in needs(current):
            if needed in came_from:
                continue
            came_from[needed] = current
            if needed == goal:
                return _way_back(start, goal, came_from)
            waiting.append(needed)
    return []


def _way_back(start: str, goal: str, came_from: dict[str, str]) -> list[str]:
    way = [goal]
    while len(way) == 1 or way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


def in_order(plugin_ids: Iterable[str], needs: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the plugins after those of them that they need, otherwise as they come."""
    remaining = dict.fromkeys(plugin_ids)
    order: dict[str, None] = {}
    for plugin_id in remaining:
        waiting = [plugin_id]
        while waiting:
            missing = [
                name
                for name in needs(waiting[-1])
                if name in remaining and name not in order and name not in waiting
            ]
            if missing:
                waiting.append(missing[0])
            else:
                order[waiting.pop()] = None
    return list(order)


class _Resolver:
    """A depth-first walk with its own stack, so that a long chain is no problem."""

    def __init__(self, needs: Needs, check: Check | None, blame: Blame) -> None:
        self._needs = needs
        self._check = check
        self._blame = blame
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
            needs = self._needs(plugin_id)
        except PluginError as error:
            self._done.add(plugin_id)
            self.resolution.bad[plugin_id] = error
        else:
            self._path[plugin_id] = list(needs)
            self.resolution.needs[plugin_id] = needs

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
        error = self.resolution.bad.get(needed)
        if error is not None:
            self._fail(current, because(needed, error), needed)
        elif self._check is not None and (reason := self._check(requirement)):
            self._fail(current, reason, needed)

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
            self._fail(member, circular(cycle), cycle[1])

    def _fail(self, plugin_id: str, reason: str, needed: str) -> None:
        if plugin_id not in self.resolution.bad:
            self.resolution.bad[plugin_id] = self._blame(plugin_id, reason, needed)


def circular(path: Iterable[str]) -> str:
    """Return the message about a cycle, given all its members and the first one again."""
    return f"circular dependency: {' -> '.join(path)}"


def because(plugin_id: str, error: PluginError) -> str:
    """Return why a plugin cannot be loaded when ``plugin_id``, which it needs, cannot."""
    if error.phase == PHASE and error.reason.startswith("it needs"):
        return error.reason  # the first cause, and not a chain
    reason = error.reason if error.phase == PHASE else error.message
    return f"it needs {plugin_id}: {reason}"
