"""Tables as lines of plain text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Column, Table

WIDTH = 79


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], width: int = WIDTH
) -> list[str]:
    """Return a table as lines, its cells wrapped so that it fits.

    :param width: columns of a screen.
    """
    heads = [Column(column, overflow="fold") for column in columns]  # or rich drops letters
    drawn = Table(*heads, box=None, pad_edge=False, show_edge=False, header_style="")
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    output = io.StringIO()
    Console(
        file=output, width=width, color_system=None, markup=False, emoji=False, highlight=False
    ).print(drawn)
    return [line.rstrip() for line in output.getvalue().splitlines()]
