"""Changes lines of the MUD on their way to the clients."""

import re

from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin

#: A colour code, or the text up to the next one. Codes stay as they are: ESC[33m is a
#: colour, and ESC[33M deletes lines.
PART = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[^\x1b]+")


class Plugin(BasePlugin):
    """The MUD shouts."""

    @RegisterToEvent("ev_to_client_data_modify")
    def _eventcb_shout(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        if not record["internal"]:  # what the proxy itself says stays as it is
            record["line"] = PART.sub(_shout, record["line"])


def _shout(part):
    text = part[0]
    return text if text.startswith("\x1b") else text.upper()
