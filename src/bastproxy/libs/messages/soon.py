"""Doing a thing once, when what is going on now has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context


class Soon:
    """Calls a function once the event loop comes round, however often it was asked to.

    Without a running event loop it is called at once.
    """

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._handle: asyncio.Handle | None = None

    def call(self) -> None:
        """Have the function called."""
        if self._handle is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._function()
        else:
            # The context of whoever asked, a plugin perhaps, is not the one to run in.
            self._handle = loop.call_soon(self._run, context=Context())

    def now(self) -> None:
        """Call it now, if it is still to be called."""
        if self._handle is not None:
            self._handle.cancel()
            self._run()

    def _run(self) -> None:
        self._handle = None
        self._function()
