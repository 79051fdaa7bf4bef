from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.plugins.dependency import find_path, in_order, parse_requirement, resolve

A, B, C, D = (f"plugins.games.{name}" for name in "abcd")

CTOR = """
class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        {statement}

    @AddAPI("answer")
    def _api_answer(self):
        return 1
"""

Write = Callable[[Any, str, str], None]


def _metadata(rig: Any, plugin_id: str, needed: str) -> None:
    rig.write(plugin_id, answer=1, dependencies=[needed])


def _literal(rig: Any, plugin_id: str, needed: str) -> None:
    rig.write(plugin_id, CTOR.format(statement=f"self.dependencies = [{needed!r}]"))


def _computed(rig: Any, plugin_id: str, needed: str) -> None:
    text = f"self.dependencies.append('.'.join({needed.split('.')!r}))"
    rig.write(plugin_id, CTOR.format(statement=text))


def _api(rig: Any, plugin_id: str, needed: str) -> None:
    text = f"self.api(f'{{self.plugin_id}}:dependency.add')({needed!r}); self.dependencies = []"
    rig.write(plugin_id, CTOR.format(statement=text))


WAYS = [_metadata, _literal, _computed, _api]
every_way = pytest.mark.parametrize("depend", WAYS)


@every_way
def test_what_a_plugin_needs_is_loaded_first(rig: Any, depend: Write) -> None:
    depend(rig, A, B)
    depend(rig, B, C)
    rig.write(C, answer=1)
    assert rig.load(A)["loaded_plugins"] == [C, B, A]
    assert rig.call("get.plugin.dependents", C) == [B, A]
    assert rig.call("get.plugin.dependents", A) == []


@every_way
def test_an_unknown_dependency_is_named_with_the_nearest(rig: Any, depend: Write) -> None:
    depend(rig, A, "plugins.games.dragoon")
    rig.write("plugins.games.dragon", answer=1)
    before = rig.state()
    assert A in rig.call("load.plugins", [A])["bad_plugins"]
    assert "dependencies" in rig.error(A)
    assert "there is no plugin 'plugins.games.dragoon'" in rig.error(A)
    assert "did you mean plugins.games.dragon" in rig.error(A)
    assert rig.state() == before


@every_way
def test_a_cycle_is_refused_with_its_whole_path(rig: Any, depend: Write) -> None:
    depend(rig, A, B)
    depend(rig, B, C)
    depend(rig, C, A)
    rig.write(D, answer=1)
    before = rig.state()
    result = rig.call("load.plugins", [A, D])
    assert result["loaded_plugins"] == [D]
    assert set(result["bad_plugins"]) == {A, B, C}
    assert f"circular dependency: {A} -> {B} -> {C} -> {A}" in rig.error(A)
    for name in (A, B, C):
        assert "circular dependency" in rig.error(name)
    assert rig.call("unload.plugin", D)
    assert rig.state() == before


@every_way
def test_a_plugin_that_needs_itself_is_refused(rig: Any, depend: Write) -> None:
    depend(rig, A, A)
    assert rig.call("load.plugins", [A])["bad_plugins"] == [A]
    assert f"circular dependency: {A} -> {A}" in rig.error(A)


@every_way
def test_a_version_that_does_not_do_is_refused(rig: Any, depend: Write) -> None:
    depend(rig, A, f"{B} >= 2")
    depend(rig, C, f"{B}>=1,<2")
    rig.write(B, answer=1, version=1)
    result = rig.call("load.plugins", [A, C])
    assert (result["bad_plugins"], result["loaded_plugins"]) == ([A], [B, C])
    assert f"it needs {B} >=2, but version 1 is here" in rig.error(A)
    assert rig.call("unload.plugin", C)
    assert rig.call("unload.plugin", B)
    rig.write(B, answer=1, version=2)
    rig.load(A)


