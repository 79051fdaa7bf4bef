"""How a session behaves: what the command line, the settings and plugins want of it."""

from __future__ import annotations

from bastproxy.libs.net.address import MudOptions
from bastproxy.libs.net.client import QUEUE_LIMIT
from bastproxy.libs.net.connection import QUIET_TIME
from bastproxy.libs.net.lines import MAX_LINE
from bastproxy.libs.net.mud import CONNECT_SECONDS
from bastproxy.libs.session.login import LoginPlan


class Conduct:
    """What may be changed while the session runs; each part of it looks here.

    :param quiet_time: seconds of silence after which text without an end is passed on.
    :param connect_timeout: seconds.
    :param queue_limit: bytes that a slow client may be behind.
    :param max_line: bytes; a longer line is passed on in fragments.
    :ivar mud_options: how to speak with the MUD that is connected next.
    :ivar login_plan: how to log in to the MUD, if the proxy is to do that.
    :ivar auto_connect: whether the MUD is connected when a client comes.
    :ivar auto_reconnect: whether a MUD that was lost is connected again.
    :ivar compress_clients: whether clients that come are offered compression.
    :ivar notices: whether clients are told what the proxy does.
    :ivar show_typed: whether clients see what others type.
    :ivar hold_prefixes: a client's line that begins so is held until its end has come.
    """

    def __init__(
        self,
        *,
        quiet_time: float = QUIET_TIME,
        connect_timeout: float = CONNECT_SECONDS,
        queue_limit: int = QUEUE_LIMIT,
        max_line: int = MAX_LINE,
    ) -> None:
        self.quiet_time = quiet_time
        self.connect_timeout = connect_timeout
        self.queue_limit = queue_limit
        self.max_line = max_line
        self.mud_options = MudOptions()
        self.login_plan: LoginPlan | None = None
        self.auto_connect = False
        self.auto_reconnect = True
        self.compress_clients = True
        self.notices = True
        self.show_typed = True
        self.hold_prefixes: set[bytes] = set()
