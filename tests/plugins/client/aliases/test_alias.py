import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.plugins.client.aliases.libs.alias import Alias, alias_of, check
from bastproxy.plugins.client.aliases.libs.aliases import Aliases
from bastproxy.plugins.client.input.libs.template import substitute


def sends(pattern, send, typed, **more):
    """Return what an alias makes of what is typed; None when it does not fit."""
    aliases = Aliases()
    aliases.put(Alias(pattern, pattern, send, **more))
    found = aliases.find(typed)
    return None if found is None else substitute(found[1], found[2], lambda _: None)


@pytest.mark.parametrize(
    ("pattern", "send", "typed", "result"),
    [
        ("k", "kill %1", "k rat", "kill rat"),
        ("k", "kill %1", "  k   rat  now ", "kill rat"),
        ("k", "kill $1 with $2", "k rat sword", "kill rat with sword"),
        ("k", "kill %*", "k big  rat", "kill big  rat"),
        ("k", "kill %-2 %1", "k rat big bad", "kill big bad rat"),
        ("k", "kill", "k rat", "kill rat"),
        ("k", "kill", "k", "kill"),
        ("k", "kill %1", "k", "kill "),
        ("k", "say %0", "k rat", "say k rat"),
        ("k", "kill", "kk", None),
        ("k", "kill", "look k", None),
        ("k", "kill", "K rat", None),
        ("get it", "get %1", "get it now", "get now"),
        ("get it", "get %1", "get  it", "get "),
        ("a.b", "x", "aXb", None),
        ("give %1 to %2", "give %1 %2", "give big sword to bob", "give big sword bob"),
        ("give %1 to %2", "give %1 %2", "give sword to big bob", "give sword big bob"),
        ("give %1 to %2", "give %1 %2", "give sword bob", None),
        ("put %1 %2", "%1|%2", "put a b c", "a|b c"),
        ("%1 says", "%1!", "big bob says", "big bob!"),
        ("k%1", "kill %1.rat", "k2", "kill 2.rat"),
        ("k%1", "kill %1.rat", "k", None),
        ("k%1.%2", "%1 %2", "k2.rat", "2 rat"),
        ("same %1 %1", "x %1", "same a a", "x a"),
        ("same %1 %1", "x %1", "same a b", None),
        ("shout %*", "yell %*", "shout hey you", "yell hey you"),
        ("t %2 %1", "%1|%2", "t a b", "b|a"),
    ],
)
def test_a_pattern_of_words_matches_all_of_a_command(pattern, send, typed, result):
    assert sends(pattern, send, typed) == result


@pytest.mark.parametrize(
    ("pattern", "send", "typed", "result"),
    [
        (r"^k(\d+)$", "kill $1.rat", "k2", "kill 2.rat"),
        (r"^k(\d+)$", "kill $1.rat", "k2 ", None),
        (r"(?P<who>\w+)!$", "hail $who ${who} %1 $0", "hey bob!", "hail bob bob bob bob!"),
        (r"^a( b)?( c)?$", "[%1%2]", "a c", "[ c]"),
        (r"^x (\w+) (\w+)", "%-2|%*", "x a b c", "b c|a b"),
    ],
)
def test_a_regular_expression_brings_its_groups(pattern, send, typed, result):
    assert sends(pattern, send, typed, regex=True) == result


def test_case_counts_unless_it_is_said():
    assert sends("k", "kill", "K rat", ignore_case=True) == "kill rat"
    assert sends("^k", "kill", "Kx", regex=True, ignore_case=True) == "kill"


def test_the_one_with_the_lower_number_comes_first_then_the_older():
    aliases = Aliases()
    for name, pattern, priority in (("b", "k", 50), ("a", "k %1", 50), ("c", "k rat", 10)):
        aliases.put(Alias(name, pattern, name, priority=priority))
    assert aliases.find("k rat")[0].name == "c"
    assert aliases.find("k bat")[0].name == "b"
    assert aliases.find("k bat", ["x", "b"])[0].name == "a"
    assert aliases.find("k bat", ["b", "x"])[0].name == "b"
    aliases.switch(["b"], False)
    assert aliases.find("k bat")[0].name == "a"
    assert aliases.remove("a")
    assert not aliases.remove("a")
    assert aliases.find("k bat") is None
    assert [alias.name for alias in aliases] == ["b", "c"]


@pytest.mark.parametrize(
    ("alias", "reason"),
    [
        (Alias(" ", "k", "x"), "needs a name"),
        (Alias("k", " ", "x"), "needs a pattern"),
        (Alias("k", "k", " \n "), "needs something to send"),
        (Alias("k", "%*", "x"), "matches whatever is typed"),
        (Alias("k", "x*", "x", regex=True), "matches whatever is typed"),
        (Alias("k", "(a", "x", regex=True), r"unterminated subpattern at character 1"),
        (Alias("k", "(a+)+b", "x", regex=True), "could run away"),
        (Alias("k", "k", "caf\udce9"), "bytes that are no text"),
        (Alias("a\nb", "k", "x"), "has a line end"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(alias, reason):
    with pytest.raises(ValueError, match=reason):
        check(alias)
    aliases = Aliases()
    with pytest.raises(ValueError, match=reason):
        aliases.put(alias)
    assert len(aliases) == 0


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("kill", "no table"),
        ({}, "send must be a text"),
        ({"send": 5}, "send must be a text"),
        ({"send": ["a", 5]}, "send must be a text"),
        ({"send": "x", "colour": "red"}, "'colour' is nothing that an alias has"),
        ({"send": "x", "priority": True}, "priority must be of the type int, not True"),
        ({"send": "x", "regex": "yes"}, "regex must be of the type bool"),
        ({"send": "x", "pattern": "(", "regex": True}, "is no regular expression"),
    ],
)
def test_a_table_that_is_no_alias_is_refused_with_the_reason(values, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        alias_of("k", values)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)


@given(TEXT, TEXT, st.lists(TEXT, min_size=1, max_size=3), st.booleans(), st.integers(), TEXT)
def test_what_is_written_is_read_again(name, pattern, lines, flag, priority, group):
    alias = Alias(name, f"x{pattern}", "\n".join(lines), False, flag, priority, group, not flag)
    try:
        check(alias)
    except ValueError:
        return
    assert alias_of(name, alias.to_toml()) == alias


@given(st.text(st.sampled_from("ab %*12.\\(["), min_size=1), st.text(st.sampled_from("ab 1.")))
def test_any_words_make_a_pattern_that_is_matched_safely(pattern, typed):
    try:
        sends(pattern, "%1 %* %-2 %0", typed)
    except ValueError as error:
        assert str(error)  # noqa: PT017  all of them are for the player
