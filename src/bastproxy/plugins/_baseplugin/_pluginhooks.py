"""The lifecycle hooks of plugins: how they are declared, found and run."""

from __future__ import annotations

import inspect
from asyncio import CancelledError
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from bastproxy.libs.declarations import Declaration, declare, declared_as
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.plugins.errors import HookError
from bastproxy.libs.records import LogRecord

F = TypeVar("F", bound=Callable[..., Any])

HOOKS = ("__init__", "initialize", "save", "uninitialize")
PREFIX = "_phook_"


class RegisterPluginHook(Declaration):
    """Run the decorated method, whose name begins with ``_phook_``, at a point of the life.

    :param hook_name: ``__init__`` (in the base class's constructor), ``initialize``
        (all plugins of the batch are loaded), ``save``, or ``uninitialize`` (before the
        unload).
    :param priority: lower runs earlier; the same priority runs in order of definition,
        base class first.
    """

    def __init__(self, hook_name: str, priority: int = 50) -> None:
        self.hook_name = hook_name
        self.priority = priority

    def __call__(self, function: F) -> F:
        """Mark the function.

        :raises TypeError: it is an ``async def``; the whole proxy waits for a hook.
        """
        if inspect.iscoroutinefunction(function):
            raise TypeError(
                f"{function.__qualname__} is an async def, but a plugin hook is waited for; "
                "make it a plain def that spawns a task"
            )
        return declare(function, self)


class Hook(NamedTuple):
    """One method that a hook runs."""

    priority: int
    function: str


def hooks_of(cls: type) -> dict[str, list[Hook]]:
    """Return the hook methods of a plugin's class by hook, in the order they run."""
    found: dict[str, list[Hook]] = {}
    for attribute, declaration in declared_as(cls, RegisterPluginHook):
        if attribute.startswith(PREFIX):
            hook = Hook(declaration.priority, attribute)
            found.setdefault(declaration.hook_name, []).append(hook)
    for hooks in found.values():
        hooks.sort(key=lambda hook: hook.priority)  # stable: definition order within one
    return found


def warn_of_mistakes(cls: type, plugin_id: str) -> None:
    """Say which decorated methods will never run, and why."""
    for attribute, declaration in declared_as(cls, RegisterPluginHook):
        name = declaration.hook_name
        if not attribute.startswith(PREFIX):
            problem = f"its name does not begin with {PREFIX}"
        elif name not in HOOKS:
            problem = f"there is no hook {name!r}{did_you_mean(name, HOOKS)}"
        else:
            continue
        LogRecord(
            f"the plugin hook {attribute} is never run: {problem}",
            level="warning",
            sources=[plugin_id],
        )()


def run_hooks(instance: Any, plugin_id: str, hook_name: str, *, isolate: bool) -> bool:
    """Run the methods of a hook in order.

    :param isolate: log what fails and run the rest; otherwise the first failure ends it.
    :returns: False when one failed.
    :raises HookError: one failed, and ``isolate`` is False; its cause is the failure.
    """
    ok = True
    for hook in hooks_of(type(instance)).get(hook_name, ()):
        try:
            getattr(instance, hook.function)()
        except (Exception, SystemExit, CancelledError) as error:
            if not isolate:
                raise HookError(hook_name, hook.function) from error
            ok = False
            LogRecord(
                f"the hook {hook_name} failed in {hook.function}: {type(error).__name__}: {error}",
                level="error",
                sources=[plugin_id],
                exc_info=error,
            )()
    return ok
