"""Changes the words of the MUD; the rules are those of ``bastproxy.libs.rules``."""

from __future__ import annotations

from typing import Any

from bastproxy.libs.ansi import Beginning
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import EventRecord
from bastproxy.libs.rules import Result, RuleCommands, rule_arguments
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.client.substitutes.libs import Substitute, substituted
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser


class Plugin(RuleCommands[Substitute], BasePlugin):
    """Substitutes for players."""

    kind = Substitute
    word = "substitute"
    place = 40
    columns = ("new text",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.attributes_to_save_on_reload = list(self.kept)

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        self.open_rules(self.plugin_info.data_directory)

    @AddAPI("add", description="put another text in the place of what a pattern matches")
    def _api_add(
        self,
        pattern: str,
        new: str,
        *,
        text: bool = False,
        ignore_case: bool = False,
        priority: int = 50,
        group: str = "",
    ) -> bool:
        """Add a substitute of the player's, or change the one with this pattern; it is saved.

        :param new: with ``$1`` and ``$name`` for groups, and codes such as ``@R`` for colours.
        :param text: the pattern is plain text, and no regular expression.
        :param priority: lower comes first; later ones see what it has made.
        :returns: False when it took the place of another.
        :raises ValueError: something is wrong with it; the message says what.
        """
        rule = Substitute(
            pattern=pattern,
            new=new,
            text=text,
            ignore_case=ignore_case,
            priority=priority,
            group=group,
        )
        return self.put(rule) is None

    @AddCommand()
    @AddParser(
        description="put another text in the place of what a pattern matches",
        epilog="A pattern or a text with spaces or backslashes is put in 'quotes'. In the new "
        "text $0 is what was matched, $1 and $name are groups, @R and other codes are colours.",
    )
    @AddArgument("pattern", help=r"a regular expression, such as '(\w+) smiles'")
    @AddArgument("new", help="the new text; '' to take it out")
    @rule_arguments
    def _command_add(self) -> Result:
        args = self.api("plugins.core.commands:get.current.command.args")()
        return self.add_rule(Substitute(**args))

    @AddCommand()
    @AddParser(description="show what would become of a text")
    @AddArgument("text", nargs="+", help="a line of the MUD")
    def _command_test(self) -> Result:
        text = " ".join(self.api("plugins.core.commands:get.current.command.args")()["text"])
        new = substituted(self.book, text)
        return (True, [new]) if new != text else (False, [f"it would stay as it is: {text}"])

    def change(self, record: EventRecord, beginning: Beginning) -> None:
        """Change a line."""
        if not beginning.whole or not record["send"]:
            return
        line = record["line"]
        new = substituted(self.book, line, beginning.state)
        if new != line:
            record["line"] = new

    def row(self, rule: Substitute) -> tuple[str, ...]:
        """Return its new text."""
        return (rule.new or "''",)
