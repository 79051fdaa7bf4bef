import asyncio
import gc
import weakref
from collections.abc import Callable

import pytest

from bastproxy.libs.declarations import Scanner
from bastproxy.libs.events import Dispatcher, RegisterToEvent
from bastproxy.libs.ledger import Ledger


class Trace(list[str]):
    """Callbacks that note that they ran."""

    def callback(self, name: str) -> Callable[[], None]:
        def callback() -> None:
            self.append(name)

        callback.__name__ = name
        return callback


@pytest.fixture
def trace() -> Trace:
    return Trace()


class TestOrder:
    def test_lower_priorities_run_first(self, dispatcher: Dispatcher, trace: Trace) -> None:
        for priority in (90, 10, 50, -1):
            dispatcher.register("ev", trace.callback(str(priority)), "me", priority)
        dispatcher.raise_event("ev")
        assert trace == ["-1", "10", "50", "90"]

    def test_one_priority_runs_in_the_order_of_registration(
        self, dispatcher: Dispatcher, trace: Trace
    ) -> None:
        for name in "cab":
            dispatcher.register("ev", trace.callback(name), "me")
        dispatcher.raise_event("ev")
        assert trace == ["c", "a", "b"]

    def test_registered_again_it_goes_to_the_end(
        self, dispatcher: Dispatcher, trace: Trace
    ) -> None:
        first, second = trace.callback("first"), trace.callback("second")
        dispatcher.register("ev", first, "me")
        dispatcher.register("ev", second, "me")
        assert dispatcher.unregister("ev", first)
        dispatcher.register("ev", first, "me")
        dispatcher.raise_event("ev")
        assert trace == ["second", "first"]


class TestDecorated:
    class Plugin:
        def __init__(self) -> None:
            self.ran: list[str] = []

        @RegisterToEvent(event_name="ev_one", priority=10)
        @RegisterToEvent(event_name="ev_two", priority=90)
        def _eventcb_both(self) -> None:
            self.ran.append("both")

        @RegisterToEvent("ev_{plugin_id}_var_x_modified")
        @RegisterToEvent("ev_two")
        def _eventcb_mine(self) -> None:
            self.ran.append("mine")

    @pytest.fixture
    def scanner(self, dispatcher: Dispatcher) -> Scanner:
        scanner = Scanner()
        scanner.add_handler(RegisterToEvent, dispatcher.add_declared, dispatcher.remove_declared)
        return scanner

    def test_one_method_listens_to_several_events(
        self, dispatcher: Dispatcher, scanner: Scanner
    ) -> None:
        plugin = self.Plugin()
        scanner.scan("me", plugin)
        dispatcher.raise_event("ev_one")
        assert plugin.ran == ["both"]
        dispatcher.raise_event("ev_two")
        assert plugin.ran == ["both", "mine", "both"]
        dispatcher.raise_event("ev_me_var_x_modified")
        assert plugin.ran[3:] == ["mine"]

    def test_one_method_is_taken_back_from_all_of_them(
        self, dispatcher: Dispatcher, scanner: Scanner, ledger: Ledger
    ) -> None:
        plugin = self.Plugin()
        scanner.scan("me", plugin)
        scanner.undo("me", plugin, "_eventcb_mine")
        scanner.undo("me", plugin, "_eventcb_both")
        assert ledger.lines("me") == []
        assert dispatcher.events() == []


