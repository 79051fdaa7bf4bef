"""What can go wrong with a plugin, told by plugin, phase, file and line."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from types import FrameType, FunctionType, MethodType

from bastproxy.libs.plugins.places import Place, file_of, place_of


class PluginError(Exception):
    """A plugin could not be loaded, unloaded or reloaded.

    :ivar plugin_id: whose fault it is.
    :ivar phase: what was being done, such as ``import`` or ``hook initialize``.
    :ivar file: the plugin's file that was at fault, when known.
    :ivar line: the line in it, from 1.
    :ivar message: phase, place and reason in one line.
    :ivar details: the traceback, formatted, when there is one.  It is kept as text,
        since a stored traceback would keep the plugin's old code alive.
    """

    def __init__(
        self,
        plugin_id: str,
        phase: str,
        reason: str,
        *,
        file: Path | None = None,
        line: int | None = None,
        details: str = "",
    ) -> None:
        self.plugin_id = plugin_id
        self.phase = phase
        self.reason = reason
        self.file = file
        self.line = line
        self.details = details
        where = Place(file, line)
        self.message = f"{phase} ({where}): {reason}" if file else f"{phase}: {reason}"
        super().__init__(f"{plugin_id}: {self.message}")


class HookError(Exception):
    """A hook of a plugin failed.

    :ivar hook: the hook's name.
    :ivar function: the name of the method.
    """

    def __init__(self, hook: str, function: str) -> None:
        self.hook = hook
        self.function = function
        super().__init__(f"the hook {hook} failed in {function}")


def without_trace(error: PluginError) -> PluginError:
    """Return the error without its traceback, which would keep the plugin's code alive.

    The traceback's text is in the details.
    """
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


def plugin_error(
    plugin_id: str,
    phase: str,
    error: BaseException,
    directory: Path,
    place: Place | None = None,
) -> PluginError:
    """Tell an exception raised by a plugin's code as a :class:`PluginError`.

    :param directory: the plugin's.  The place named is that of the innermost frame inside
        it; for what an engine refuses while none of the plugin's code runs, that of the
        function, or the class, in the engine's hands.
    :param place: what to name when none of the plugin's own code has failed.
    """
    if isinstance(error, HookError) and error.__cause__ is not None:
        phase = f"hook {error.hook} ({error.function})"
        error = error.__cause__
    prefix = f"{directory}{os.sep}"
    file, line = _failed_at(error, prefix) or place or _refused(error, prefix) or Place(directory)
    if isinstance(error, SystemExit):
        reason = f"it called sys.exit({error.code!r})"
    elif isinstance(error, SyntaxError):
        reason = f"{type(error).__name__}: {error.msg}"
    else:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    details = "".join(traceback.format_exception(error))
    return PluginError(plugin_id, phase, reason, file=file, line=line, details=details)


def _failed_at(error: BaseException, prefix: str) -> Place | None:
    """Return which line of the plugin's own failed, the innermost one.

    A decorator fails at the ``def`` that it refuses.
    """
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(prefix):
        return Place(Path(str(error.filename)), error.lineno)
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.startswith(prefix):
            found = Place(Path(frame.f_code.co_filename), line)
        elif found is not None:
            found = _decorated(frame, found) or found
    return found


def _decorated(frame: FrameType, place: Place) -> Place | None:
    """Return where the function is defined that a decorator at ``place`` has in its hands."""
    for value in _in_hand(frame):
        if isinstance(value, FunctionType) and file_of(value) == str(place.file):
            definition = place_of(value)
            first, last = value.__code__.co_firstlineno, definition.line
            if last is not None and place.line is not None and first <= place.line < last:
                return definition
    return None


def _refused(error: BaseException, prefix: str) -> Place | None:
    """Return where the plugin defines what somebody else's code failed on."""
    if isinstance(error, OSError) and str(error.filename).startswith(prefix):
        return Place(Path(error.filename))
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        for value in _in_hand(frame):
            if file_of(value).startswith(prefix):
                return place_of(value)
    return None


def _in_hand(frame: FrameType) -> list[FunctionType | type]:
    """Return the definitions that a frame deals with, functions first."""
    values = [
        value.__func__ if isinstance(value, MethodType) else value
        for value in frame.f_locals.values()
    ]
    functions = [value for value in values if isinstance(value, FunctionType)]
    return [*functions, *(value for value in values if isinstance(value, type))]
