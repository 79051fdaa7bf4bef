"""Option negotiation by the Q method (RFC 1143): no loops, whatever the peer answers."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, auto

from bastproxy.libs.net.telnet.constants import DO, DONT, WILL, WONT
from bastproxy.libs.net.telnet.events import Negotiated


class State(Enum):
    """Where one option stands on one side: settled (NO, YES), or asked for and not answered."""

    NO = auto()
    YES = auto()
    WANTNO = auto()
    WANTYES = auto()


class Option:
    """One option on one side.

    ``opposite`` is the queue bit: asked for and already regretted. Methods return what to tell
    the peer: True (WILL or DO), False (WONT or DONT), or None, nothing.
    """

    __slots__ = ("opposite", "state")

    def __init__(self, state: State = State.NO, opposite: bool = False) -> None:
        self.state = state
        self.opposite = opposite

    def request(self, enable: bool) -> bool | None:
        """Ask for the option, or ask to be rid of it."""
        settled, asked, undoing = (
            (State.YES, State.WANTYES, State.WANTNO)
            if enable
            else (State.NO, State.WANTNO, State.WANTYES)
        )
        if self.state is settled:
            return None
        if self.state is asked:
            self.opposite = False
            return None
        if self.state is undoing:
            # The peer has yet to answer; asking again now is what makes loops.
            self.opposite = True
            return None
        self.state = asked
        return enable

    def receive(self, enable: bool, agree: bool) -> bool | None:
        """Take the peer's word; ``agree`` says whether we accept an offer we did not ask for."""
        if self.state is State.NO:
            if not enable:
                return None
            if agree:
                self.state = State.YES
            return agree
        if self.state is State.YES:
            if enable:
                return None
            self.state = State.NO
            return False
        return self._answered(enable)

    def _answered(self, enable: bool) -> bool | None:
        opposite, self.opposite = self.opposite, False
        if self.state is State.WANTYES:
            if not enable:
                self.state = State.NO
            elif opposite:
                self.state = State.WANTNO
                return False
            else:
                self.state = State.YES
            return None
        if enable:
            # A refusal must not be refused. The RFC: believe what we wanted last.
            self.state = State.YES if opposite else State.NO
        elif opposite:
            self.state = State.WANTYES
            return True
        else:
            self.state = State.NO
        return None


class Negotiation:
    """The options of one connection, both sides; at most 256 each.

    :param local: options we do when asked (DO is answered with WILL).
    :param remote: options the peer may do (WILL is answered with DO).
    :raises ValueError: an option is not within 0..255.
    """

    def __init__(self, local: Collection[int] = (), remote: Collection[int] = ()) -> None:
        for option in (*local, *remote):
            check_option(option)
        self._agreed = {True: frozenset(local), False: frozenset(remote)}
        self._options: dict[bool, dict[int, Option]] = {True: {}, False: {}}

    def state(self, option: int, *, local: bool) -> State:
        """Return where an option stands on our side (``local``) or on the peer's."""
        found = self._options[local].get(option)
        return State.NO if found is None else found.state

    def request(self, option: int, *, local: bool, enable: bool) -> int | None:
        """Ask for a change.

        :returns: the verb to send (WILL, WONT, DO or DONT), or None.
        :raises ValueError: the option is not within 0..255.
        """
        check_option(option)
        return _verb(local, self._option(option, local).request(enable))

    def receive(self, verb: int, option: int) -> tuple[int | None, Negotiated | None]:
        """Take the peer's WILL, WONT, DO or DONT.

        :returns: the verb to answer with, or None; and what has settled by it, or None.
        """
        local = verb in (DO, DONT)
        entry = self._option(option, local)
        before = entry.state
        answer = entry.receive(verb in (DO, WILL), option in self._agreed[local])
        settled = None
        if entry.state is not before and entry.state in (State.YES, State.NO):
            settled = Negotiated(option, local, entry.state is State.YES)
        return _verb(local, answer), settled

    def _option(self, option: int, local: bool) -> Option:
        return self._options[local].setdefault(option, Option())


def _verb(local: bool, word: bool | None) -> int | None:
    if word is None:
        return None
    if local:
        return WILL if word else WONT
    return DO if word else DONT


def check_option(option: int) -> None:
    """Refuse a number that is no option.

    :raises ValueError: it is not within 0..255.
    """
    if not 0 <= option <= 255:
        raise ValueError(f"a telnet option is one byte, 0..255, not {option}")
