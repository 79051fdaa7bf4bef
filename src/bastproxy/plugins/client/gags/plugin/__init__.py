"""Leaves lines of the MUD out; the rules are those of ``bastproxy.libs.rules``."""

from __future__ import annotations

from typing import Any

from bastproxy.libs.ansi import PLAIN, Beginning, Sgr, change, plain
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import EventRecord
from bastproxy.libs.rules import Result, Rule, RuleCommands, rule_arguments
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser


class Plugin(RuleCommands[Rule], BasePlugin):
    """Gags for players.

    :ivar shown: the colours that the lines which were shown have left.
    """

    kind = Rule
    word = "gag"
    place = 60
    shown: Sgr

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.shown = PLAIN
        self.attributes_to_save_on_reload = [*self.kept, "shown"]

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        self.open_rules(self.plugin_info.data_directory)

    @AddAPI("add", description="leave out lines that a pattern matches")
    def _api_add(
        self,
        pattern: str,
        *,
        text: bool = False,
        ignore_case: bool = False,
        priority: int = 50,
        group: str = "",
    ) -> bool:
        """Add a gag of the player's, or change the one with this pattern; it is saved.

        :param text: the pattern is plain text, and no regular expression.
        :returns: False when it took the place of another.
        :raises ValueError: something is wrong with it; the message says what.
        """
        rule = Rule(
            pattern=pattern, text=text, ignore_case=ignore_case, priority=priority, group=group
        )
        return self.put(rule) is None

    @AddCommand()
    @AddParser(
        description="leave out lines that a pattern matches",
        epilog="A pattern with spaces or backslashes is put in 'quotes'.",
    )
    @AddArgument("pattern", help=r"a regular expression, such as '^\w+ yawns'")
    @rule_arguments
    def _command_add(self) -> Result:
        args = self.api("plugins.core.commands:get.current.command.args")()
        return self.add_rule(Rule(**args))

    @AddCommand()
    @AddParser(description="say whether a line would be left out")
    @AddArgument("text", nargs="+", help="a line of the MUD")
    def _command_test(self) -> Result:
        text = " ".join(self.api("plugins.core.commands:get.current.command.args")()["text"])
        hit = next(self.book.matching(plain(text)), None)
        if hit is None:
            return False, [f"it would be shown: {text}"]
        return True, [f"gag {self.book.number(hit.rule)} would leave it out: {hit.rule.pattern}"]

    def change(self, record: EventRecord, beginning: Beginning) -> None:
        """Leave a line out, or have it begin in the colours that a line left out has set."""
        line = record["line"]
        if not record["send"]:
            return
        if beginning.whole and next(self.book.matching(plain(line)), None) is not None:
            record["send"] = False
            return
        if self.shown != beginning.state:
            record["line"] = change(self.shown, beginning.state) + line
        self.shown = self.carried.state