@every_way
def test_what_is_no_requirement_is_refused(rig: Any, depend: Write) -> None:
    depend(rig, A, "plugins games b!")
    assert rig.call("load.plugins", [A])["bad_plugins"] == [A]
    assert "'plugins games b!' is no dependency; write a plugin id" in rig.error(A)


@every_way
def test_a_failure_fails_the_dependents_with_the_reason_and_nobody_else(
    rig: Any, depend: Write
) -> None:
    depend(rig, A, B)
    depend(rig, B, C)
    rig.write(C, "raise ValueError('no luck')\n")
    rig.write(D, answer=1)
    result = rig.call("load.plugins", [A, C, D])
    assert result["loaded_plugins"] == [D]
    assert set(result["bad_plugins"]) == {A, B, C}
    for name in (A, B):
        assert f"it needs {C}: import" in rig.error(name)
        assert "ValueError: no luck" in rig.error(name)
    assert rig.modules() == {D}


@every_way
def test_a_failure_in_initialize_fails_the_dependents_of_the_batch(rig: Any, depend: Write) -> None:
    depend(rig, A, B)
    rig.write(
        B,
        """
        class Plugin(BasePlugin):
            @RegisterPluginHook("initialize")
            def _phook_initialize(self):
                raise ValueError("no luck")
        """,
    )
    before = rig.state()
    events = rig.watch("ev_plugin_unloaded")
    assert set(rig.call("load.plugins", [A])["bad_plugins"]) == {A, B}
    assert [name for _, name in events] == [A, B]
    assert f"it needs {B}: hook initialize (_phook_initialize)" in rig.error(A)
    rig.kernel.ledger.release("tests")
    assert rig.state() == before


#: The file, and what the line begins with, where each way names what is needed.
PLACES = {
    _metadata: ("__init__.py", "PLUGIN_DEPENDENCIES"),
    _literal: ("plugin/__init__.py", "self.dependencies = "),
    _computed: ("plugin/__init__.py", "self.dependencies.append"),
    _api: ("plugin/__init__.py", None),  # a call may come from anywhere
}


@every_way
@pytest.mark.parametrize(
    ("needed", "reason"),
    [
        ("plugins.games.none", "it needs plugins.games.none: discovery: there is no plugin"),
        ("no id!", "'no id!' is no dependency"),
        (f"{D} >= 2", f"it needs {D} >=2, but version 1 is here"),
        (B, f"it needs {B}: import"),
        (C, f"circular dependency: {A} -> {C} -> {A}"),
        (A, f"circular dependency: {A} -> {A}"),
    ],
)
def test_the_place_that_names_what_is_needed_is_told(
    rig: Any, depend: Write, needed: str, reason: str
) -> None:
    depend(rig, A, needed)
    rig.write(B, "raise ValueError('no luck')\n")
    rig.write(C, answer=1, dependencies=[A])
    rig.write(D, answer=1)
    assert A in rig.call("load.plugins", [A])["bad_plugins"]
    file, start = PLACES[depend]
    path = rig.root / "games" / "a" / file
    line = f", line {_line(path, start)}" if start else ""
    told = f"{A}: dependencies ({path}{line}): {reason}"
    assert rig.error(A).startswith(told)
    assert told in rig.log


def _line(path: Path, start: str) -> int:
    lines = path.read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.strip().startswith(start))


def test_each_member_of_a_cycle_is_told_where_it_goes_on(rig: Any) -> None:
    _metadata(rig, A, B)
    _literal(rig, B, C)
    _metadata(rig, C, A)
    rig.call("load.plugins", [A])
    for name, file, start in [
        ("a", "__init__.py", "PLUGIN_DEPENDENCIES"),
        ("b", "plugin/__init__.py", "self.dependencies"),
        ("c", "__init__.py", "PLUGIN_DEPENDENCIES"),
    ]:
        path = rig.root / "games" / name / file
        where = f"({path}, line {_line(path, start)}): circular dependency"
        assert where in rig.error(f"plugins.games.{name}")


