"""Option negotiation by the Q method (RFC 1143): no loops, whatever the peer answers."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, auto

from bastproxy.libs.net.telnet.constants import DO, DONT, MCCP1, WILL, WONT
from bastproxy.libs.net.telnet.events import Negotiated, Offered


class State(Enum):
    """Where one option stands on one side: settled (NO, YES), or asked for and not answered."""

    NO = auto()
    YES = auto()
    WANTNO = auto()
    WANTYES = auto()


class Option:
    """One option on one side.

    ``opposite`` is the queue bit: asked for and already regretted. ``offered`` says that the peer
    has asked, while the state is NO, and waits for our answer. Methods return what to tell the
    peer: True (WILL or DO), False (WONT or DONT), or None, nothing.
    """

    __slots__ = ("offered", "opposite", "state")

    def __init__(self, state: State = State.NO, opposite: bool = False) -> None:
        self.state = state
        self.opposite = opposite
        self.offered = False

    def decide(self, agree: bool) -> bool:
        """Answer what the peer has asked."""
        self.offered = False
        if agree:
            self.state = State.YES
        return agree

    def request(self, enable: bool) -> bool | None:
        """Ask for the option, or ask to be rid of it; an offer is answered by that."""
        if self.offered:
            return self.decide(enable)
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

    def receive(self, enable: bool, agree: bool | None) -> bool | None:
        """Take the peer's word.

        :param agree: whether we accept what we did not ask for; None leaves it to :meth:`decide`.
        """
        if self.state is State.NO:
            self.offered = enable
            return self.decide(agree) if enable and agree is not None else None
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
    :param deferred_local: options we may do when asked; :meth:`decide` answers.
    :param deferred_remote: options the peer may do; :meth:`decide` answers.
    :raises ValueError: an option is not within 0..255, or is MCCP1.
    """

    def __init__(
        self,
        local: Collection[int] = (),
        remote: Collection[int] = (),
        deferred_local: Collection[int] = (),
        deferred_remote: Collection[int] = (),
    ) -> None:
        for option in (*local, *remote, *deferred_local, *deferred_remote):
            _check_negotiable(option)
        self._agreed = {True: frozenset(local), False: frozenset(remote)}
        self._deferred = {True: frozenset(deferred_local), False: frozenset(deferred_remote)}
        self._options: dict[bool, dict[int, Option]] = {True: {}, False: {}}

    def state(self, option: int, *, local: bool) -> State:
        """Return where an option stands on our side (``local``) or on the peer's."""
        found = self._options[local].get(option)
        return State.NO if found is None else found.state

    def request(
        self, option: int, *, local: bool, enable: bool
    ) -> tuple[int | None, Negotiated | None]:
        """Ask for a change; where the peer waits for our answer, answer.

        :returns: the verb to send (WILL, WONT, DO or DONT), or None; and what has settled by it,
            which only an answer does, or None.
        :raises ValueError: the option is not within 0..255, or is MCCP1.
        """
        _check_negotiable(option)
        entry = self._option(option, local)
        settled = Negotiated(option, local, enable) if entry.offered else None
        return _verb(local, entry.request(enable)), settled

    def decide(
        self, option: int, *, local: bool, agree: bool
    ) -> tuple[int | None, Negotiated | None]:
        """Answer a deferred offer; without one, nothing happens.

        :returns: as of :meth:`request`.
        """
        entry = self._options[local].get(option)
        if entry is None or not entry.offered:
            return None, None
        return self.request(option, local=local, enable=agree)

    def receive(self, verb: int, option: int) -> tuple[int | None, Negotiated | Offered | None]:
        """Take the peer's WILL, WONT, DO or DONT.

        :returns: the verb to answer with, or None; and what has come of it, or None.
        """
        local = verb in (DO, DONT)
        entry = self._option(option, local)
        state, offered = entry.state, entry.offered
        agree = None if option in self._deferred[local] else option in self._agreed[local]
        answer = entry.receive(verb in (DO, WILL), agree)
        event: Negotiated | Offered | None = None
        if entry.state is not state and entry.state in (State.YES, State.NO):
            event = Negotiated(option, local, entry.state is State.YES)
        elif entry.offered is not offered:
            event = Offered(option, local) if entry.offered else Negotiated(option, local, False)
        return _verb(local, answer), event

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


def _check_negotiable(option: int) -> None:
    check_option(option)
    if option == MCCP1:
        # Its start marker, IAC SB 85 WILL SE, is no telnet.
        raise ValueError("MCCP1 (85) is never agreed to; MCCP2 (86) does the same")
