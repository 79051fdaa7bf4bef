import gc
import logging
import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastproxy.libs.triggers import PatternError, RegisterToTrigger, triggers, watch
from bastproxy.libs.triggers.lines import LINE
from bastproxy.libs.triggers.trigger import event_name

OWNER = "plugins.a.b"


def test_every_match_fires_in_order_of_priority(world):
    world.add("late", "dragon", priority=60)
    world.add("one", "a dragon")
    world.add("two", r"\w+")
    world.add("early", "dragon", priority=10)
    assert world.fires("a dragon", "orc") == ["early", "one", "two", "late", "two"]
    assert [one.name for one in world.triggers] == ["early", "one", "two", "late"]
    assert len(world.triggers) == 4


def test_a_callback_sees_what_matched(world):
    seen = []
    world.on(
        "hp",
        r"(?P<who>\w+) has (?P<hp>\d+)(?:/(?P<most>\d+))?",
        lambda record: seen.append(dict(record)),
        types={"hp": int, "most": "float"},
    )
    world.line("\x1b[31mBob has 12\x1b[0m hp")
    (record,) = seen
    assert record.pop("match").span() == (0, 10)
    assert record == {
        "name": "hp",
        "owner_id": OWNER,
        "line": "\x1b[31mBob has 12\x1b[0m hp",
        "plain": "Bob has 12 hp",
        "groups": {"who": "Bob", "hp": 12, "most": None},
        "send": True,
        "is_prompt": False,
        "shown": "",
    }


def test_a_group_that_is_none_of_its_type_is_no_match(world, caplog):
    world.add("hp", r"hp: (?P<hp>\S+)", types={"hp": int})
    with caplog.at_level(logging.DEBUG):
        assert world.fires("hp: x", "hp: 5") == ["hp"]
    assert "the trigger 'hp' does not fire: ValueError: invalid literal" in caplog.text


def test_the_event_of_all_triggers_comes_before_that_of_one(world):
    seen = []
    world.dispatcher.register("ev_trigger", lambda: seen.append("all"), OWNER)
    world.on("one", "dragon", lambda record: seen.append(record.event_name))
    world.line("dragon")
    assert seen == ["all", event_name(OWNER, "one")]


def test_a_line_is_changed_by_one_after_the_other(world):
    def change(record):
        record["line"] = record["line"].replace("a", "b") + record["plain"]

    world.on("one", "a", change)
    world.on("two", "a", change)
    assert world.line("a")["line"] == "bba"
    assert world.line("c")["line"] == "c"


def test_a_line_is_dropped_and_may_be_taken_back(world):
    world.add("gag", "spam", gag=True)
    world.on("but", "important", lambda record: record.update(send=True), priority=60)
    world.on("drop", "ham", lambda record: record.update(send=False))
    assert world.line("spam")["send"] is False
    assert world.line("important spam")["send"] is True
    assert world.line("ham")["send"] is False
    assert world.line("eggs")["send"] is True


def test_a_line_that_was_dropped_before_fires_nothing(world):
    world.add("one", "spam")
    world.line("spam", send=False)
    world.line("spam", internal=True)
    assert world.fired == []


def test_a_wrong_line_is_refused_and_its_author_named(world, caplog):
    world.on("one", "dragon", lambda record: record.update(line=5))
    assert world.line("dragon")["line"] == "dragon"
    assert f"{OWNER}: <lambda> has put a int into the line" in caplog.text


def test_a_callback_that_fails_does_not_stop_the_others(world, caplog):
    world.on("one", "dragon", lambda record: 1 / 0)
    world.add("two", "dragon")
    assert world.fires("dragon") == ["two"]
    assert "ZeroDivisionError" in caplog.text


def test_stop_keeps_later_ones_from_firing(world):
    world.add("one", "dragon", stop=True)
    world.add("two", "dragon")
    assert world.fires("dragon") == ["one"]
    world.triggers.enable(OWNER, "one", False)
    assert world.fires("dragon") == ["two"]


def test_once_and_a_limit(world):
    world.add("once", "dragon", once=True)
    world.add("twice", "dragon", limit=2)
    assert world.fires("dragon", "dragon", "dragon") == ["once", "twice", "twice"]
    assert len(world.triggers) == 0
    assert world.ledger.lines(OWNER) == []


def test_one_that_removes_another_on_the_same_line_has_its_way(world):
    world.on("one", "dragon", lambda _: world.triggers.remove(OWNER, "two"))
    world.add("two", "dragon")
    world.on("three", "dragon", lambda _: world.triggers.remove(OWNER, "three"))
    assert world.fires("dragon") == []
    assert [one.name for one in world.triggers] == ["one"]