class TestRegister:
    def test_a_function_listens_once(self, dispatcher: Dispatcher, trace: Trace) -> None:
        callback = trace.callback("x")
        assert dispatcher.register("ev", callback, "me") is True
        assert dispatcher.register("ev", callback, "me", 10) is False
        dispatcher.raise_event("ev")
        assert trace == ["x"]

    def test_unregistered_it_is_not_called(
        self, dispatcher: Dispatcher, trace: Trace, ledger: Ledger
    ) -> None:
        callback = trace.callback("x")
        dispatcher.register("ev", callback, "me")
        assert dispatcher.is_registered("ev", callback)
        assert dispatcher.unregister("ev", callback) is True
        assert dispatcher.unregister("ev", callback) is False
        assert dispatcher.unregister("unknown", callback) is False
        assert not dispatcher.is_registered("ev", callback)
        assert not dispatcher.is_registered("unknown", callback)
        dispatcher.raise_event("ev")
        assert trace == []
        assert len(ledger) == 0

    def test_what_cannot_be_called_is_refused(self, dispatcher: Dispatcher) -> None:
        with pytest.raises(TypeError, match="me: a callback of ev must be callable"):
            dispatcher.register("ev", "not callable", "me")
        assert dispatcher.event("ev") is None

    def test_has_callbacks(self, dispatcher: Dispatcher, trace: Trace, ledger: Ledger) -> None:
        assert not dispatcher.has_callbacks("ev")
        dispatcher.add_event("ev", "me")
        assert not dispatcher.has_callbacks("ev")
        dispatcher.register("ev", trace.callback("x"), "you")
        assert dispatcher.has_callbacks("ev")
        ledger.suspend("you", generation=0)
        assert not dispatcher.has_callbacks("ev")


class TestDuringARaise:
    @pytest.mark.parametrize(("priority", "runs"), [(49, False), (50, True), (51, True)])
    def test_registered_it_takes_part_if_its_priority_has_not_passed(
        self, dispatcher: Dispatcher, trace: Trace, priority: int, runs: bool
    ) -> None:
        def registering() -> None:
            dispatcher.register("ev", trace.callback("new"), "me", priority)

        dispatcher.register("ev", registering, "me", 50)
        dispatcher.register("ev", trace.callback("last"), "me", 60)
        dispatcher.raise_event("ev")
        assert trace == (["new", "last"] if runs else ["last"])

    def test_unregistered_it_does_not_run_any_more(
        self, dispatcher: Dispatcher, trace: Trace
    ) -> None:
        later = trace.callback("later")
        dispatcher.register("ev", lambda: dispatcher.unregister("ev", later), "me", 10)
        dispatcher.register("ev", later, "me", 90)
        dispatcher.register("ev", trace.callback("last"), "me", 95)
        dispatcher.raise_event("ev")
        assert trace == ["last"]

    def test_an_owner_released_by_a_callback_is_not_called_any_more(
        self, dispatcher: Dispatcher, trace: Trace, ledger: Ledger
    ) -> None:
        dispatcher.register("ev", lambda: ledger.release("you"), "me", 10)
        dispatcher.register("ev", trace.callback("yours"), "you", 50)
        dispatcher.register("ev", trace.callback("mine"), "me", 90)
        dispatcher.raise_event("ev")
        assert trace == ["mine"]

    def test_an_event_that_lost_all_its_callbacks_gets_new_ones(
        self, dispatcher: Dispatcher, trace: Trace
    ) -> None:
        def replaced() -> None:
            dispatcher.unregister("ev", replaced)
            dispatcher.register("ev", trace.callback("successor"), "me")

        dispatcher.register("ev", replaced, "me")
        dispatcher.raise_event("ev")
        assert trace == ["successor"]

    def test_out_and_in_again_does_not_run_for_ever(
        self, dispatcher: Dispatcher, trace: Trace
    ) -> None:
        def again() -> None:
            trace.append("again")
            dispatcher.unregister("ev", again)
            dispatcher.register("ev", again, "me")

        dispatcher.register("ev", again, "me")
        dispatcher.register("ev", trace.callback("other"), "me")
        dispatcher.raise_event("ev")
        assert trace == ["again", "other"]
        dispatcher.raise_event("ev")
        assert trace == ["again", "other", "other", "again"]


