import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.commands import AddArgument, CommandTable, CurrentCommand, History, current
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks

ME = "plugins.games.me"


class World:
    """A table with one way to type at it, and what it has answered."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.tasks = Tasks(self.ledger)
        self.table = CommandTable(self.ledger, self.tasks)
        self.answers: list[list[str]] = []

    def add(self, name: str, function: Callable[[], Any], *flags: str, **keywords: Any) -> None:
        arguments = [AddArgument(flag, nargs="*") for flag in flags]
        assert self.table.add(ME, name, function, arguments=arguments, **keywords)

    def type(self, line: str) -> list[str]:
        """Type a line and return its answer, or nothing when it comes later."""
        before = len(self.answers)
        assert self.table.run(line, "client 1", self.answers.append)
        return [line for answer in self.answers[before:] for line in answer]

    async def settle(self) -> None:
        await asyncio.gather(*self.tasks.of(ME), return_exceptions=True)


@pytest.fixture
def world() -> World:
    return World()


def test_a_line_for_the_mud_is_left_alone(world: World) -> None:
    assert not world.table.run("look", "client 1", world.answers.append)
    assert not world.table.is_command("#bpx")
    assert world.table.is_command("#bp.x")
    assert world.table.resolve("look") is None
    assert world.answers == []


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        ((True, ["a", "b"]), ["a", "b"]),
        ((False, ["no such thing"]), ["no such thing"]),
        ((True, "a"), ["a"]),
        ((True, None), []),
        ((False, []), ["the command failed without saying why"]),
        (None, []),
        (True, []),
        (False, ["the command failed without saying why"]),
        ("a\nb", ["a", "b"]),
        (["a", 5, "b\nc", ""], ["a", "5", "b", "c", ""]),
        (("a", "b"), ["a", "b"]),
        ({"a": 1}, ["{'a': 1}"]),
        (7, ["7"]),
    ],
)
def test_every_result_is_an_answer(world: World, result: object, lines: list[str]) -> None:
    world.add("do", lambda: result)
    assert world.type("#bp.me.do") == lines
    assert len(world.answers) == 1


def test_a_command_sees_who_runs_it_with_what(world: World) -> None:
    seen: list[CurrentCommand | None] = []
    world.add("do", lambda: seen.append(current()), "what")
    world.type("#bp.m.d 'a b' c")
    assert seen == [CurrentCommand("client 1", ME, "do", {"what": ["a b", "c"]}, "#bp.m.d 'a b' c")]
    assert current() is None


def test_a_command_that_runs_another_is_current_again_afterwards(world: World) -> None:
    names: list[str] = []

    def name() -> None:
        names.append(getattr(current(), "name", "?"))

    def outer() -> None:
        world.type("#bp.me.inner")
        name()

    world.add("inner", name)
    world.add("outer", outer)
    world.type("#bp.me.outer")
    assert names == ["inner", "outer"]


def test_wrong_arguments_do_not_run_the_command(world: World) -> None:
    ran: list[int] = []
    world.add("do", lambda: ran.append(1))
    assert world.type("#bp.me.do more") == [
        "usage: #bp.me.do [-h]",
        "error: unrecognized arguments: more",
        "'#bp.me.do -h' shows more",
    ]
    assert "a quote is not closed" in world.type("#bp.me.do don't")[0]
    assert ran == []


@pytest.mark.parametrize(
    "error", [ValueError("first\nsecond"), SystemExit(3), asyncio.CancelledError()]
)
def test_a_command_that_fails_answers_one_line_and_logs_the_rest(
    world: World, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    def fail() -> None:
        raise error

    world.add("do", fail, "what")
    (line,) = world.type("#bp.me.do secret")
    assert line.startswith(f"the command failed: {type(error).__name__}")
    assert line.endswith("; the log has the details")
    record = caplog.records[-1]
    assert record.name == f"bastproxy.{ME}"
    assert record.exc_info is not None
    assert record.exc_info[1] is error
    assert "secret" not in record.getMessage()


def test_a_failure_without_a_message_or_with_a_bad_one_is_told(world: World) -> None:
    class Mute(Exception):  # noqa: N818
        def __str__(self) -> str:
            raise RuntimeError

    def fail() -> None:
        raise Mute

    world.add("do", fail)
    assert "Mute: (its message cannot be shown)" in world.type("#bp.me.do")[0]


def test_a_very_long_reason_is_cut(world: World) -> None:
    def fail() -> None:
        raise ValueError("x" * 10_000)

    world.add("do", fail)
    assert len(world.type("#bp.me.do")[0]) < 300


def test_ctrl_c_still_ends_the_proxy(world: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    world.add("do", interrupt)
    with pytest.raises(KeyboardInterrupt):
        world.type("#bp.me.do")


def test_a_wrong_declaration_of_arguments_fails_at_its_first_use_only(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.table.add(ME, "do", lambda: None, arguments=[AddArgument("a", nonsense=True)])
    assert caplog.records == []
    assert world.type("#bp.me.do")[0].startswith("the command failed: TypeError")
    assert world.type("#bp.help me.do")[0].startswith("the command failed: TypeError")


def test_a_reply_that_fails_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def gone(_: list[str]) -> None:
        raise ConnectionError("the client is gone")

    world.add("do", lambda: "x")
    assert world.table.run("#bp.me.do", "client 1", gone)
    assert "an answer could not be given" in caplog.text


async def test_an_async_command_answers_when_it_is_done(world: World) -> None:
    go = asyncio.Event()

    async def later() -> tuple[bool, list[str]]:
        await go.wait()
        command = current()
        assert command is not None
        return True, [f"{command.client_id} {command.args}"]

    world.add("later", later, "what")
    assert world.type("#bp.me.later x") == []
    assert current() is None
    assert len(world.tasks.of(ME)) == 1
    go.set()
    await world.settle()
    assert world.answers == [["client 1 {'what': ['x']}"]]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1)])
async def test_an_async_command_that_fails_is_told_and_logged(
    world: World, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise error

    world.add("do", fail)
    world.type("#bp.me.do")
    await world.settle()
    assert world.answers[0][0].startswith(f"the command failed: {type(error).__name__}")
    assert [record.name for record in caplog.records] == [f"bastproxy.{ME}"]


async def test_an_async_command_ends_with_its_plugin_and_says_so(world: World) -> None:
    started = asyncio.Event()

    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    world.add("forever", forever)
    world.type("#bp.me.forever")
    await started.wait()
    world.ledger.release(ME)
    await world.tasks.settle()
    assert world.answers == [["#bp.me.forever was stopped before it was done"]]


def test_an_async_command_outside_an_event_loop_fails_in_words(world: World) -> None:
    async def later() -> None: ...

    world.add("do", later)
    assert world.type("#bp.me.do")[0].startswith("the command failed: RuntimeError")


def test_the_history_runs_again(world: World) -> None:
    said: list[Any] = []
    world.add("say", lambda: said.append(getattr(current(), "args", {})["what"]), "what")
    world.type("#bp.me.say a")
    world.type("#bp.me.say 'b  c'")
    world.type("#bp.!1")
    world.type("#bp.!")
    world.type("#bp.!2")
    assert said == [["a"], ["b  c"], ["a"], ["a"], ["b  c"]]
    assert world.table.history_lines() == [
        "   1: #bp.me.say a",
        "   2: #bp.me.say 'b  c'",
        "   3: #bp.me.say a",
        "   4: #bp.me.say 'b  c'",
    ]
    assert world.table.history_lines(1) == ["   4: #bp.me.say 'b  c'"]


def test_the_history_says_what_it_does_not_have(world: World) -> None:
    assert world.type("#bp.!") == ["the history is empty"]
    world.table.history = History.from_json('[[5, "me.do"]]')
    assert world.type("#bp.!9") == ["the history has no number 9; it has 5 to 5"]


def test_only_commands_that_may_be_seen_are_in_the_history(world: World) -> None:
    world.add("password", lambda: None, "what", show_in_history=False)
    for line in ("#bp.me.password secret", "#bp", "#bp.me", "#bp.help me", "#bp.qqq"):
        world.type(line)
    assert len(world.table.history) == 0


def test_the_lists_and_the_help(world: World) -> None:
    world.table.purpose_of = {ME: "a game of mine"}.__getitem__
    world.add("dig", lambda: None, "where", description="dig a hole\nand more")
    world.add("look", lambda: None, group="see")
    world.table.add("plugins.core.log", "x", lambda: None)
    assert world.type("#bp") == [
        "Plugins with commands:",
        "  #bp.log  1 command",
        "  #bp.me   a game of mine",
        "Type #bp.<plugin> for its commands, #bp.help <plugin>.<command> for one.",
    ]
    assert world.type("#bp.me") == [
        "me: a game of mine",
        "  #bp.me.dig  dig a hole",
        "see:",
        "  #bp.me.look",
        "Type #bp.me.<command> -h for the help of one.",
    ]
    assert world.type("#bp.help me dig") == world.type("#bp.me.dig -h")
    assert world.answers[-1][0] == "usage: #bp.me.dig [-h] [where ...]"
    assert world.table.list_of("plugins.core.qqq") == ["plugins.core.qqq has no commands"]
    assert world.table.help_of(ME, "qqq") == [f"{ME} has no command 'qqq'"]


def test_a_purpose_that_cannot_be_had_is_left_out(world: World) -> None:
    world.table.purpose_of = {}.__getitem__
    world.add("dig", lambda: None)
    assert world.type("#bp")[1] == "  #bp.me  1 command"


def test_nobody_has_commands(world: World) -> None:
    assert world.type("#bp") == ["no plugin has commands"]


def test_lines_of_lists_are_cut_to_the_width(world: World) -> None:
    world.table.width = 40
    world.add("do", lambda: None, description="x" * 100)
    assert [len(line) for line in world.type("#bp.me")][1] == 40
    assert world.answers[-1][1].endswith("...")


def test_the_prefix_and_the_width_may_change(world: World) -> None:
    world.add("do", lambda: None, description="word " * 40)
    world.type("#bp.me.do -h")
    world.table.prefix = "/p"
    world.table.width = 40
    lines = world.type("/p.me.do -h")
    assert lines[0] == "usage: /p.me.do [-h]"
    assert max(map(len, lines)) <= 40
    assert not world.table.is_command("#bp")
    assert world.type("/p.!") == lines


@pytest.mark.parametrize("prefix", ["", "a b", "#bp."])
def test_a_prefix_that_cannot_work_is_refused(world: World, prefix: str) -> None:
    with pytest.raises(ValueError, match="no prefix"):
        world.table.prefix = prefix
    assert world.table.prefix == "#bp"


def test_the_arguments_of_the_process_do_not_matter(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["x", "--bad"])
    world.add("do", lambda: "done")
    assert world.type("#bp.me.do") == ["done"]
    world.type("#bp.me.do -h")
    world.type("#bp.me.do --bad")
    assert capsys.readouterr() == ("", "")


texts = st.text(st.characters()) | st.lists(
    st.sampled_from([".", "me", "do", "!", "1", " ", "help", "-h", "'", "\\", "fail", "x"])
).map("".join)


@given(texts)
def test_whatever_is_typed_gets_one_answer(text: str) -> None:
    world = World()
    world.add("do", lambda: "done", "what")
    world.add("fail", lambda: 1 / 0, "what")
    for line in (f"#bp.{text}", f"#bp {text}", "#bp.!"):
        before = len(world.answers)
        world.type(line)
        assert len(world.answers) == before + 1
        assert all("\n" not in said for said in world.answers[-1])
