"""What can go wrong with a plugin, told by plugin, phase, file and line."""

from __future__ import annotations

import os
import traceback
from pathlib import Path


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
        where = f" ({file}, line {line})" if file and line else f" ({file})" if file else ""
        self.message = f"{phase}{where}: {reason}"
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


def plugin_error(plugin_id: str, phase: str, error: BaseException, directory: Path) -> PluginError:
    """Tell an exception raised by a plugin's code as a :class:`PluginError`.

    :param directory: the plugin's; the innermost frame inside it is named.
    """
    if isinstance(error, HookError) and error.__cause__ is not None:
        phase = f"hook {error.hook} ({error.function})"
        error = error.__cause__
    file, line = _place(error, directory)
    if isinstance(error, SystemExit):
        reason = f"it called sys.exit({error.code!r})"
    elif isinstance(error, SyntaxError):
        reason = f"{type(error).__name__}: {error.msg}"
    else:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    details = "".join(traceback.format_exception(error))
    return PluginError(plugin_id, phase, reason, file=file, line=line, details=details)


def _place(error: BaseException, directory: Path) -> tuple[Path | None, int | None]:
    prefix = f"{directory}{os.sep}"
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(prefix):
        return Path(str(error.filename)), error.lineno
    found: tuple[Path | None, int | None] = (None, None)
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.startswith(prefix):
            found = Path(frame.f_code.co_filename), line
    return found