class TestNested:
    def test_the_innermost_is_the_current_one(self, dispatcher: Dispatcher) -> None:
        seen: list[object] = []

        def look() -> None:
            record = dispatcher.current_record()
            seen.append((record.event_name, dispatcher.stack()))

        def nest() -> None:
            look()
            inner = dispatcher.raise_event("ev_inner", owner_id="me")
            assert inner.parent is dispatcher.current_record()
            look()

        dispatcher.register("ev_outer", nest, "me")
        dispatcher.register("ev_inner", look, "me")
        assert dispatcher.current_record() is None
        assert dispatcher.stack() == []
        dispatcher.raise_event("ev_outer")
        assert seen == [
            ("ev_outer", ["ev_outer"]),
            ("ev_inner", ["ev_outer", "ev_inner"]),
            ("ev_outer", ["ev_outer"]),
        ]
        assert dispatcher.current_record() is None

    def test_an_event_raised_inside_itself_has_its_own_record(self, dispatcher: Dispatcher) -> None:
        depths: list[int] = []

        def callback() -> None:
            record = dispatcher.current_record()
            depths.append(record["depth"])
            if record["depth"] < 3:
                dispatcher.raise_event("ev", {"depth": record["depth"] + 1})
            assert dispatcher.current_record() is record
            record["left"] = True

        dispatcher.register("ev", callback, "me")
        record = dispatcher.raise_event("ev", {"depth": 1})
        assert depths == [1, 2, 3]
        assert record == {"depth": 1, "left": True}
        assert dispatcher.event("ev").raised == 3

    def test_endless_recursion_is_an_error_of_the_callback(
        self, dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
    ) -> None:
        dispatcher.register("ev", lambda: dispatcher.raise_event("ev"), "me")
        dispatcher.raise_event("ev")
        assert "RecursionError" in caplog.text
        assert dispatcher.stack() == []


class TestDeclared:
    def test_an_event_is_declared_with_its_words(
        self, dispatcher: Dispatcher, ledger: Ledger
    ) -> None:
        assert dispatcher.add_event("ev", "me", ["a", "b"], {"line": "the line"})
        assert dispatcher.has_event("ev")
        assert dispatcher.event("ev").describe() == {
            "name": "ev",
            "owner_id": "me",
            "declared": True,
            "description": ["a", "b"],
            "arg_descriptions": {"line": "the line"},
            "raised": 0,
            "callbacks": [],
        }
        assert [(line.kind, line.name) for line in ledger.lines("me")] == [("event", "ev")]

    def test_one_line_of_description_may_be_a_string(self, dispatcher: Dispatcher) -> None:
        dispatcher.add_event("ev", "me", "one line")
        assert dispatcher.event("ev").description == ["one line"]

    def test_an_undeclared_event_can_be_raised(self, dispatcher: Dispatcher, trace: Trace) -> None:
        assert dispatcher.raise_event("ev", {"x": 1}, "me") == {"x": 1}
        dispatcher.register("ev", trace.callback("x"), "me")
        assert not dispatcher.has_event("ev")
        dispatcher.raise_event("ev")
        assert trace == ["x"]
        assert not dispatcher.event("ev").describe()["declared"]

    def test_a_registration_before_the_declaration_connects(
        self, dispatcher: Dispatcher, trace: Trace, ledger: Ledger
    ) -> None:
        dispatcher.register("ev", trace.callback("x"), "me")
        assert dispatcher.add_event("ev", "you")
        dispatcher.raise_event("ev")
        ledger.release("you")
        assert not dispatcher.has_event("ev")
        dispatcher.raise_event("ev")
        dispatcher.add_event("ev", "they")
        dispatcher.raise_event("ev")
        assert trace == ["x", "x", "x"]

    def test_another_owners_event_is_refused_and_said(
        self, dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
    ) -> None:
        dispatcher.add_event("ev", "me", ["mine"])
        assert dispatcher.add_event("ev", "you") is False
        assert "you cannot add the event 'ev': me has" in caplog.text
        assert dispatcher.event("ev").description == ["mine"]

    def test_ones_own_event_can_be_described_anew(
        self, dispatcher: Dispatcher, ledger: Ledger
    ) -> None:
        dispatcher.add_event("ev", "me", ["old"], {"a": "old"})
        assert dispatcher.add_event("ev", "me", ["new"])
        assert dispatcher.event("ev").description == ["new"]
        assert dispatcher.event("ev").arg_descriptions == {}
        assert len(ledger) == 1

    def test_what_nobody_declares_or_listens_to_is_forgotten(
        self, dispatcher: Dispatcher, trace: Trace, ledger: Ledger
    ) -> None:
        dispatcher.add_event("ev_b", "me")
        dispatcher.register("ev_b", trace.callback("x"), "you")
        dispatcher.register("ev_a", trace.callback("x"), "you")
        assert [event.name for event in dispatcher.events()] == ["ev_a", "ev_b"]
        ledger.release("you")
        assert [event.name for event in dispatcher.events()] == ["ev_b"]
        ledger.release("me")
        assert dispatcher.events() == []

    def test_suspended_it_is_undeclared_and_resumed_it_is_as_it_was(
        self, dispatcher: Dispatcher, ledger: Ledger
    ) -> None:
        dispatcher.add_event("ev", "me", ["mine"])
        ledger.suspend("me", generation=0)
        assert not dispatcher.has_event("ev")
        ledger.resume("me", generation=0)
        assert dispatcher.has_event("ev")
        assert dispatcher.event("ev").description == ["mine"]

    def test_a_new_generation_declares_it_again(
        self, dispatcher: Dispatcher, ledger: Ledger
    ) -> None:
        dispatcher.add_event("ev", "me", ["old"])
        ledger.suspend("me", generation=0)
        generation = ledger.open_generation("me")
        assert dispatcher.add_event("ev", "me", ["new"])
        ledger.release("me", generation=0)
        assert dispatcher.has_event("ev")
        assert [line.generation for line in ledger.lines("me")] == [generation]


