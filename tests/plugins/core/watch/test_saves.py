from collections.abc import Sequence

from bastproxy.libs.plugins import PluginError, ReloadResult
from bastproxy.plugins.core.watch.libs import Saves


class Proxy:
    """Stands for the loader: some contents run, some do not; some go along."""

    def __init__(self, **dependents: Sequence[str]) -> None:
        self.dependents = {name: list(names) for name, names in dependents.items()}
        self.along: dict[str, list[str]] = {}
        self.broken: dict[str, str] = {}
        self.calls: list[list[str]] = []
        self.failed: dict[str, tuple[dict[str, bytes], str]] = {}
        self.saves = Saves(self.failed, lambda name: self.dependents.get(name, ()), self.reload)

    def reload(self, names: Sequence[str]) -> ReloadResult:
        self.calls.append(list(names))
        members = [*names, *(more for name in names for more in self.along.get(name, ()))]
        for name in members:
            if name in self.broken:
                return ReloadResult([], 1.0, PluginError(name, "import", self.broken[name]))
        return ReloadResult(members, 1.0)

    def take(self, **contents: str) -> tuple[list[str], list[str]]:
        changed = {
            name: {f"/{name}.py": text.encode()} if text else {} for name, text in contents.items()
        }
        report = self.saves.take(changed)
        return report.reloaded, [str(error) for error in report.errors]


def test_strangers_reload_apart_and_one_does_not_hold_the_other_up():
    proxy = Proxy()
    proxy.broken["a"] = "no"
    assert proxy.take(a="1", b="1") == (["b"], ["a: import: no"])


def test_what_depends_on_each_other_reloads_as_one():
    proxy = Proxy(a=["c"], b=["c"])
    assert proxy.take(a="1", b="1", c="1", d="1") == (["a", "b", "c", "d"], [])
    assert proxy.calls == [["a", "b", "c"], ["d"]]


def test_a_failure_is_told_once_per_content():
    proxy = Proxy()
    proxy.broken["a"] = "no"
    assert proxy.take(a="1") == ([], ["a: import: no"])
    assert proxy.take(a="1") == ([], [])
    assert len(proxy.calls) == 1
    assert proxy.take(a="2") == ([], ["a: import: no"])


def test_nothing_is_tried_for_what_runs_already():
    proxy = Proxy()
    assert proxy.take(a="") == ([], [])
    assert proxy.calls == []


def test_a_failure_that_was_taken_back_is_forgotten():
    proxy = Proxy()
    proxy.broken["a"] = "no"
    proxy.take(a="1")
    proxy.take(a="")
    assert proxy.failed == {}
    assert proxy.take(a="1") == ([], ["a: import: no"])


def test_what_failed_is_tried_again_when_what_it_needs_is_saved():
    proxy = Proxy(base=["user"])
    proxy.broken["user"] = "base has no f"
    assert proxy.take(user="1") == ([], ["user: import: base has no f"])
    proxy.broken.clear()
    assert proxy.take(base="1", user="1") == (["base", "user"], [])
    assert proxy.failed == {}


def test_what_failed_is_left_alone_when_a_stranger_is_saved():
    proxy = Proxy()
    proxy.broken["a"] = "no"
    proxy.take(a="1")
    assert proxy.take(a="1", b="1") == (["b"], [])
    assert proxy.calls == [["a"], ["b"]]


def test_a_file_that_stays_broken_does_not_hold_up_what_it_depends_on():
    proxy = Proxy(base=["user"])
    proxy.broken["user"] = "no"
    proxy.take(user="1")
    assert proxy.take(base="1", user="1") == (["base"], [])
    assert proxy.take(base="2", user="1") == (["base"], [])


def test_a_failure_that_another_plugin_of_the_burst_mends_is_not_told():
    proxy = Proxy()
    proxy.broken["a"] = "b has no f"  # and it does not say that it needs b

    def mend(names: Sequence[str]) -> ReloadResult:
        result = Proxy.reload(proxy, names)
        if "b" in names:
            proxy.broken.clear()
        return result

    proxy.saves = Saves(proxy.failed, lambda name: (), mend)
    assert proxy.take(a="1", b="1") == (["b", "a"], [])


def test_two_that_run_only_together_come_together_over_two_bursts():
    proxy = Proxy(base=["user"])

    def only_together(names: Sequence[str]) -> ReloadResult:
        if len(names) == 1:
            return ReloadResult([], 1.0, PluginError(names[0], "import", "alone"))
        return ReloadResult(list(names), 1.0)

    proxy.saves = Saves(proxy.failed, lambda name: proxy.dependents.get(name, ()), only_together)
    assert proxy.take(base="1") == ([], ["base: import: alone"])
    assert proxy.take(base="1", user="1") == (["base", "user"], [])


def test_what_went_along_is_not_reloaded_once_more():
    proxy = Proxy()
    proxy.along["a"] = ["b"]
    assert proxy.take(a="1", b="1") == (["a", "b"], [])
    assert proxy.calls == [["a"]]


def test_two_related_failures_are_both_told():
    proxy = Proxy(base=["user"])
    proxy.broken.update(base="bad", user="worse")
    assert proxy.take(base="1") == ([], ["base: import: bad"])
    assert proxy.take(base="1", user="1") == ([], ["user: import: worse"])
    assert proxy.take(base="2", user="1") == ([], ["base: import: bad"])
