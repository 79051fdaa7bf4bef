"""Reminders: ``#bp.remind.me 5m "the boat leaves"``."""

import asyncio

from bastproxy.libs.settings import format_timelength, parse_timelength
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser


class Plugin(BasePlugin):
    """Tells you later. The tasks are the plugin's: they end when it goes."""

    @AddCommand()
    @AddParser(description="be reminded of something in a while")
    @AddArgument("when", help="in how long: 90, 5m, 1h30m")
    @AddArgument("what", nargs="+", help="what of")
    def _command_me(self):
        args = self.api("plugins.core.commands:get.current.command.args")()
        try:
            seconds = parse_timelength(args["when"])
        except ValueError as error:
            return False, [str(error)]
        self.spawn(self._remind(seconds, " ".join(args["what"])), "reminder")
        return True, [f"I will tell you in {format_timelength(seconds)}"]

    async def _remind(self, seconds, what):
        await asyncio.sleep(seconds)
        self.api("plugins.core.clients:send")(f"Remember: {what}")