class TestErrors:
    @pytest.mark.parametrize(
        "error", [ValueError("no dragon"), SystemExit(3), asyncio.CancelledError()]
    )
    def test_an_error_is_isolated_counted_and_attributed(
        self,
        dispatcher: Dispatcher,
        trace: Trace,
        caplog: pytest.LogCaptureFixture,
        error: BaseException,
    ) -> None:
        def fail() -> None:
            raise error

        dispatcher.register("ev", fail, "plugins.games.mine", 10)
        dispatcher.register("ev", trace.callback("other"), "you", 50)
        dispatcher.raise_event("ev")
        dispatcher.raise_event("ev")
        assert trace == ["other", "other"]
        failing, other = dispatcher.event("ev").describe()["callbacks"]
        assert (failing["name"], failing["calls"], failing["errors"]) == ("fail", 2, 2)
        assert (other["calls"], other["errors"]) == (2, 0)
        record = caplog.records[0]
        assert record.name == "bastproxy.plugins.games.mine"
        assert f"fail failed in the event ev: {type(error).__name__}" in record.getMessage()
        assert "in fail" in caplog.text

    def test_ctrl_c_is_no_error_of_a_callback(self, dispatcher: Dispatcher) -> None:
        def interrupted() -> None:
            raise KeyboardInterrupt

        dispatcher.register("ev", interrupted, "me")
        with pytest.raises(KeyboardInterrupt):
            dispatcher.raise_event("ev")
        assert dispatcher.current_record() is None

    def test_callbacks_are_timed(self, dispatcher: Dispatcher, trace: Trace) -> None:
        dispatcher.register("ev", trace.callback("x"), "me", 10)
        dispatcher.raise_event("ev")
        (callback,) = dispatcher.event("ev").callbacks
        assert 0 < callback.seconds < 1
        assert callback.describe() == {
            "owner_id": "me",
            "name": "x",
            "priority": 10,
            "calls": 1,
            "errors": 0,
            "seconds": callback.seconds,
        }

    def test_a_callback_without_a_name_is_called_after_its_class(
        self, dispatcher: Dispatcher
    ) -> None:
        class Listener:
            def __call__(self) -> None: ...

        dispatcher.register("ev", Listener(), "me")
        assert dispatcher.event("ev").callbacks[0].name == "Listener"