def test_the_entry_of_a_list_over_several_lines_is_told(rig: Any) -> None:
    path = rig.write(A, answer=1) / "__init__.py"
    text = path.read_text().replace(
        "PLUGIN_DEPENDENCIES = []", f"PLUGIN_DEPENDENCIES = [\n    {B!r},\n    {C!r},\n]"
    )
    path.write_text(text)
    rig.write(B, answer=1)
    rig.call("load.plugins", [A])
    assert f"dependencies ({path}, line {_line(path, repr(C))}): it needs {C}" in rig.error(A)


def test_a_reload_that_breaks_a_dependent_tells_the_new_version_and_its_line(rig: Any) -> None:
    rig.write(A, answer="old")
    rig.write(B, answer=1, dependencies=[f"{A} < 2"])
    rig.load(B)
    path = rig.write(A, answer="new", version=2) / "__init__.py"
    assert not rig.call("reload.plugin", A)
    where = f"({path}, line {_line(path, 'PLUGIN_VERSION')})"
    reason = f"{B} needs {A} <2, but the files have version 2"
    assert rig.error(A) == f"{A}: dependencies {where}: {reason}"
    assert rig.ask(A) == "old"


@pytest.mark.parametrize("depend", [_metadata, _literal])
@pytest.mark.parametrize(
    ("needed", "reason"),
    [(B, f"circular dependency: {A} -> {B} -> {A}"), (C, f"it needs {C}: import")],
)
def test_a_reload_that_needs_what_cannot_be_tells_where(
    rig: Any, depend: Write, needed: str, reason: str
) -> None:
    rig.write(A, answer="old")
    rig.write(B, answer=1, dependencies=[A])
    rig.write(C, "raise ValueError('no luck')\n")
    rig.load(B)
    depend(rig, A, needed)
    assert not rig.call("reload.plugin", A)
    file, start = PLACES[depend]
    path = rig.root / "games" / "a" / file
    where = f"({path}, line {_line(path, str(start))})"
    assert rig.error(A).startswith(f"{A}: dependencies {where}: {reason}")
    assert rig.ask(A) == "old"


@every_way
def test_a_diamond_is_no_cycle(rig: Any, depend: Write) -> None:
    rig.write(A, answer=1, dependencies=[B, C])
    depend(rig, B, D)
    depend(rig, C, D)
    rig.write(D, answer=1)
    assert rig.load(A)["loaded_plugins"] == [D, B, C, A]


def test_a_string_assigned_to_dependencies_is_one_dependency(rig: Any) -> None:
    rig.write(A, CTOR.format(statement=f"self.dependencies = {B!r}"))
    rig.write(B, answer=1)
    assert rig.load(A)["loaded_plugins"] == [B, A]


@pytest.mark.parametrize("value", ["5", "None", "[5]", "[None]", "[['x']]"])
def test_dependencies_of_a_wrong_type_are_refused(rig: Any, value: str) -> None:
    rig.write(A, CTOR.format(statement=f"self.dependencies = {value}"))
    assert rig.call("load.plugins", [A])["bad_plugins"] == [A]
    assert f"{A}: dependencies" in rig.error(A)


def test_nonsense_assigned_while_it_runs_harms_nobody(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, dependencies=[A])
    rig.load(B)
    rig.instance(B).dependencies = None
    assert rig.call("get.plugin.dependents", A) == []
    rig.instance(B).dependencies = [5, A]
    assert rig.call("get.plugin.dependents", A) == [B]


def test_dependency_add_loads_what_is_missing_and_keeps_the_order(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, version=2)
    rig.load(A)
    assert rig.ask(A, "dependency.add", f"{B}>=2") is True
    assert rig.call("get.loaded.plugins.list") == [B, A]
    assert rig.call("get.plugin.dependents", B) == [A]
    rig.instance(A).dependencies = []
    assert rig.call("unload.plugin", B) is False


