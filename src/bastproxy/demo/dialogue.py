"""Questions a connection is asked outside of the game: its name, its password, a new one."""

from __future__ import annotations

import re
from typing import Final, Protocol

from bastproxy.demo.accounts import MAX_PASSWORD, MIN_PASSWORD, Accounts
from bastproxy.demo.entities import Player
from bastproxy.demo.game import Game
from bastproxy.demo.text import style

MAX_BAD_PASSWORDS: Final = 3
MAX_BAD_NAMES: Final = 10
_NAME: Final = re.compile(r"[A-Za-z]{3,16}")
_TAKEN: Final = frozenset(("all", "someone", "somebody", "nobody", "you", "self", "marla", "orrin"))

GREETING: Final = (
    "",
    style("title", "        L O W   T O L L I N G"),
    style("note", "     ~ ~  a town in the fog  ~ ~"),
    "",
    "The bell has lost its clapper, and the fog will not lift.",
    "",
)


class Asker(Protocol):
    """What a dialogue needs of its connection."""

    def line(self, text: str) -> None:
        """Show a line."""

    def hide(self, hidden: bool) -> None:
        """Keep what is typed off the screen, or show it again."""

    def enter(self, name: str, known: Player | None) -> None:
        """Go into the game under a name."""

    def end_dialogue(self) -> None:
        """Go on playing."""

    def quit(self) -> None:
        """End the connection."""


class Dialogue(Protocol):
    """A question that waits for a line."""

    @property
    def question(self) -> str:
        """Return what is asked now."""

    def answer(self, line: str) -> None:
        """Take the answer."""


class Login:
    """Asks for a name, and for its password where it has one."""

    def __init__(self, asker: Asker, game: Game, accounts: Accounts) -> None:
        self._asker = asker
        self._game = game
        self._accounts = accounts
        self._name = ""
        self._bad_names = 0
        self._bad_passwords = 0

    @property
    def question(self) -> str:
        """Return what is asked now."""
        return "Password: " if self._name else "By what name do you go? "

    def answer(self, line: str) -> None:
        """Take a name, or a password."""
        if self._name:
            self._take_password(line)
        else:
            self._take_name(line.strip())

    def _take_name(self, name: str) -> None:
        if name.lower() == "quit":
            self._asker.line("Goodbye!")
            self._asker.quit()
        elif not _NAME.fullmatch(name):
            self._again("A name has 3 to 16 letters, A to Z, and nothing else.")
        elif name.lower() in _TAKEN:
            self._again("That name is not for players. Choose another.")
        elif self._accounts.has(name):
            self._name = name.capitalize()
            self._asker.hide(True)
        elif self._game.find_player(name) is not None:
            self._again("Somebody of that name is playing. Choose another.")
        else:
            self._asker.enter(name.capitalize(), None)

    def _take_password(self, password: str) -> None:
        name, self._name = self._name, ""
        self._asker.hide(False)
        player = self._accounts.enter(name, password)
        if player is None:
            self._asker.line("That is not the password.")
            self._bad_passwords += 1
            self._give_up(self._bad_passwords >= MAX_BAD_PASSWORDS)
        else:
            self._asker.enter(name, player)

    def _again(self, why: str) -> None:
        self._asker.line(why)
        self._bad_names += 1
        self._give_up(self._bad_names >= MAX_BAD_NAMES)

    def _give_up(self, enough: bool) -> None:
        if enough:
            self._asker.line("Come back when you have remembered. Goodbye!")
            self._asker.quit()


class NewPassword:
    """Asks for a new password, twice, unseen."""

    def __init__(self, asker: Asker, player: Player, accounts: Accounts) -> None:
        self._asker = asker
        self._player = player
        self._accounts = accounts
        self._first = ""
        asker.hide(True)

    @property
    def question(self) -> str:
        """Return what is asked now."""
        return "The same again: " if self._first else "New password (empty: no change): "

    def answer(self, line: str) -> None:
        """Take a password."""
        if not self._first and MIN_PASSWORD <= len(line) <= MAX_PASSWORD:
            self._first = line
            return
        self._asker.hide(False)
        self._asker.line(self._outcome(line))
        self._asker.end_dialogue()

    def _outcome(self, line: str) -> str:
        if not line and not self._first:
            return "Nothing is changed."
        if not self._first:
            return (
                f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters. Nothing is changed."
            )
        if line != self._first:
            return "Those were two different ones. Nothing is changed."
        if not self._accounts.keep(self._player, line):
            return "This town keeps no more names. Nothing is changed."
        return f"The name {self._player.name} is yours until the game restarts."
