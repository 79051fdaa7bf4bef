import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.commands.resolve import (
    CommandHelp,
    Overview,
    PluginCommands,
    Refusal,
    Request,
    Rerun,
    Resolver,
    Run,
    split_line,
)

PLUGINS = {
    "plugins.core.commands": ["list", "history"],
    "plugins.core.events": ["list", "detail", "show_all"],
    "plugins.core.log": ["show"],
    "plugins.games.log": ["show", "reload", "reset"],
    "plugins.games.login": ["list"],
    "plugins.games.mapper": ["go.to", "go"],
}
EVENTS = "plugins.core.events"


def ask(line: str) -> Request:
    parts = split_line(line, "#bp")
    assert parts is not None
    return Resolver(PLUGINS, PLUGINS.__getitem__).resolve(*parts)


def said(line: str) -> str:
    request = ask(line)
    assert isinstance(request, Refusal), request
    return "\n".join(request.lines)


@pytest.mark.parametrize("line", ["", "bp", "#b", "#bpx.list", " #bp", "look", "#bp!", "##bp"])
def test_other_lines_are_not_for_the_proxy(line: str) -> None:
    assert split_line(line, "#bp") is None


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("#bp", ("", "")),
        ("#BP", ("", "")),
        ("#bp.", ("", "")),
        ("#bp.events", ("events", "")),
        ("#bp.events.list a  b ", ("events.list", "a  b ")),
        ("#bp events.list\ta", ("events.list", "a")),
    ],
)
def test_a_line_is_split_into_head_and_rest(line: str, parts: tuple[str, str]) -> None:
    assert split_line(line, "#bp") == parts


@pytest.mark.parametrize("line", ["#bp", "#bp.", "#bp...", "#bp.help", "#bp help"])
def test_the_bare_prefix_asks_for_the_overview(line: str) -> None:
    assert ask(line) == Overview()


@pytest.mark.parametrize(
    "line", ["#bp.plugins.core.events", "#bp.core.events", "#bp.events", "#bp.ev", "#bp.core.ev"]
)
def test_a_plugin_has_many_names(line: str) -> None:
    assert ask(line) == PluginCommands(EVENTS)
    assert ask(f"{line}.list") == Run(EVENTS, "list", "")
    assert ask(f"{line}.list a 'b") == Run(EVENTS, "list", "a 'b")


@pytest.mark.parametrize(
    ("line", "run"),
    [
        ("#bp.EVENTS.Det", Run(EVENTS, "detail", "")),
        ("#bp.events.show-all", Run(EVENTS, "show_all", "")),
        ("#bp.evnets.lsit 1", Run(EVENTS, "list", "1")),
        ("#bp.core.evnts.list", Run(EVENTS, "list", "")),
        ("#bp.plugins.core.evnts.list", Run(EVENTS, "list", "")),
        ("#bp.games.log.show", Run("plugins.games.log", "show", "")),
        ("#bp.login.l", Run("plugins.games.login", "list", "")),
        ("#bp.mapper.go.to", Run("plugins.games.mapper", "go.to", "")),
        ("#bp.mapper.go", Run("plugins.games.mapper", "go", "")),
    ],
)
def test_what_can_mean_one_command_only_runs(line: str, run: Run) -> None:
    assert ask(line) == run


def test_two_plugins_of_one_name_are_both_named() -> None:
    assert said("#bp.log.show") == "which one do you mean: #bp.core.log, #bp.games.log?"


def test_an_ambiguous_beginning_lists_what_begins_so() -> None:
    assert said("#bp.lo") == ("which one do you mean: #bp.core.log, #bp.games.log, #bp.login?")
    assert said("#bp.games.log.re") == (
        "which one do you mean: #bp.games.log.reload, #bp.games.log.reset?"
    )


def test_what_is_merely_alike_is_suggested() -> None:
    assert said("#bp.events.details_of") == (
        "events has no command 'details_of'; did you mean #bp.events.detail?"
    )
    assert "did you mean #bp.commands" in said("#bp.commander.list")


def test_what_is_nothing_says_where_to_look() -> None:
    assert said("#bp.qqq") == "no plugin 'qqq' has commands; type #bp to see those that do"
    assert said("#bp.events.qqq") == (
        "events has no command 'qqq'; type #bp.events to see those it has"
    )


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("#bp.help events", PluginCommands(EVENTS)),
        ("#bp.help.events", PluginCommands(EVENTS)),
        ("#bp.events.help", PluginCommands(EVENTS)),
        ("#bp.help events.list", CommandHelp(EVENTS, "list")),
        ("#bp.help events list", CommandHelp(EVENTS, "list")),
        ("#bp.help #bp.events.list", CommandHelp(EVENTS, "list")),
        ("#bp.events.help list", CommandHelp(EVENTS, "list")),
        ("#bp.help core.ev.det", CommandHelp(EVENTS, "detail")),
    ],
)
def test_help_is_for_a_plugin_or_a_command(line: str, request_: Request) -> None:
    assert ask(line) == request_


def test_help_for_what_is_not_there_is_refused() -> None:
    assert "no plugin 'qqq'" in said("#bp.help qqq")
    assert "no command 'qqq'" in said("#bp.help events.qqq")


def test_a_plugin_called_help_is_reached() -> None:
    resolver = Resolver(["plugins.client.help"], lambda _: ["me", "help"])
    assert resolver.resolve("help", "") == PluginCommands("plugins.client.help")
    assert resolver.resolve("help.me", "") == Run("plugins.client.help", "me", "")
    assert resolver.resolve("help.help", "x") == Run("plugins.client.help", "help", "x")


def test_reruns() -> None:
    assert ask("#bp.!") == Rerun(None)
    assert ask("#bp.!3") == ask("#bp.! 3") == Rerun(3)
    assert "no number of the history" in said("#bp.!x")
    assert "no number of the history" in said("#bp.!²")


def test_a_label_is_the_shortest_name_that_only_it_has() -> None:
    resolver = Resolver(PLUGINS, PLUGINS.__getitem__)
    assert resolver.label(EVENTS) == "events"
    assert resolver.label("plugins.games.log") == "games.log"


def test_long_lists_of_candidates_are_cut() -> None:
    owners = [f"plugins.games.p{number:02}" for number in range(20)]
    request = Resolver(owners, lambda _: ["x"]).resolve("p", "")
    assert isinstance(request, Refusal)
    assert request.lines[0].endswith("#bp.p07 (and 12 more)?")


dotted = st.lists(st.sampled_from(["help", "!", "log", "core", "events", "", "l", "plugins"])).map(
    ".".join
)
anything = st.text(st.characters()) | dotted


@given(anything, anything, st.dictionaries(anything, st.lists(anything)))
def test_no_text_and_no_plugins_break_it(
    head: str, rest: str, plugins: dict[str, list[str]]
) -> None:
    request = Resolver(plugins, plugins.__getitem__).resolve(head, rest)
    if isinstance(request, Run):
        assert request.name in plugins[request.owner_id]
    if isinstance(request, Refusal):
        assert all(request.lines)


@given(st.sampled_from(sorted(PLUGINS)), st.text())
def test_a_full_name_always_arrives_with_its_arguments_untouched(owner_id: str, rest: str) -> None:
    for name in PLUGINS[owner_id]:
        resolver = Resolver(PLUGINS, PLUGINS.__getitem__)
        assert resolver.resolve(f"{owner_id}.{name}", rest) == Run(owner_id, name, rest)
