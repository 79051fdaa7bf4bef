"""Says in the game what the plugin ``kills`` has counted."""

from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    """Speaks after every tenth kill."""

    @RegisterToEvent("ev_examples_killed")
    def _eventcb_killed(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        total = self.api("plugins.examples.kills:count")()
        if total % 10 == 0:
            self.api("plugins.core.proxy:send")(
                f"say {total} kills, the last was {record['name']}!"
            )