def test_one_that_is_added_while_a_line_fires_waits_for_the_next(world):
    world.on("one", "dragon", lambda _: world.add("two", "dragon"), once=True)
    assert world.fires("dragon") == []
    assert world.fires("dragon") == ["two"]


def test_a_fragment_waits_for_the_whole_which_cannot_be_changed(world):
    seen = []

    def change(record):
        seen.append((record["shown"], record["line"], record["plain"]))
        record["line"], record["send"] = "changed", False

    world.on("one", "^You are hungry$", change)
    fragment = world.line("You are ", continues=True)
    whole = world.line("hungry")
    assert seen == [("You are ", "You are hungry", "You are hungry")]
    assert fragment["line"] == "You are "
    assert (whole["line"], whole["send"]) == ("hungry", True)
    assert world.line("You are hungry")["line"] == "changed"


def test_a_fragment_is_forgotten_with_its_connection(world):
    world.add("one", "^dragon")
    world.line("a ", continues=True)
    world.dispatcher.raise_event("ev_mud_connected", {})
    assert world.fires("dragon") == ["one"]


def test_colours_are_matched_when_asked_for(world):
    world.add("red", r"\x1b\[31mdragon", colours=True)
    world.add("plain", "^dragon")
    assert world.fires("\x1b[31mdragon", "dragon") == ["red", "plain", "plain"]


def test_several_lines(world):
    world.add("two", r"dragon\n.*sleeps", lines=2)
    world.add("three", r"^a\nb\nc$", lines=3)
    world.add("last", r"x", lines=2)
    assert world.fires("dragon", "it sleeps", "sleeps") == ["two"]
    assert world.fires("a", "b", "c", "c") == ["three"]
    assert world.fires("x", "y", "xx", "x") == ["last", "last", "last"]
    assert world.fires("a\x1b[31m", "b", "\x1b[0mc") == ["three"]
    world.fires("dragon")
    world.dispatcher.raise_event("ev_mud_connected", {})
    assert world.fires("it sleeps") == []
    world.triggers.remove(OWNER, "three")
    assert world.fires("dragon", "it sleeps") == ["two"]


def test_an_older_match_does_not_hide_one_of_the_last_line(world):
    world.add("number", r"\d", lines=2)
    assert world.fires("1", "2", "x", "3") == ["number"] * 3


def test_what_a_line_matches_is_told_without_firing(world):
    world.add("one", "dragon")
    world.add("two", r"a\nb", lines=2)
    assert [hit.trigger.name for hit in world.triggers.match("a dragon")] == ["one"]
    assert [hit.trigger.name for hit in world.triggers.match("a\nb")] == ["two"]
    assert world.fired == []
    assert world.fires("b") == []


def test_a_line_of_extreme_length_is_not_matched(world):
    world.add("one", "dragon")
    world.add("two", "dragon", lines=2)
    assert world.fires("x" * triggers.LONGEST_LINE + "dragon") == []


def test_switching(world):
    world.add("one", "dragon", group="fight")
    world.add("two", "dragon", enabled=False)
    assert world.fires("dragon") == ["one"]
    assert world.triggers.enable(OWNER, "two")
    assert not world.triggers.enable(OWNER, "three")
    assert world.triggers.enable_group("fight", False) == 1
    world.add("late", "dragon", group="fight")
    assert world.fires("dragon") == ["two"]
    assert world.triggers.groups() == {"fight": False}
    assert world.triggers.enable_group("fight") == 2
    assert world.fires("dragon") == ["one", "two", "late"]
    with pytest.raises(ValueError, match="a group has a name"):
        world.triggers.enable_group("")


def test_what_a_player_has_switched_stays_so(world):
    world.add("one", "dragon")
    world.triggers.enable(OWNER, "one", False, remember=True)
    world.ledger.release(OWNER)
    world.add("one", "dragon")
    assert world.fires("dragon") == []
    assert world.triggers.switched == {(OWNER, "one"): False}
    world.triggers.restore_switches({(OWNER, "one"): True, (OWNER, "two"): False})
    world.add("two", "dragon")
    assert world.fires("dragon") == ["one"]


def test_the_same_name_again_replaces_it_in_its_place(world):
    world.add("one", "dragon")
    world.add("two", "dragon|orc")
    world.add("one", "orc")
    assert world.fires("dragon", "orc") == ["two", "one", "two"]
    assert world.triggers.get(OWNER, "one").pattern.text == "orc"
    assert not world.triggers.remove(OWNER, "three")


