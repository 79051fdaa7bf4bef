"""The APIs and commands of colours; the engine is ``bastproxy.libs.ansi``."""

from __future__ import annotations

from collections.abc import Iterator

from bastproxy.libs import ansi
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
WIDTH = 16


class Plugin(BasePlugin):
    """Colours for plugins and players."""

    @AddAPI("convert", description="colour codes to what a terminal shows")
    def _api_convert(self, text: str, reset: bool = True) -> str:
        """Return a text with codes such as ``@R`` as one with ANSI sequences.

        :param reset: end in the terminal's own colours, whatever the text says.
        """
        return ansi.convert(text, reset=reset)

    @AddAPI("strip", description="a text without its colour codes")
    def _api_strip(self, text: str) -> str:
        """Return a text without codes; ``@@`` becomes ``@``, ANSI sequences stay."""
        return ansi.strip(text)

    @AddAPI("escape", description="a text that shows its colour codes as they are")
    def _api_escape(self, text: str) -> str:
        """Return a text in which nothing is a code: for what others have written."""
        return ansi.escape(text)

    @AddAPI("plain", description="a text without ANSI sequences")
    def _api_plain(self, text: str) -> str:
        """Return a text without escape sequences, such as a line of the MUD; codes stay."""
        return ansi.plain(text)

    @AddAPI("look", description="the ANSI parameters of a colour in words or codes")
    def _api_look(self, look: str) -> str:
        """Return SGR parameters, ``1;31;44`` for ``bold red on blue``.

        :raises ValueError: it names no colour.
        """
        return ansi.look_params(look)

    @AddCommand()
    @AddParser(description="show the colour codes, or a text with codes as it looks")
    @AddArgument("text", nargs="*", help="a text with codes; none for a table of the codes")
    @AddArgument("-n", "-numbers", "--numbers", action="store_true", help="all 256 by number")
    def _command_show(self) -> tuple[bool, list[str]]:
        args = self.api("plugins.core.commands:get.current.command.args")()
        if args["text"]:
            return True, [ansi.convert(" ".join(args["text"]))]
        return True, list(_numbers() if args["numbers"] else _codes())


def _codes() -> Iterator[str]:
    for letter, name in zip("drgybmcw", NAMES, strict=True):
        bright = "grey" if letter == "d" else f"bright {name}"
        yield _row((f"@{letter}", name), (f"@{letter.upper()}", bright))
    yield _row(("@u", "underlined"), ("@i", "italic"))
    yield _row(("@x208", "0 to 255"), ("@z052", "behind it"))
    yield _row(("@#ff8800", "true colour"))
    yield _row(("@n", "none again"), ("@@", "an @"))
    yield "#bp.colors.show -n shows the numbers of @x and @z"


def _row(*cells: tuple[str, str]) -> str:
    parts = []
    for code, name in cells:
        sample = name if code == "@@" else f"{code}{name}@n"
        parts.append(ansi.escape(code) + " " * (10 - len(code)) + sample)
        parts.append(" " * (WIDTH - len(name)))
    return ansi.convert("".join(parts[:-1]))


def _numbers() -> Iterator[str]:
    for first in (*range(0, 16, 8), *range(16, 256, 12)):
        count = 8 if first < 16 else 12
        row = range(first, min(first + count, 256))
        yield ansi.convert("".join(f"@x{number:03}{number:>5}" for number in row))
