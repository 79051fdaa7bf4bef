"""Timing of searches: what takes too long is told, and when it persists switched off."""

from __future__ import annotations

from time import thread_time
from typing import Final

from bastproxy.libs.triggers.trigger import Trigger

SLOW: Final = 0.05
"""Seconds that a search may take."""
FAR_TOO_SLOW: Final = 1.0
"""Seconds after which a trigger is switched off at once."""
WORST: Final = 5.0
"""Seconds after which nobody waits for a second search."""
PATIENCE: Final = 3
"""So many slow lines switch a trigger off."""


def judge(trigger: Trigger, text: str, seconds: float) -> str:
    """Look at a trigger whose search of a text took long by the clock on the wall.

    Another program may have had the processor meanwhile, so it is searched again, by the
    time of the processor.

    :returns: why it is to be switched off; empty when it is not.
    """
    if seconds < WORST:
        started = thread_time()
        trigger.pattern.regex.search(text)
        seconds = thread_time() - started
        if seconds < SLOW:
            return ""
    trigger.slow += 1
    trigger.slowest = max(trigger.slowest, seconds)
    if seconds < FAR_TOO_SLOW and trigger.slow < PATIENCE:
        return ""
    return f"its pattern took {seconds:.2f} s on a line of {len(text):,} characters"
