"""argparse for a program that goes on: it never exits, prints or looks at ``sys.argv``."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Any, NoReturn

from bastproxy.libs.commands.add import AddArgument

WIDTH = 79


class Answer(Exception):  # noqa: N818  help is no error
    """Lines to show to the player instead of running the command."""

    def __init__(self, lines: Iterable[str], *, ok: bool = False) -> None:
        self.lines = list(lines)
        self.ok = ok
        super().__init__("\n".join(self.lines))


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors and help are raised as :class:`Answer`."""

    def __init__(self, **keywords: Any) -> None:
        self._shown: list[str] = []
        super().__init__(**keywords)
        self.color = False  # Python 3.14 would look at the proxy's own terminal

    def _print_message(self, message: str, file: object = None) -> None:
        self._shown.append(message)

    def print_help(self, file: IO[str] | None = None) -> None:  # type: ignore[override]
        """Keep the help for the answer."""
        self._shown.append(self.format_help())

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Raise what has been shown as an :class:`Answer`."""
        shown = "".join(self._shown) + (message or "")
        self._shown.clear()
        raise Answer(shown.splitlines(), ok=status == 0)

    def error(self, message: str) -> NoReturn:
        """Raise the usage, what is wrong and where help is, as an :class:`Answer`."""
        self._shown.clear()
        lines = self.format_usage().splitlines()
        lines.extend(f"error: {message}".splitlines())
        if self.add_help:
            lines.append(f"'{self.prog} -h' shows more")
        raise Answer(lines)


def build_parser(
    prog: str,
    description: str,
    arguments: Sequence[AddArgument],
    keywords: Mapping[str, Any],
    width: int = WIDTH,
) -> Parser:
    """Return the parser of one command.

    :param prog: how the command is typed.
    :param width: columns of help and usage.
    :raises Exception: whatever argparse says about wrong ``arguments`` or ``keywords``.
    """
    options = dict(keywords)
    formatter = options.pop("formatter_class", argparse.HelpFormatter)
    parser = Parser(
        prog=prog,
        description=description,
        formatter_class=_with_width(formatter, width),
        **options,
    )
    for argument in arguments:
        parser.add_argument(*argument.flags, **argument.keywords)
    return parser


def split_arguments(text: str) -> list[str]:
    """Split what follows a command into words, as a POSIX shell does.

    :raises Answer: a quote is not closed, or a backslash ends the line.
    """
    try:
        return shlex.split(text)
    except ValueError as error:
        if "escape" in str(error):
            raise Answer(
                ["error: the line ends with a backslash; write two of them for a real one"]
            ) from None
        raise Answer(
            [
                "error: a quote is not closed; add the missing one, "
                "or write a backslash in front of it (don\\'t)"
            ]
        ) from None


def _with_width(formatter: type[argparse.HelpFormatter], width: int) -> Any:
    make: Callable[..., argparse.HelpFormatter] = lambda prog, **more: formatter(  # noqa: E731
        prog, width=width, **more
    )
    return make
