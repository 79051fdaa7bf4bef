"""Paints the MUD's lines; the rules are those of ``bastproxy.libs.rules``."""

from __future__ import annotations

from typing import Any

from bastproxy.libs.ansi import Beginning, Styled, plain
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import EventRecord
from bastproxy.libs.rules import Result, RuleCommands, rule_arguments
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.client.highlights.libs import Highlight, spans
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser


class Plugin(RuleCommands[Highlight], BasePlugin):
    """Highlights for players."""

    kind = Highlight
    word = "highlight"
    place = 50
    columns = ("look",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.attributes_to_save_on_reload = list(self.kept)

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        self.open_rules(self.plugin_info.data_directory)

    @AddAPI("add", description="paint what a pattern matches")
    def _api_add(
        self,
        pattern: str,
        look: str,
        *,
        line: bool = False,
        text: bool = False,
        ignore_case: bool = False,
        priority: int = 50,
        group: str = "",
    ) -> bool:
        """Add a highlight of the player's, or change the one with this pattern; it is saved.

        :param look: such as ``bold red on blue``, ``208``, ``#ff8800`` or ``@R``.
        :param line: paint the whole line.
        :param text: the pattern is plain text, and no regular expression.
        :param priority: lower comes first; what comes later is painted over it.
        :returns: False when it took the place of another.
        :raises ValueError: something is wrong with it; the message says what.
        """
        rule = Highlight(
            pattern=pattern,
            look=look,
            line=line,
            text=text,
            ignore_case=ignore_case,
            priority=priority,
            group=group,
        )
        return self.put(rule) is None

    @AddCommand()
    @AddParser(
        description="paint what a pattern matches",
        epilog="A pattern with spaces or backslashes is put in 'quotes'. "
        "A look: bold red on blue, 208, #ff8800, @R, ...",
    )
    @AddArgument("pattern", help="a regular expression, such as 'orcs?'")
    @AddArgument("look", nargs="+", help="such as bold red on blue, 208, #ff8800 or @R")
    @AddArgument("-l", "-line", "--line", action="store_true", help="paint the whole line")
    @rule_arguments
    def _command_add(self) -> Result:
        args = dict(self.api("plugins.core.commands:get.current.command.args")())
        return self.add_rule(Highlight(**args | {"look": " ".join(args["look"])}))

    @AddCommand()
    @AddParser(description="show a text as it would be painted")
    @AddArgument("text", nargs="+", help="a line of the MUD")
    def _command_test(self) -> Result:
        text = " ".join(self.api("plugins.core.commands:get.current.command.args")()["text"])
        found = spans(self.book, plain(text))
        if not found:
            return False, [f"no highlight matches: {text}"]
        return True, [str(Styled(text).paint_all(found))]

    def change(self, record: EventRecord, beginning: Beginning) -> None:
        """Paint a line."""
        # What a pause has ended may be a prompt that is not marked: to paint it does no harm.
        if not (beginning.whole or record["is_prompt"]) or not record["send"]:
            return
        line = record["line"]
        found = spans(self.book, plain(line))
        if found:
            record["line"] = str(Styled(line, beginning.state).paint_all(found))

    def row(self, rule: Highlight) -> tuple[str, ...]:
        """Return its look."""
        look = f"{rule.look} (line)" if rule.line else rule.look
        return (look,)
