import re
from time import thread_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastproxy.libs.triggers import PatternError, compile_pattern

BAD = [
    r"(\w+\s?)*!",
    r"^(a|a)*$",
    r"(a*)*b",
    r"(a+)+b",
    r"(?:a?b?)*c",
    r"(.*,)*x",
    r"((a|b)+c?)+d",
    r"(\d+|\w+)*x",
    r"(?i)(?:a|Ab?)*(?:A|a)?x(a+)*$",
    r"(\w+ ?){1,9}!",
    r"(?=(x+)+y)z",
    r"(?>(a+)+b)",
    r"((?:ab|a)(?:bc|c)?)*x",
    r"(x{1,3})*y",
    r"((?:b?)?a)*x",
    r"(?:(?>(a+)+b)c?)*d",
    r"(?:\n|.|\s)+x(?s:.|\n)+y",
]
GOOD = [
    r"^(\w+) tells you '(.*)'$",
    r"(?:(\w+), )*(\w+)\.",
    r"(\w++\s?)*!",
    r"(\d{1,3},)*\d+",
    r"(?:[A-Z][a-z]+)+",
    r"(foo|bar|baz)*x",
    r"(\w+\s)*!",
    r"^(.*?)\s*:\s*(.*)\s*$",
    r"(?:\x1b\[[\d;]*m)*x",
    r"([^,]*,)*x",
    r"^\s*(\d+)\s+(\w+)\s+(.*)$",
    r"(a|ab)(c|bcd)(d*)",
    r"(ab?)*x",
    r"(?:\w+ (?:of|the) )*x",
    r"<(\d+)hp (\d+)m (\d+)mv>",
    r"(?:\d{1,3}\.){3}\d{1,3}",
    r"(?:(\w)-\1;)*x",
    r"(?:(a)|b)*(?(1)c|d)",
]


@pytest.mark.parametrize("text", BAD)
def test_what_could_run_away_is_refused(text):
    with pytest.raises(PatternError, match="could run away: "):
        compile_pattern(text)
    assert compile_pattern(text, force=True).regex.pattern == text


@pytest.mark.parametrize("text", GOOD)
def test_what_cannot_is_taken(text):
    compile_pattern(text)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (".*.*.*x", True),
        (".*.*.*.*x", False),
        (r"(.*)\s*(\w*)(.*?)x", True),
        (r"(.*)(.*?)(?:.*)\b\w*(.*)x", False),
        (r"\d+\s+\d+\s+\d+\s+\d+", True),
        ("(?:.*a|.*.*).*.*.*.*x", False),
        (".*,.*,.*,.*,.*x", True),
        ("(?:ab)*.*.*(?:ab)*.*x", True),
    ],
)
def test_endless_repeats_in_a_row_are_counted(text, taken):
    if taken:
        compile_pattern(text)
        return
    with pytest.raises(PatternError, match="follow one another"):
        compile_pattern(text)


atoms = st.sampled_from(["a", "b", "ab", "[ab]", ".", "a?", "b*", "a+", "", "(?:a|b)", "a{1,2}"])
bodies = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map("(?:{})*".format),
        inner.map("(?:{})?".format),
    ),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies, st.sampled_from(["a", "b", "ab", "aab"]))
def test_what_is_taken_does_not_run_away(body, unit):
    text = f"^(?:{body})*c"
    try:
        regex = compile_pattern(text).regex
    except PatternError:
        return
    # Three dozen letters would take an exponential one minutes.
    started = thread_time()
    assert regex.search(unit * (36 // len(unit)) + "d") is None
    assert thread_time() - started < 0.5, text


def test_the_reason_says_what_to_do():
    with pytest.raises(PatternError) as caught:
        compile_pattern(r"(\w+\s?)*!")
    message = str(caught.value)
    assert message.startswith(r"'(\\w+\\s?)*!' could run away")
    for remedy in (r"(\w+\s)*", r"(\w++\s?)*"):
        assert remedy in message
        assert re.compile(remedy)
        compile_pattern(remedy)
