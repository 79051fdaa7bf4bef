"""An API call by name, beside the bare call of the same method."""

from __future__ import annotations

from timeit import Timer
from typing import Any

from bastproxy.libs.api import API
from bastproxy.libs.plugins import Kernel
from benchmarks._measure import Aim, Samples, compare, nanoseconds, time_statements

OWNER = "plugins.bench.owner"
CALLER = "plugins.bench.caller"
MANY = 10_000
AIM = Aim(most=5)

BARE = "bare obj.m(x)"
DICT = "dict look-up and call"
ONE = "api(name)(x)"
OF_MANY = f"api(name)(x), {MANY:,} APIs"
EACH_BARE = "bare calls"
EACH_DICT = "dict look-ups and calls"
EACH_API = "api calls"


class Owner:
    def m(self, x: int) -> int:
        return x


def run(*, quick: bool) -> list[str]:
    """Measure and return the tables."""
    seconds, repeats = (0.002, 3) if quick else (0.005, 100)
    few, few_api = _kernel(1)
    many, many_api = _kernel(MANY)
    owner = Owner()
    names = [f"{OWNER}:name.{number}" for number in range(MANY)]
    scope: dict[str, Any] = {
        "obj": owner,
        "functions": dict(zip(names, [owner.m for _ in names], strict=True)),
        "few": few_api,
        "many": many_api,
        "names": names,
    }
    name = names[0]

    def timer(statement: str) -> Timer:
        return Timer(statement, globals=scope)

    hot = time_statements(
        {
            BARE: timer("obj.m(1)"),
            DICT: timer(f"functions[{name!r}](1)"),
            ONE: timer(f"few({name!r})(1)"),
            OF_MANY: timer(f"many({name!r})(1)"),
        },
        sample_seconds=seconds,
        repeats=repeats,
    )
    each = time_statements(
        {
            EACH_BARE: timer("for name in names: obj.m(1)"),
            EACH_DICT: timer("for name in names: functions[name](1)"),
            EACH_API: timer("for name in names: many(name)(1)"),
        },
        sample_seconds=seconds,
        repeats=repeats,
    )
    per_call = {
        case: Samples([value / MANY for value in samples.values]) for case, samples in each.items()
    }
    return [
        *compare(
            "API call, look-ups counted by caller",
            hot,
            bases=[BARE],
            aims={ONE: AIM, OF_MANY: AIM},
            unit=nanoseconds,
        ),
        *compare(
            f"API calls, {MANY:,} names in turn, per call",
            per_call,
            bases=[EACH_BARE],
            unit=nanoseconds,
        ),
        f"  look-ups counted for {CALLER}: {_counted(few, name):,} and {_counted(many, name):,}",
    ]


def _kernel(apis: int) -> tuple[Kernel, API]:
    kernel = Kernel()
    owner = Owner()
    for number in range(apis):
        kernel.registry.add(OWNER, f"name.{number}", owner.m)
    return kernel, API(owner_id=CALLER, registry=kernel.registry)


def _counted(kernel: Kernel, name: str) -> int:
    return int(kernel.registry.detail(name)["calls"][CALLER])
