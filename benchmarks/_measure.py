"""Timing that a noisy machine upsets little: interleaved, repeated, minimum and median."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from timeit import Timer

from bastproxy.libs.tables import table

WIDTH = 110


@dataclass(slots=True)
class Samples:
    """The repeats of one measurement, in seconds."""

    values: list[float] = field(default_factory=list)

    @property
    def minimum(self) -> float:
        return min(self.values)

    @property
    def median(self) -> float:
        return median(self.values)


def interleave(cases: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, Samples]:
    """Measure A B C A B C ..., so that a slow moment of the machine hits all of them.

    :param cases: functions that return seconds.
    """
    results = {name: Samples() for name in cases}
    for _ in range(repeats):
        for name, measure in cases.items():
            results[name].values.append(measure())
    return results


def time_statements(
    statements: Mapping[str, Timer], *, sample_seconds: float, repeats: int
) -> dict[str, Samples]:
    """Return the seconds that one execution of each statement takes."""
    return interleave(
        {name: _per_execution(timer, sample_seconds) for name, timer in statements.items()},
        repeats,
    )


def _per_execution(timer: Timer, sample_seconds: float) -> Callable[[], float]:
    number = 1
    while (seconds := timer.timeit(number)) < sample_seconds / 4:
        number *= 2
    number = max(1, round(number * sample_seconds / seconds))
    return lambda: timer.timeit(number) / number


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be reached.

    :ivar most: the greatest value that will do.
    :ivar least: the smallest one.
    """

    most: float | None = None
    least: float | None = None
    unit: str = "x"

    def judge(self, value: float) -> str:
        """Return the aim, and whether ``value`` reaches it."""
        reached = (self.most is None or value <= self.most) and (
            self.least is None or value >= self.least
        )
        bound = f"<= {self.most:g}" if self.most is not None else f">= {self.least:g}"
        return f"{bound} {self.unit}: {'reached' if reached else 'MISSED'}"


def compare(
    title: str,
    results: Mapping[str, Samples],
    *,
    bases: Sequence[str],
    aims: Mapping[str, Aim] | None = None,
    unit: Callable[[float], str],
) -> list[str]:
    """Return a table of measurements, each with its ratio to those named in ``bases``.

    Ratios are of the minima and, in brackets, the median of those within each round; an
    aim is about the ratio of the minima to the first of ``bases``.
    """
    rows = []
    for name, samples in results.items():
        aim = (aims or {}).get(name)
        rows.append(
            (
                name,
                unit(samples.minimum),
                unit(samples.median),
                *(_ratios(samples, results[base]) for base in bases),
                aim.judge(samples.minimum / results[bases[0]].minimum) if aim else "",
            )
        )
    columns = ("", "min", "median", *(f"to {base}" for base in bases), "aim")
    return titled(title, columns, rows)


def _ratios(samples: Samples, base: Samples) -> str:
    pairs = zip(samples.values, base.values, strict=True)
    in_rounds = median(value / other for value, other in pairs)
    return f"{samples.minimum / base.minimum:.2f} x ({in_rounds:.2f})"


def titled(title: str, columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> list[str]:
    """Return a table under its title."""
    return ["", title, *(f"  {line}" for line in table(tuple(columns), rows, width=WIDTH))]


def nanoseconds(seconds: float) -> str:
    return f"{seconds * 1e9:,.0f} ns"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms"


def milliseconds_exactly(seconds: float) -> str:
    return f"{seconds * 1e3:,.2f} ms"
