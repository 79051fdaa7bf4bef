"""The file of a player's rules: written whole, read strictly, never lost."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec
import tomlkit

from bastproxy.libs.files import set_aside, write_whole
from bastproxy.libs.rules.rule import Compiled, Rule

R = TypeVar("R", bound=Rule)

Say = Callable[[str], object]

_LITERAL: Final = re.compile(r"[^'\x00-\x1f\x7f]*")


class RuleFile(Generic[R]):
    """A TOML table for each rule, in their order.

    Tables that cannot be used are left out, and written back as they are.

    :param kind: the class of the rules.
    :param word: what a table is called: ``highlight``.
    :param say: told what is wrong with the file, in words for a player.
    """

    def __init__(self, path: Path, kind: type[R], word: str, say: Say) -> None:
        self.path = path
        self._kind = kind
        self._word = word
        self._say = say
        self._unusable: list[Any] = []

    def read(self, known: Compiled) -> list[R]:
        """Return the rules; a file that cannot be read at all is set aside.

        :param known: patterns that need not be compiled; those of the rules are put into it.
        :raises OSError: it cannot be opened, or cannot be set aside.
        """
        try:
            document = tomllib.loads(self.path.read_bytes().decode("utf-8-sig"))
            tables = document.pop(self._word, [])
            if document or not isinstance(tables, list):
                raise ValueError(f"it may hold nothing but [[{self._word}]] tables")
        except FileNotFoundError:
            return []
        except (ValueError, RecursionError) as error:
            reason = " ".join(str(error).split()) or "nested too deep"
            kept = set_aside(self.path)
            self._say(f"{self.path} cannot be read ({reason}); it is kept as {kept}")
            return []
        self._unusable = []
        return [
            rule for number, one in enumerate(tables, 1) if (rule := self._rule(number, one, known))
        ]

    def write(self, rules: Iterable[R]) -> None:
        """Write all rules.

        :raises OSError: it cannot be written; it is as it was.
        """
        word = self._word
        parts = [
            f"# The {word}s of #bp.{word}s. Edit them, then type #bp.plugins.reload {word}s\n"
            "# (comments are not kept).\n"
        ]
        parts += [_table(word, msgspec.to_builtins(rule)) for rule in rules]
        parts += [tomlkit.dumps({word: [table]}) for table in self._unusable]
        write_whole(self.path, "\n".join(parts).encode())

    def _rule(self, number: int, table: Any, known: Compiled) -> R | None:
        try:
            rule = msgspec.convert(table, self._kind)
            known[rule.key] = rule.prepared(known)
        except (ValueError, msgspec.ValidationError) as error:
            self._unusable.append(table)
            self._say(f"{self.path}: {self._word} number {number} is left out: {error}")
            return None
        return rule


def _table(word: str, values: Mapping[str, object]) -> str:
    lines = [f"{key} = {_value(value)}\n" for key, value in values.items()]
    return f"[[{word}]]\n{''.join(lines)}"


def _value(value: object) -> str:
    """Return a value in TOML, a pattern as far as possible without doubled backslashes."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _LITERAL.fullmatch(value):
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
