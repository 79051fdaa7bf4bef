"""Changes lines of the MUD on their way to the clients."""

from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    """The MUD shouts."""

    @RegisterToEvent("ev_to_client_data_modify")
    def _eventcb_shout(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        if not record["internal"]:  # what the proxy itself says stays as it is
            record["line"] = record["line"].upper()