def test_it_listens_to_lines_only_while_there_are_triggers(world):
    assert not world.dispatcher.has_callbacks(LINE)
    world.add("one", "dragon")
    assert world.dispatcher.has_callbacks(LINE)
    world.triggers.remove(OWNER, "one")
    assert not world.dispatcher.has_callbacks(LINE)


@pytest.mark.parametrize("then", ["commit", "rollback"])
def test_a_reload_swaps_them(world, then):
    ledger = world.ledger
    ledger.open_generation(OWNER)
    world.add("first", "dragon")
    world.add("gone", "dragon")
    world.add("other", "dragon", owner="plugins.c.d")
    world.line("dragon")
    ledger.suspend(OWNER, generation=1)
    assert world.fires("dragon") == ["other"]
    ledger.open_generation(OWNER)
    world.add("first", "dragon")
    world.add("new", "dragon")
    assert world.fires("dragon") == ["first", "other", "new"]
    assert world.triggers.get(OWNER, "first").fired == 2
    if then == "commit":
        ledger.release(OWNER, generation=1)
        assert world.fires("dragon") == ["first", "other", "new"]
    else:
        ledger.release(OWNER, generation=2)
        ledger.resume(OWNER, generation=1)
        assert world.fires("dragon") == ["first", "gone", "other"]
    ledger.release(OWNER)
    assert world.fires("dragon") == ["other"]


def test_a_method_is_decorated(world):
    fired = []

    class Plugin:
        @RegisterToTrigger("^dragon", priority=40)
        @RegisterToTrigger("orc", name="an orc")
        def _triggercb_monster(self):
            fired.append(world.dispatcher.current_record()["name"])

    plugin = Plugin()
    world.scanner.scan(OWNER, plugin)
    world.line("dragon and orc")
    assert fired == ["monster", "an orc"]
    world.scanner.undo(OWNER, plugin, "_triggercb_monster")
    assert len(world.triggers) == 0


def test_a_wrong_decorator_is_refused_and_named(world):
    class Pattern:
        @RegisterToTrigger("(")
        def _triggercb_x(self):
            pass

    class Option:
        @RegisterToTrigger("x", prority=4)
        def _triggercb_x(self):
            pass

    with pytest.raises(ValueError, match=r"RegisterToTrigger on _triggercb_x: '\(' is no regular"):
        world.scanner.scan(OWNER, Pattern())
    with pytest.raises(ValueError, match=r"on _triggercb_x: .*prority"):
        world.scanner.scan(OWNER, Option())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": ""}, "needs a name"),
        ({"lines": 0}, "1 to 100 lines, not 0"),
        ({"limit": -1}, "limit is 0"),
        ({"types": {"x": int}}, "'drag.n' has no group 'x' to be given a type; its groups: none"),
        ({"pattern": "(?P<x>)", "types": {"x": "date"}}, "'date' is no type of a group"),
    ],
)
def test_wrong_options_are_refused_and_change_nothing(world, options, words):
    name, pattern = options.pop("name", "one"), options.pop("pattern", "drag.n")
    with pytest.raises(ValueError, match=re.escape(words)):
        world.triggers.add(OWNER, name, pattern, **options)
    assert len(world.triggers) == 0


def test_a_refused_pattern_leaves_the_old_one(world):
    world.add("one", "dragon")
    with pytest.raises(PatternError):
        world.add("one", "(")
    assert world.fires("dragon") == ["one"]


def test_all_about_one_is_told(world):
    trigger = world.add("one", r"(?P<hp>\d+) hp", types={"hp": int}, ignore_case=True)
    told = trigger.describe()
    assert told["pattern"] == r"(?P<hp>\d+) hp"
    assert told["literals"] == [" hp"]
    assert told["types"] == {"hp": "int"}
    assert told["ignore_case"]
    assert told["event"] == "ev_trigger_plugins.a.b_one"
    assert repr(trigger) == r"<Trigger plugins.a.b 'one' '(?P<hp>\\d+) hp'>"


RUNAWAY = r"^(\w+\s?)*!$"


