"""Text without the markup of MXP and MSP, for clients that do not do what the MUD does."""

from __future__ import annotations

from collections.abc import Collection

from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.connection import Connection
from bastproxy.libs.net.telnet.constants import MSP, MXP
from bastproxy.libs.net.telnet.options import msp
from bastproxy.libs.net.telnet.options.mxp import Stripper


class Forms:
    """One piece of text in the forms that clients can take.

    :ivar data: as it came.
    """

    __slots__ = ("_begins", "_msp", "_without_mxp", "data")

    def __init__(self, data: bytes, without_mxp: bytes | None, msp: bool, begins: bool) -> None:
        self.data = data
        self._without_mxp = without_mxp
        self._msp = msp
        self._begins = begins

    def of(self, client: ClientConnection) -> bytes:
        """Return the form for a client."""
        data = self.data
        if self._without_mxp is not None and not does(client, MXP):
            data = self._without_mxp
        if self._msp and self._begins and not does(client, MSP):
            data = msp.strip(data)
        return data

    @property
    def bare(self) -> bytes:
        """The form without any markup."""
        data = self.data if self._without_mxp is None else self._without_mxp
        return msp.strip(data) if self._msp and self._begins else data


class Plain:
    """Makes the forms of the text of one MUD, which must pass all of it, in order."""

    def __init__(self) -> None:
        self._stripper: Stripper | None = None
        self._msp = False
        self._begins = True

    @property
    def needed(self) -> bool:
        """Whether the MUD uses markup that some clients may not do."""
        return self._stripper is not None or self._msp

    def use(self, options: Collection[int], encoding: str = "utf-8") -> None:
        """Say which options the MUD has on from now on.

        :param encoding: of its text, as Python names it.
        """
        self._msp = MSP in options
        if MXP not in options:
            self._stripper = None
        elif self._stripper is None:
            self._stripper = Stripper(encoding)
        else:
            self._stripper.encoding = encoding  # the mode and the definitions last

    def again(self) -> Plain:
        """Return one for text that went before, such as a replay, with the same options."""
        other = Plain()
        other.follow(self)
        return other

    def follow(self, other: Plain) -> None:
        """Go by the options of another one from now on."""
        stripper = other._stripper
        options = [option for option, on in ((MXP, stripper is not None), (MSP, other._msp)) if on]
        self.use(options, "utf-8" if stripper is None else stripper.encoding)

    def forms(self, data: bytes, *, ends: bool = True) -> Forms:
        """Return the forms of a line without its terminator, of a prompt, or of a fragment.

        :param ends: the line ends here.
        """
        begins, self._begins = self._begins, ends
        plain = None if self._stripper is None else self._stripper.strip(data, ended=ends)
        return Forms(data, plain, self._msp, begins)


def does(connection: Connection, option: int) -> bool:
    """Say whether an option is on, whoever of the two does it."""
    return connection.telnet.is_local(option) or connection.telnet.is_remote(option)
