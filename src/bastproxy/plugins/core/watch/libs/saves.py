"""From files that were saved to plugins that reload: which, together with which, in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bastproxy.libs.plugins import PluginError, ReloadResult

#: The digests of the files of a plugin that are not what runs, by path; empty for one gone.
Content = Mapping[str, bytes]

#: A content that did not run, and what was said of it.
Failure = tuple[dict[str, bytes], str]

#: Plugins that do not run as one, and why.
Refused = tuple[list[str], PluginError]

#: What goes wrong in these phases, no other plugin mends.
OWN_FAULTS = ("compile", "metadata")


@dataclass(slots=True)
class Report:
    """What became of one burst.

    :ivar reloaded: the plugins that run new code.
    :ivar milliseconds: how long that took, all in all.
    :ivar swap_milliseconds: how much of it went from old instances to new ones.
    :ivar errors: what is wrong with the others, as far as it was not said before.
    """

    reloaded: list[str] = field(default_factory=list)
    milliseconds: float = 0.0
    swap_milliseconds: float = 0.0
    errors: list[PluginError] = field(default_factory=list)


class Saves:
    """Takes one burst of saved files after the other.

    Plugins of one burst that depend on each other reload as one; the others each for
    themselves, so that nobody waits for a stranger's mistake.  What does not run is tried
    again when it is saved again, or when something that it has to do with is.

    :param failed: what did not run, by plugin; kept up to date here.
    :param dependents: returns what depends on a plugin.
    :param reload: reloads plugins as one.
    """

    def __init__(
        self,
        failed: dict[str, Failure],
        dependents: Callable[[str], Collection[str]],
        reload: Callable[[Sequence[str]], ReloadResult],
    ) -> None:
        self._failed = failed
        self._dependents = dependents
        self._reload = reload

    def take(self, changed: Mapping[str, Content]) -> Report:
        """Reload what is worth a try.

        :param changed: by plugin, in the order of loading, what is not as it runs; those of
            the burst, and all that failed before.  Nothing, where that has been taken back.
        """
        for plugin_id in [name for name in self._failed if not changed.get(name)]:
            del self._failed[plugin_id]
        new = [name for name, content in changed.items() if content and self._is_new(name, content)]
        related = self._related(list(changed))
        again = [
            name for name in self._failed if name not in new and related[name].intersection(new)
        ]
        report = Report()
        failures = self._in_rounds([*_groups(new, related), *_groups(again, related)], report)
        left = [name for group, _ in failures for name in group]
        for group in _groups([name for name in changed if name in left], related):
            if group not in [tried for tried, _ in failures]:
                self._try(group, report)  # those that do not run one by one may run as one
        for group, error in failures:
            if not set(group).issubset(report.reloaded):
                self._note(group, error, changed, report)
        return report

    def _is_new(self, plugin_id: str, content: Content) -> bool:
        return plugin_id not in self._failed or self._failed[plugin_id][0] != content

    def _related(self, names: Sequence[str]) -> dict[str, set[str]]:
        """Return, by plugin, those that it depends on or that depend on it, and itself."""
        related = {name: {name} for name in names}
        for name in names:
            for dependent in self._dependents(name):
                if dependent in related:
                    related[name].add(dependent)
                    related[dependent].add(name)
        return related

    def _in_rounds(self, groups: list[list[str]], report: Report) -> list[Refused]:
        """Reload groups until none gets any further, and return those that do not run."""
        final: list[Refused] = []
        waiting: list[Refused] = []
        while groups:
            done = len(report.reloaded)
            waiting = []
            for group in groups:
                # What has gone along with an earlier group need not go once more.
                wanted = [name for name in group if name not in report.reloaded]
                error = self._try(wanted, report) if wanted else None
                if error is not None:
                    (final if error.phase in OWN_FAULTS else waiting).append((wanted, error))
            if len(report.reloaded) == done:
                break
            groups = [group for group, _ in waiting]
        return [*final, *waiting]

    def _try(self, group: Sequence[str], report: Report) -> PluginError | None:
        result = self._reload(group)
        report.milliseconds += result.milliseconds
        report.swap_milliseconds += result.swap_milliseconds
        report.reloaded += result.members
        for name in result.members:
            self._failed.pop(name, None)
        return result.error

    def _note(
        self,
        group: Sequence[str],
        error: PluginError,
        changed: Mapping[str, Content],
        report: Report,
    ) -> None:
        said = str(error)
        failures = {name: (dict(changed[name]), said) for name in group}
        if any(self._failed.get(name) != failure for name, failure in failures.items()):
            report.errors.append(error)
        self._failed.update(failures)


def _groups(names: Sequence[str], related: Mapping[str, set[str]]) -> list[list[str]]:
    """Put together what is related, directly or over others of ``names``; keep the order."""
    groups: list[list[str]] = []
    for name in names:
        mine = [group for group in groups if related[name].intersection(group)]
        groups = [group for group in groups if group not in mine]
        together = {name, *_names(mine)}
        groups.append([other for other in names if other in together])
    return groups


def _names(groups: Iterable[list[str]]) -> list[str]:
    return [name for group in groups for name in group]
