"""Plugins made for measuring, of a given size, each edit of which is another source."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from bastproxy.testing.harness import write_plugin

HEAD = """
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

EDIT = {edit}


class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["seen"]
        self.seen = 0

    @AddAPI("edit", description="which edit of the source runs")
    def _api_edit(self):
        return EDIT

    @RegisterToEvent(event_name="ev_bench")
    def _eventcb_bench(self):
        self.seen += 1
"""
METHOD = '''
    def rule_{number}(self, line, words=()):
        """Say what is to be done about a line."""
        counts = {{word: line.count(word) for word in words}}
        if not counts:
            return None
        best = max(counts, key=counts.__getitem__)
        if counts[best] > {number}:
            return best, counts[best] * {number}
        return best.upper(), sum(counts.values())
'''
API = """
    @AddAPI("number.{number}")
    def _api_{number}(self):
        return {number}
"""

_edits = itertools.count(1)
_times = itertools.count(1_700_000_000)


def source(edit: int, *, lines: int = 0, apis: int = 0) -> str:
    """Return a plugin.

    :param lines: at least so many lines of code.
    :param apis: how many APIs it has beside its one.
    """
    text = HEAD.format(edit=edit) + "".join(API.format(number=number) for number in range(apis))
    missing = range(max(0, -(-(lines - text.count("\n")) // METHOD.count("\n"))))
    return text + "".join(METHOD.format(number=number) for number in missing)


def edit(directory: Path, plugin_id: str, *, lines: int = 0, apis: int = 0) -> int:
    """Save both files of a plugin with a new content, and return what its API then answers.

    The files get a time of their own, or an import that goes by the time, in whole
    seconds, would take the old ones for them.
    """
    number = next(_edits)
    text = source(number, lines=lines, apis=apis)
    package = write_plugin(directory, plugin_id, text, purpose=f"edit {number}")
    set_times([package / "__init__.py", package / "plugin" / "__init__.py"])
    return number


def set_times(paths: Sequence[Path]) -> None:
    """Give files a time that no file had before, in whole seconds."""
    when = next(_times)
    for path in paths:
        os.utime(path, (when, when))
