import asyncio

import pytest

from bastproxy.libs.plugins.errors import HookError
from bastproxy.plugins._baseplugin._pluginhooks import (
    Hook,
    RegisterPluginHook,
    hooks_of,
    run_hooks,
    warn_of_mistakes,
)


class Base:
    def __init__(self) -> None:
        self.ran: list[str] = []

    @RegisterPluginHook("initialize")
    def _phook_base(self) -> None:
        self.ran.append("base")

    @RegisterPluginHook("initialize", priority=90)
    def _phook_base_late(self) -> None:
        self.ran.append("base late")


class Plugin(Base):
    @RegisterPluginHook("initialize", priority=10)
    def _phook_early(self) -> None:
        self.ran.append("early")

    @RegisterPluginHook("initialize")
    def _phook_zzz(self) -> None:
        self.ran.append("zzz")

    @RegisterPluginHook("initialize")
    def _phook_aaa(self) -> None:
        self.ran.append("aaa")

    @RegisterPluginHook("save")
    @RegisterPluginHook("uninitialize", priority=20)
    def _phook_both(self) -> None:
        self.ran.append("both")


def test_hooks_run_by_priority_then_base_first_then_by_definition() -> None:
    plugin = Plugin()
    assert run_hooks(plugin, "me", "initialize", isolate=False)
    assert plugin.ran == ["early", "base", "zzz", "aaa", "base late"]


def test_the_hooks_of_a_class() -> None:
    assert hooks_of(Plugin) == {
        "initialize": [
            Hook(10, "_phook_early"),
            Hook(50, "_phook_base"),
            Hook(50, "_phook_zzz"),
            Hook(50, "_phook_aaa"),
            Hook(90, "_phook_base_late"),
        ],
        "save": [Hook(50, "_phook_both")],
        "uninitialize": [Hook(20, "_phook_both")],
    }


def test_one_method_may_serve_two_hooks() -> None:
    plugin = Plugin()
    run_hooks(plugin, "me", "save", isolate=False)
    run_hooks(plugin, "me", "uninitialize", isolate=False)
    assert plugin.ran == ["both", "both"]


def test_a_hook_that_nobody_registered_is_fine() -> None:
    assert run_hooks(Base(), "me", "save", isolate=False)


def test_an_override_runs_in_the_place_of_the_base_classs() -> None:
    class Sub(Plugin):
        def _phook_base(self) -> None:
            self.ran.append("overridden")

        _phook_base_late = None

    plugin = Sub()
    run_hooks(plugin, "me", "initialize", isolate=False)
    assert plugin.ran == ["early", "overridden", "zzz", "aaa"]


def test_a_method_without_the_prefix_is_not_run_and_a_warning_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Wrong(Base):
        @RegisterPluginHook("initialize", priority=1)
        def start(self) -> None:
            self.ran.append("never")

    plugin = Wrong()
    run_hooks(plugin, "me", "initialize", isolate=False)
    assert plugin.ran == ["base", "base late"]
    assert "start" not in [hook.function for hook in hooks_of(Wrong)["initialize"]]
    warn_of_mistakes(Wrong, "plugins.games.mine")
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("bastproxy.plugins.games.mine", "WARNING")
    assert record.getMessage() == (
        "the plugin hook start is never run: its name does not begin with _phook_"
    )


def test_an_unknown_hook_is_said_with_the_nearest(caplog: pytest.LogCaptureFixture) -> None:
    class Wrong:
        @RegisterPluginHook("initialise")
        def _phook_start(self) -> None: ...

    warn_of_mistakes(Wrong, "me")
    message = caplog.records[0].getMessage()
    assert message.startswith(
        "the plugin hook _phook_start is never run: there is no hook 'initialise'"
        " (did you mean initialize"
    )


def test_what_is_right_is_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_mistakes(Plugin, "me")
    assert not caplog.records


def test_an_async_hook_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match=r"_phook_start is an async def, .*make it a plain def"):

        class Wrong:
            @RegisterPluginHook("initialize")
            async def _phook_start(self) -> None: ...


FAILURES = [ValueError("no dragon"), SystemExit(3), asyncio.CancelledError()]


def failing(error: BaseException) -> Base:
    class Failing(Base):
        @RegisterPluginHook("initialize", priority=20)
        def _phook_fails(self) -> None:
            raise error

    return Failing()


@pytest.mark.parametrize("error", FAILURES)
def test_a_failure_ends_the_hook_and_is_named(error: BaseException) -> None:
    plugin = failing(error)
    with pytest.raises(HookError, match="the hook initialize failed in _phook_fails") as caught:
        run_hooks(plugin, "me", "initialize", isolate=False)
    assert caught.value.__cause__ is error
    assert (caught.value.hook, caught.value.function) == ("initialize", "_phook_fails")
    assert plugin.ran == []


@pytest.mark.parametrize("error", FAILURES)
def test_isolated_it_is_logged_and_the_rest_run(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    plugin = failing(error)
    assert run_hooks(plugin, "plugins.games.mine", "initialize", isolate=True) is False
    assert plugin.ran == ["base", "base late"]
    (record,) = caplog.records
    assert record.name == "bastproxy.plugins.games.mine"
    assert record.getMessage().startswith(
        f"the hook initialize failed in _phook_fails: {type(error).__name__}"
    )
    assert "Traceback" in caplog.text