class TestSuspend:
    def test_it_is_not_called_and_comes_back_to_its_old_place(
        self, dispatcher: Dispatcher, trace: Trace, ledger: Ledger
    ) -> None:
        for owner in ("a", "b", "c"):
            dispatcher.register("ev", trace.callback(owner), owner)
        ledger.suspend("b", generation=0)
        dispatcher.raise_event("ev")
        assert trace == ["a", "c"]
        ledger.resume("b", generation=0)
        trace.clear()
        dispatcher.raise_event("ev")
        assert trace == ["a", "b", "c"]

    def test_the_same_method_of_a_new_generation_takes_over(
        self, dispatcher: Dispatcher, trace: Trace, ledger: Ledger
    ) -> None:
        callback = trace.callback("x")
        dispatcher.register("ev", callback, "me")
        ledger.suspend("me", generation=0)
        ledger.open_generation("me")
        assert dispatcher.register("ev", callback, "me")
        ledger.release("me", generation=0)
        dispatcher.raise_event("ev")
        assert trace == ["x"]

    def test_several_of_one_name_keep_their_order_in_the_next_generation(
        self, dispatcher: Dispatcher, trace: Trace, ledger: Ledger
    ) -> None:
        for generation in range(2):
            ledger.suspend("me", generation=generation)
            ledger.open_generation("me")
            for name in ("a", "b"):
                callback = trace.callback(name)
                callback.__name__ = "hear"
                dispatcher.register("ev", callback, "me")
                if generation == 0:
                    dispatcher.register("ev", trace.callback(f"after {name}"), "you")
            ledger.release("me", generation=generation)
        dispatcher.raise_event("ev")
        assert trace == ["a", "after a", "b", "after b"]

    def test_a_suspended_one_can_be_released(
        self, dispatcher: Dispatcher, trace: Trace, ledger: Ledger
    ) -> None:
        dispatcher.register("ev", trace.callback("x"), "me")
        ledger.suspend("me", generation=0)
        ledger.release("me")
        assert dispatcher.events() == []


class TestKeepsNothing:
    class Plugin:
        def __init__(self, dispatcher: Dispatcher, fails: bool) -> None:
            self.dispatcher = dispatcher
            self.fails = fails

        def callback(self) -> None:
            record = self.dispatcher.current_record()
            record["line"] = "changed"
            if self.fails:
                raise ValueError("with me in its traceback")

    @pytest.mark.parametrize("fails", [False, True])
    def test_a_kept_record_keeps_no_plugin_alive(
        self, dispatcher: Dispatcher, ledger: Ledger, fails: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # pytest keeps every log record, with its traceback.
        monkeypatch.setattr(
            "bastproxy.libs.events.dispatcher.LogRecord", lambda *args, **keywords: lambda: None
        )
        plugin = self.Plugin(dispatcher, fails)
        dispatcher.register("ev", plugin.callback, "me")
        record = dispatcher.raise_event("ev", {"line": "x"})
        assert [change.owner_id for change in record.changes] == ["me"]
        gone = weakref.ref(plugin)
        ledger.release("me")
        del plugin
        gc.collect()
        assert gone() is None

    def test_an_unregistered_function_is_let_go(self, dispatcher: Dispatcher) -> None:
        plugin = self.Plugin(dispatcher, False)
        dispatcher.add_event("ev", "me")
        dispatcher.register("ev", plugin.callback, "me")
        dispatcher.raise_event("ev")
        dispatcher.unregister("ev", plugin.callback)
        gone = weakref.ref(plugin)
        del plugin
        gc.collect()
        assert gone() is None