def test_one_that_runs_away_is_told_and_switched_off_when_it_persists(world, caplog, monkeypatch):
    monkeypatch.setattr(triggers, "SLOW", 0.002)
    monkeypatch.setattr(watch, "SLOW", 0.002)
    off = []
    world.dispatcher.register(
        triggers.SWITCHED_OFF, lambda: off.append(dict(world.dispatcher.current_record())), OWNER
    )
    trigger = world.add("slow", RUNAWAY, force=True)
    size = 10
    while not trigger.slow and size < 30:
        size += 1
        world.line("x" * size + "! no")
    assert "the trigger 'slow' is slow: 0.0" in caplog.text
    world.line("x" * size + "! no")
    assert trigger.live
    world.line("x" * size + "! no")
    assert not trigger.live
    assert trigger.off_because.startswith("its pattern took 0.0")
    assert off == [{"name": "slow", "owner_id": OWNER, "reason": trigger.off_because}]
    world.ledger.suspend(OWNER, generation=0)
    assert not world.add("slow", RUNAWAY, force=True).live
    world.ledger.suspend(OWNER, generation=0)
    assert world.add("slow", "x", force=True).live
    assert world.triggers.enable(OWNER, "slow")


def test_one_far_too_slow_is_switched_off_at_once(world, monkeypatch):
    monkeypatch.setattr(triggers, "SLOW", 0.001)
    monkeypatch.setattr(watch, "SLOW", 0.001)
    monkeypatch.setattr(watch, "FAR_TOO_SLOW", 0.002)
    trigger = world.add("slow", RUNAWAY, force=True)
    world.line("x" * 18 + "! no")
    assert not trigger.live
    world.triggers.enable(OWNER, "slow")
    monkeypatch.setattr(watch, "WORST", 0.002)
    world.line("x" * 18 + "! no")
    assert trigger.off_because


def test_a_moment_that_others_had_the_processor_counts_for_nothing(world, monkeypatch):
    monkeypatch.setattr(triggers, "SLOW", -1.0)
    trigger = world.add("fast", "dragon")
    for _ in range(5):
        world.line("dragon")
    assert trigger.live
    assert trigger.slow == 0


def test_adding_a_thousand_delays_no_line_by_more_than_50_ms(world, request):
    """Lines come 5,000 a second, five for each trigger: what one waits for is an addition."""
    longest = 0.0
    gc.collect()
    gc.freeze()  # what all tests together have made is not the proxy's
    request.addfinalizer(gc.unfreeze)
    for number in range(1000):
        started = time.thread_time()
        world.add(f"t{number}", rf"^(\w+) tells guard {number} '(.*)'$", group="new")
        for _ in range(5):
            world.line("Bob tells guard 7 'hello'")
            longest = max(longest, time.thread_time() - started)
            started = time.thread_time()
    assert longest < 0.05
    assert world.triggers.get(OWNER, "t7").fired == 5 * (1000 - 7)


options = st.fixed_dictionaries(
    {
        "priority": st.integers(0, 3),
        "ignore_case": st.booleans(),
        "stop": st.booleans(),
        "enabled": st.booleans(),
        "colours": st.booleans(),
        "lines": st.integers(1, 2),
    }
)
pattern_texts = st.sampled_from(["a", "ab", r"\w", "^a|b$", "b\na", "(?P<x>a+)b?", "\x1b", "c"])
line_texts = st.text("aAbB c", max_size=4).map(lambda text: text.replace(" ", "\x1b[1m"))


def expected(cases, lines):
    """Return what fires on each line, by a plain loop over ``re``."""
    before = None
    for line in lines:
        plain = line.replace("\x1b[1m", "")
        fired = []
        for name, (pattern, options) in sorted(
            enumerate(cases), key=lambda case: (case[1][1]["priority"], case[0])
        ):
            if not options["enabled"]:
                continue
            flags = re.I if options["ignore_case"] else 0
            text, new = (line, 0) if options["colours"] else (plain, 0)
            if options["lines"] == 2:
                text = plain if before is None else f"{before}\n{plain}"
                new = len(text) - len(plain)
            matches = [one for one in re.finditer(pattern, text, flags) if one.end() >= new]
            if matches:
                fired.append((str(name), matches[0].span(), matches[0].groupdict()))
                if options["stop"]:
                    break
        yield fired
        before = plain


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(pattern_texts, options), max_size=6),
    st.lists(line_texts, min_size=1, max_size=6),
)
def test_the_engine_fires_what_a_loop_over_re_would(new_world, cases, lines):
    world = new_world()
    found = []

    def note(record):
        found.append((record["name"], record["match"].span(), record["groups"]))

    for name, (pattern, options) in enumerate(cases):
        world.on(str(name), pattern, note, **options)
    for line, fired in zip(lines, expected(cases, lines), strict=True):
        found.clear()
        world.line(line)
        assert found == fired