@pytest.mark.parametrize(
    ("dependency", "reason"),
    [
        (B, f"circular dependency: {A} -> {B} -> {A}"),
        (A, f"circular dependency: {A} -> {A}"),
        (f"{C} >= 2", f"it needs {C} >=2, but version 1 is here"),
        ("plugins.games.none", "there is no plugin 'plugins.games.none'"),
        ("no dependency", "'no dependency' is no dependency"),
        (D, "ValueError: no luck"),
    ],
)
def test_dependency_add_refuses_while_the_plugin_runs(
    rig: Any, dependency: str, reason: str
) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, dependencies=[A])
    rig.write(C, answer=1)
    rig.write(D, "raise ValueError('no luck')\n")
    rig.load(B)
    assert rig.ask(A, "dependency.add", dependency) is False
    assert reason in rig.error(A)
    assert reason in rig.log
    assert rig.call("get.plugin.dependents", dependency) == rig.call(
        "get.plugin.dependents", dependency
    )
    assert rig.instance(A).all_dependencies() == []
    assert rig.ask(A) == 1


def test_a_plugin_that_loads_its_own_dependent_while_it_is_made_is_refused(rig: Any) -> None:
    text = f"self.ok = self.api('libs.plugins.loader:load.plugins')([{B!r}])"
    rig.write(A, CTOR.format(statement=text))
    rig.write(B, answer=1, dependencies=[A])
    rig.load(A)
    assert rig.instance(A).ok["bad_plugins"] == [A, B]
    assert "circular dependency" in rig.error(B)
    assert rig.error(A) == ""
    rig.load(B)


def test_a_thousand_in_a_row_are_resolved() -> None:
    names = [f"plugins.games.p{number}" for number in range(1000)]
    needs = {name: [parse_requirement(next_)] for name, next_ in pairwise(names)}
    assert resolve(names, lambda name: needs.get(name, [])).order == names[::-1]


graphs = st.integers(1, 7).flatmap(
    lambda size: st.lists(
        st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=14
    )
)


def _graph(edges: list[tuple[int, int]]) -> dict[str, list[str]]:
    needs: dict[str, list[str]] = {}
    for start, end in edges:
        needs.setdefault(f"p{start}", []).append(f"p{end}")
        needs.setdefault(f"p{end}", [])
    return needs


def _reach(needs: dict[str, list[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(needs[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs[name]
    return found


@given(graphs)
def test_exactly_those_that_reach_no_cycle_are_loaded_in_order(
    edges: list[tuple[int, int]],
) -> None:
    needs = _graph(edges)
    result = resolve(needs, lambda name: [parse_requirement(need) for need in needs[name]])
    cyclic = {name for name in needs if name in _reach(needs, name)}
    good = {name for name in needs if not ({name} | _reach(needs, name)) & cyclic}
    assert set(result.order) == good
    assert set(result.bad) == set(needs) - good
    for place, name in enumerate(result.order):
        assert set(needs[name]) <= set(result.order[:place])
    for name in cyclic:
        assert "circular dependency" in str(result.bad[name])


@given(graphs)
def test_find_path_finds_a_way_where_there_is_one(edges: list[tuple[int, int]]) -> None:
    needs = _graph(edges)
    for start in needs:
        for goal in needs:
            path = find_path(start, goal, needs.__getitem__)
            assert bool(path) is (goal in _reach(needs, start))
            if path:
                assert (path[0], path[-1]) == (start, goal)
                assert all(b in needs[a] for a, b in pairwise(path))


@given(graphs)
def test_in_order_keeps_all_and_puts_needs_first(edges: list[tuple[int, int]]) -> None:
    needs = _graph(edges)
    order = in_order(needs, needs.__getitem__)
    assert sorted(order) == sorted(needs)
    for name in needs:
        for need in needs[name]:
            if name not in _reach(needs, need):
                assert order.index(need) < order.index(name) or need == name
    assert in_order(order, needs.__getitem__) == order or any(
        name in _reach(needs, name) for name in needs
    )
