"""The APIs and commands of the queue."""

from __future__ import annotations

from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.tables import table
from bastproxy.libs.triggers import PatternError, compile_pattern
from bastproxy.plugins.client.queue.libs.commandqueue import FullError, Item
from bastproxy.plugins.client.queue.plugin.spam import Spam
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]

NOT_CONNECTED = "the MUD is not connected"
EXPAND = "plugins.client.input:expand"
"""What knows aliases and stacked commands, if it is loaded."""


class Plugin(Spam):
    """The queue of commands, and what keeps lines from looking like spam."""

    @AddAPI("add", description="send a command when those before it are answered", pass_caller=True)
    def _api_add(
        self,
        text: str,
        priority: int = 50,
        answer: str = "",
        timeout: float | None = None,
        caller_id: str = "",
    ) -> int:
        """Send a command to the MUD when its turn has come.

        The next one waits until it is answered, which ``ev_queue_answered`` tells.

        :param text: one line.
        :param priority: lower ones are sent first, and the older one first among equals.
        :param answer: a regular expression that a line of the answer matches, in which
            colours do not count; by default the next prompt is the answer, or what the
            setting ``answer`` says.
        :param timeout: seconds after which it is not waited for any more; by default the
            setting ``timeout``.
        :returns: its number; 0 when the MUD is not connected, or too many commands wait.
        :raises ValueError: the text is not one line, or the pattern or the timeout is wrong.
        """
        if self.session.mud is None:
            return 0
        try:
            return self.put(
                text, priority=priority, answer=answer, timeout=timeout, owner_id=caller_id
            ).number
        except FullError as error:
            self.say(str(error))
            return 0

    @AddAPI("remove", description="take a command out of the queue")
    def _api_remove(self, number: int) -> bool:
        """Take out a command that waits; False when there is none of that number."""
        return self.queue.remove(number) is not None

    @AddAPI("clear", description="empty the queue")
    def _api_clear(self, plugin_id: str = "") -> int:
        """Take out what waits, of one plugin or of all; return how many there were."""
        return self.queue.clear(plugin_id)

    @AddAPI("list", description="the commands in the queue")
    def _api_list(self) -> list[dict[str, Any]]:
        """Return what was sent and is not answered yet, then what waits, in order.

        :returns: for each ``number``, ``text``, ``priority``, ``answer``, ``plugin_id`` and
            ``sent``.
        """
        current = self.queue.current
        return [
            {
                "number": item.number,
                "text": item.text,
                "priority": item.priority,
                "answer": item.answer,
                "plugin_id": item.owner_id,
                "sent": item is current,
            }
            for item in self._items()
        ]

    @AddAPI("pause", description="send nothing from the queue")
    def _api_pause(self) -> None:
        """Send nothing more until it is resumed."""
        self.queue.paused = True

    @AddAPI("resume", description="send from the queue again")
    def _api_resume(self) -> None:
        """Send again what waits."""
        self.queue.paused = False
        self.go_on()

    @AddAPI("skip", description="wait for the answer no longer")
    def _api_skip(self) -> bool:
        """Take the current command as answered; False when there is none."""
        return self.done("skipped")

    @AddAPI("is.idle", description="is the queue empty, and all answered")
    def _api_is_idle(self) -> bool:
        """Say whether nothing waits to be sent or to be answered."""
        return self.queue.idle

    @AddCommand()
    @AddParser(
        description="send a command when those before it are answered",
        epilog="for example: add cast armor -answer '^You feel (protected|nothing)' -timeout 5",
    )
    @AddArgument("text", nargs="+", help="the command; its words may stand without quotes")
    @AddArgument(
        "-a", "-answer", "--answer", default="", help="a pattern that a line of it matches"
    )
    @AddArgument("-t", "-timeout", "--timeout", type=float, help="seconds to wait for the answer")
    @AddArgument("-p", "-priority", "--priority", type=int, default=50, help="lower ones go first")
    def _command_add(self) -> Result:
        args = self._args()
        if self.session.mud is None:
            return False, [NOT_CONNECTED]
        try:
            items = [
                self.put(
                    text,
                    priority=args["priority"],
                    answer=args["answer"],
                    timeout=args["timeout"],
                    owner_id=self.plugin_id,
                    client_id=self.api("plugins.core.commands:get.current.client")(),
                )
                for text in self._commands(" ".join(args["text"]))
            ]
        except (ValueError, FullError) as error:
            return False, [str(error)]
        lines = [self._place_of(item) for item in items]
        return True, [*lines, "the queue is paused"] if self.queue.paused else lines

    @AddCommand()
    @AddParser(description="list what was sent and is not answered yet, and what waits")
    def _command_list(self) -> Result:
        current = self.queue.current
        rows = [
            (
                item.number,
                "sent" if item is current else "waits",
                item.priority,
                item.answer or self.usual_answer or "the next prompt",
                item.text,
            )
            for item in self._items()
        ]
        lines = table(("number", "state", "priority", "answer", "command"), rows)
        if not rows:
            lines = ["the queue is empty"]
        if self.queue.paused:
            lines.append("the queue is paused; 'resume' goes on")
        if self.spam.held:
            lines.append(f"{len(self.spam.held)} lines are held back as too alike")
        return True, lines

    @AddCommand()
    @AddParser(description="take a command out of the queue")
    @AddArgument("number", type=int, help="its number, which 'list' shows")
    def _command_remove(self) -> Result:
        item = self.queue.remove(self._args()["number"])
        if item is None:
            return False, [f"no command of the number {self._args()['number']} waits"]
        return True, [f"{item.text!r} is taken out"]

    @AddCommand()
    @AddParser(description="empty the queue, and forget the lines that are held back")
    def _command_clear(self) -> Result:
        count = self.queue.clear() + self.spam.clear()
        return True, [f"{count} {'command' if count == 1 else 'commands'} taken out"]

    @AddCommand()
    @AddParser(description="send nothing from the queue until it is resumed")
    def _command_pause(self) -> Result:
        self._api_pause()
        return True, ["the queue is paused"]

    @AddCommand()
    @AddParser(description="send from the queue again")
    def _command_resume(self) -> Result:
        self._api_resume()
        return True, [f"the queue goes on; {len(self.queue.waiting)} wait"]

    @AddCommand()
    @AddParser(description="wait for the answer to the last command no longer")
    def _command_skip(self) -> Result:
        if self._api_skip():
            return True, ["it is not waited for any more"]
        return False, ["no answer is waited for"]

    def _commands(self, text: str) -> list[str]:
        """Return what a text that a player has typed stands for: aliases, stacked commands.

        :raises ValueError: that is too much, or has a command of the proxy in it.
        """
        found: list[str] = self.api(EXPAND)(text) if self.api.has(EXPAND) else [text]
        is_command = self.api("libs.commands:get.table")().is_command
        for command in found:
            if is_command(command):
                raise ValueError(f"{command!r} is not for the MUD; only what is can be queued")
        return found

    def _place_of(self, item: Item) -> str:
        if item not in self.queue.waiting:
            return f"number {item.number} is sent"
        return f"number {item.number} waits at place {self.queue.waiting.index(item) + 1}"

    def put(
        self,
        text: str,
        *,
        priority: int,
        answer: str,
        timeout: float | None,
        owner_id: str,
        client_id: str = "",
    ) -> Item:
        """Put a command into the queue.

        :raises ValueError: the text is not one line, or the pattern or the timeout is wrong.
        :raises FullError: too many wait.
        """
        if not text or "\n" in text or "\r" in text:
            raise ValueError(f"{text!r} is not one line")
        if timeout is not None and not 0 < timeout < 1e6:
            raise ValueError(f"{timeout!r} is no time to wait; it is seconds, more than 0")
        try:
            compile_pattern(answer)
        except PatternError as error:
            raise ValueError(str(error)) from None
        item = self.queue.add(
            text,
            priority=priority,
            answer=answer,
            timeout=timeout,
            owner_id=owner_id,
            client_id=client_id,
        )
        self.go_on()
        return item

    def _items(self) -> list[Item]:
        current = self.queue.current
        return [*([current] if current is not None else []), *self.queue.waiting]

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args
