"""Random lives of plugins that depend on each other, against a model of what must be loaded."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bastproxy.libs.plugins import ReloadResult
from bastproxy.libs.plugins.codestore import digest_of
from bastproxy.plugins.core.watch.libs import Failure, Places, Saves

IDS = [f"plugins.games.p{number}" for number in range(5)]
WAYS = ["metadata", "literal", "computed", "api"]
BREAKS = ["", "", "", "syntax", "metadata", "import", "__init__", "initialize"]

plugin_ids = st.sampled_from(IDS)


class Disk:
    """What the files of one plugin say."""

    def __init__(self) -> None:
        self.version = 0
        self.needs: list[str] = []
        self.way = "metadata"
        self.broken = ""
        self.takes = False

    def copy(self) -> Disk:
        copy = Disk()
        copy.__dict__.update(self.__dict__)
        return copy

    def source(self) -> str:
        lines = [
            "class Plugin(BasePlugin):",
            "    def __init__(self, plugin_id, plugin_info):",
            "        super().__init__(plugin_id, plugin_info)",
            f"        self.reload_dependents_f = {self.takes}",
        ]
        if self.way == "literal":
            lines.append(f"        self.dependencies = {self.needs!r}")
        for need in self.needs:
            if self.way == "computed":
                lines.append(f"        self.dependencies.append('plugins.' + {need[8:]!r})")
            elif self.way == "api":
                lines.append(f"        self.api(f'{{plugin_id}}:dependency.add')({need!r})")
        if self.broken == "__init__":
            lines.append("        raise ValueError('broken')")
        lines += ["    @AddAPI('answer')", f"    def _api_answer(self): return {self.version}"]
        lines += ["    @RegisterToEvent(event_name='ev_tick')", "    def _eventcb(self): pass"]
        lines += ["    @RegisterPluginHook('initialize')", "    def _phook_initialize(self):"]
        lines.append("        raise ValueError" if self.broken == "initialize" else "        pass")
        if self.broken == "import":
            lines.append("import sys; sys.exit('broken')")
        if self.broken == "syntax":
            lines.append("def broken(:")
        return "\n".join(lines)


class Machine(RuleBasedStateMachine):
    def __init__(self, rig: Any) -> None:
        super().__init__()
        self.rig = rig
        self.disk = {name: Disk() for name in IDS}
        self.loaded: dict[str, Disk] = {}
        self.versions = itertools.count(1)
        self.failed: dict[str, Failure] = {}
        self.tried = 0
        self.saves = Saves(
            self.failed,
            lambda name: self.rig.call("get.plugin.dependents", name),
            self._reload_checked,
        )

    @initialize(data=st.data())
    def write_all(self, data: Any) -> None:
        for name in IDS:
            self._draw(data, name, acyclic=True)

    @rule(data=st.data(), name=plugin_ids)
    def edit(self, data: Any, name: str) -> None:
        self._draw(data, name, acyclic=False)

    @rule(name=plugin_ids, how=st.sampled_from(BREAKS))
    def break_or_mend(self, name: str, how: str) -> None:
        self.disk[name].broken = how
        self._write(name)

    @rule(names=st.lists(plugin_ids, min_size=1, max_size=3))
    def load(self, names: list[str]) -> None:
        before = dict(self.loaded)
        result = self.rig.call("load.plugins", names)
        new = [name for name in self._actual() if name not in before]
        self._check_loaded(names, before, new)
        assert sorted(result["loaded_plugins"]) == sorted(new)
        assert set(result["already_loaded_plugins"]) == set(names) & set(before)
        for name in set(names) - set(self.loaded):
            assert name in result["bad_plugins"]
            assert name in self.rig.error(name)

    @rule(name=plugin_ids, dependents=st.booleans())
    def unload(self, name: str, dependents: bool) -> None:
        others = self._dependents(name)
        done = self.rig.call("unload.plugin", name, dependents)
        assert done is (name in self.loaded and (dependents or not others))
        if done:
            for gone in {name, *others}:
                del self.loaded[gone]

    @rule(name=plugin_ids)
    def reload(self, name: str) -> None:
        result = self._reload_checked([name])
        assert (name in self.loaded) or result.error is not None

    @rule(
        data=st.data(),
        saved=st.dictionaries(plugin_ids, st.sampled_from(BREAKS), min_size=1, max_size=3),
    )
    def save(self, data: Any, saved: dict[str, str]) -> None:
        """Save files of several plugins while the watcher looks on."""
        for name, how in saved.items():
            self.disk[name].broken = how
            if data.draw(st.booleans(), label=f"{name} needs others now"):
                self._draw(data, name, acyclic=data.draw(st.booleans(), label="acyclic"))
            else:
                self._write(name)
        self._see({str(path) for name in saved for path in self._package(name).rglob("*.py")})
        # The same once more: what failed is neither tried nor told again.
        tried = self.tried
        report = self._see({str(self._package(name) / "__init__.py") for name in saved})
        assert (self.tried, report.reloaded, report.errors) == (tried, [], [])

    @invariant()
    def what_is_loaded_is_what_the_model_says(self) -> None:
        order = self.rig.call("get.loaded.plugins.list")
        assert set(order) == set(self.loaded)
        assert len(order) == len(self.loaded)
        for name, disk in self.loaded.items():
            for need in disk.needs:
                assert need not in order or order.index(need) < order.index(name)

    @invariant()
    def everybody_answers_with_the_version_that_was_loaded(self) -> None:
        for name in IDS:
            loaded = self.loaded.get(name)
            assert self.rig.api.has(f"{name}:answer") is (loaded is not None)
            if loaded is not None:
                assert self.rig.ask(name) == loaded.version
                assert not self.rig.instance(name).is_reloading_f

    @invariant()
    def nothing_of_others_is_left(self) -> None:
        owners = {name for name in self.rig.kernel.ledger.owners() if name in IDS}
        assert owners == set(self.loaded)
        assert {name for name in self.rig.modules() if name in IDS} == set(self.loaded)
        event = self.rig.kernel.dispatcher.event("ev_tick")
        callbacks = [callback.owner_id for callback in event.active] if event else []
        assert sorted(callbacks) == sorted(self.loaded)

    def teardown(self) -> None:
        self.rig.close()
        # hypothesis remembers modules that it has searched for constants, but no instances
        assert not any(left["instance"] for left in self.rig.left_in_memory())

    def _draw(self, data: Any, name: str, *, acyclic: bool) -> None:
        disk = self.disk[name]
        others = IDS[: IDS.index(name)] if acyclic else IDS
        disk.needs = data.draw(
            st.lists(st.sampled_from(others), max_size=2, unique=True) if others else st.just([]),
            label=f"needs of {name}",
        )
        disk.way = data.draw(st.sampled_from(WAYS), label="way")
        disk.takes = data.draw(st.booleans(), label="takes its dependents along")
        self._write(name)

    def _write(self, name: str) -> None:
        disk = self.disk[name]
        disk.version = next(self.versions)
        metadata: dict[str, Any] = {}
        if disk.way == "metadata":
            metadata["dependencies"] = disk.needs
        if disk.broken == "metadata":
            metadata["version"] = "one"
        self.rig.write(name, disk.source(), **metadata)

    def _see(self, paths: set[str]) -> Any:
        """Do with changed paths what the watcher does, and check what became of the plugins."""
        loaded = [self.rig.call("get.plugin.info", name) for name in self._actual()]
        touched = Places(loaded).directories.touched(paths)
        known = {*touched, *self.failed}
        changed = {
            info.plugin_id: self._content(info.plugin_id)
            for info in loaded
            if info.plugin_id in known
        }
        report = self.saves.take(changed)
        for name, content in changed.items():
            if self._content(name):
                assert self.failed[name][0] == content
            else:
                assert name not in self.failed
                assert self.loaded[name].version == self.disk[name].version
        assert set(self.failed) <= set(changed)
        assert all(error.plugin_id in IDS for error in report.errors)
        return report

    def _content(self, name: str) -> dict[str, bytes]:
        changed = self.rig.call("plugin.get.changed.files", name)
        return {path: digest_of(Path(path).read_bytes()) for path in changed}

    def _package(self, name: str) -> Path:
        package: Path = self.rig.root.joinpath(*name.split(".")[1:])
        return package

    def _reload_checked(self, names: Sequence[str]) -> ReloadResult:
        """Reload plugins as one, and compare what became of it with the model."""
        self.tried += 1
        before = dict(self.loaded)
        instances = {key: self.rig.instance(key) for key in before}
        members = self._reload_set(names)
        result: ReloadResult = self.rig.call("reload.plugins", list(names))
        rest = {key: disk for key, disk in before.items() if key not in members}
        if result.error is not None:
            assert {key: self.rig.instance(key) for key in self._actual()} == instances
            closure = self._closure(members, rest)
            assert not set(names) <= set(before) or any(
                self._is_bad(key, rest) or self._on_cycle(key, rest) for key in closure
            )
            return result
        assert set(names) <= set(before)
        assert result.members == [name for name in self._actual() if name in members]
        assert all(self.rig.instance(key) is not instances[key] for key in members)
        self._check_loaded(members, rest, [key for key in self._actual() if key not in rest])
        assert set(members) <= set(self.loaded)
        return result

    def _actual(self) -> list[str]:
        return [name for name in self.rig.call("get.loaded.plugins.list") if name in IDS]

    def _check_loaded(self, wanted: list[str], before: dict[str, Disk], new: list[str]) -> None:
        """Compare what was newly loaded with what must and what may be; take it over."""
        closure = self._closure(wanted, before)
        bad = {name for name in closure if self._is_bad(name, before)}
        unsure = {name for name in closure if self._on_cycle(name, before)}
        bad = self._with_dependents(bad, closure)
        unsure = self._with_dependents(unsure, closure)
        assert not set(new) & bad
        assert set(new) <= set(closure)
        good = [name for name in wanted if name not in before and name not in bad | unsure]
        assert set(self._closure(good, before)) <= set(new)
        self.loaded = {**before, **{name: self.disk[name].copy() for name in new}}

    def _closure(self, wanted: list[str], before: dict[str, Disk]) -> list[str]:
        found: dict[str, None] = {}
        waiting = [name for name in wanted if name not in before]
        while waiting:
            name = waiting.pop()
            if name not in found and name not in before:
                found[name] = None
                waiting += self.disk[name].needs
        return list(found)

    def _is_bad(self, name: str, before: dict[str, Disk]) -> bool:
        """Broken, or on a cycle of plugins that all are to be loaded, or else all are."""
        fresh = {key: disk.needs for key, disk in self.disk.items() if key not in before}
        running = {key: disk.needs for key, disk in before.items()}
        return (
            bool(self.disk[name].broken)
            or _reaches(name, fresh)
            or _reaches(name, {**running, name: self.disk[name].needs})
        )

    def _on_cycle(self, name: str, before: dict[str, Disk]) -> bool:
        return _reaches(name, {key: {**self.disk, **before}[key].needs for key in IDS})

    def _with_dependents(self, names: set[str], closure: list[str]) -> set[str]:
        found = set(names)
        while True:
            more = {name for name in closure if set(self.disk[name].needs) & found} - found
            if not more:
                return found
            found |= more

    def _dependents(self, name: str) -> set[str]:
        found = {name}
        while True:
            more = {key for key, disk in self.loaded.items() if set(disk.needs) & found} - found
            if not more:
                return found - {name}
            found |= more

    def _reload_set(self, names: Sequence[str]) -> list[str]:
        members = set(names) & set(self.loaded)
        while True:
            taking = [key for key in members if self.loaded[key].takes]
            more = {other for key in taking for other in self._dependents(key)} - members
            if not more:
                return sorted(members)
            members |= more


def _reaches(name: str, needs: dict[str, list[str]]) -> bool:
    found: set[str] = set()
    waiting = list(needs.get(name, ()))
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += needs.get(current, ())
    return name in found


def test_random_lives_of_plugins_follow_the_model(make_rig: Any, tmp_path: Path) -> None:
    homes = itertools.count()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: Machine(make_rig(tmp_path / str(next(homes)))),
        settings=settings(
            max_examples=settings().max_examples // 4,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
