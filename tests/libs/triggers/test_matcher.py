"""The matcher against a plain loop over ``re``."""
# ruff: noqa: RUF001 - letters that look alike are what is tested

import re
import warnings

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bastproxy.libs.triggers import Matcher, Pattern, PatternError, compile_pattern

LETTERS = "abcABsSkKiI ſßẞıİµμσςΣéÉ\u212a\u0345ιd\U00010400\U00010428\udc80x1_.\n"
WORDS = ["dragon", "Hungry", "you are ", " tells ", "straße", "ΣΟΦΟΣ", "kelvin", "İstanbul"]
CLASSES = ["\\w", "\\d", "\\s", "\\S", ".", "[a-c]", "[^b]", "[sk]", "[A-Zé]", "[\\dx]", "[µſ]"]
EDGES = ["^", "$", "\\b", "\\B", "\\A", "\\Z"]

letters = st.text(LETTERS, min_size=1, max_size=4)
pieces = st.one_of(letters.map(re.escape), st.sampled_from(WORDS).map(re.escape))
repeats = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0}", "{,2}", "{2,}"])
flags = st.sampled_from(["i", "s", "m", "x", "a", "is", "-i", "i-s"])


def _groups(inner):
    return st.one_of(
        st.tuples(inner, repeats).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.lists(inner, min_size=2, max_size=4).map("".join),
        st.tuples(flags, inner).map(lambda pair: f"(?{pair[0]}:{pair[1]})"),
        st.tuples(st.sampled_from(["?=", "?!", "?>"]), inner).map("({0[0]}{0[1]})".format),
        letters.map(lambda text: f"(?<={re.escape(text)})"),
        letters.map(lambda text: f"(?<!{re.escape(text)})"),
        inner.map(lambda text: f"({text})\\1"),
        st.tuples(inner, inner, inner).map("({0[0]})?(?(1){0[1]}|{0[2]})".format),
    )


def _compiles(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a set such as [[ may mean something else one day
        try:
            re.compile(text)
        except (re.error, OverflowError, RecursionError):
            return False
    return True


patterns = st.recursive(
    st.one_of(pieces, st.sampled_from(CLASSES), st.sampled_from(EDGES)), _groups, max_leaves=8
).filter(_compiles)
lines = st.lists(st.one_of(letters, st.sampled_from(WORDS)), max_size=8).map("".join)
cases = st.tuples(patterns, st.booleans(), st.integers(0, 3))


def loop(compiled, line):
    """Return what a plain loop over ``re`` finds."""
    found = []
    for _, index, regex in sorted(compiled, key=lambda one: one[:2]):
        match = regex.search(line)
        if match is not None:
            found.append((index, match.span(), match.groups(), match.groupdict()))
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(cases, min_size=1, max_size=6), st.lists(lines, min_size=1, max_size=6))
@example([("i", True, 0), ("k", True, 0), ("ſ", True, 0)], ["İ", "ı", "\u212a", "S", "s"])
@example([("abcdefghijkl", False, 0)] * 12, ["xabcdefghijkl", "bcdefghijkl"])
def test_it_finds_what_a_loop_over_re_finds(cases, lines):
    matcher = Matcher()
    compiled = []
    for index, (text, ignore_case, priority) in enumerate(cases):
        pattern = compile_pattern(text, ignore_case=ignore_case, force=True)
        matcher.add(index, pattern, priority)
        compiled.append((priority, index, re.compile(text, re.I if ignore_case else 0)))
    lines = lines + [case[0] for case in cases]
    for line in lines:
        found = [
            (index, match.span(), match.groups(), match.groupdict())
            for index, match in matcher.match(line)
        ]
        assert found == loop(compiled, line)


operations = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 30), st.sampled_from(WORDS), st.integers(0, 9)),
        st.tuples(st.just("remove"), st.integers(0, 30)),
        st.tuples(st.just("match"), lines),
    ),
    max_size=60,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(operations)
def test_it_is_right_whatever_was_added_and_removed(operations):
    matcher = Matcher()
    model = {}
    for name, *args in operations:
        if name == "add":
            key, word, number = args
            text = f"{re.escape(word)}.*{number}|{number}{re.escape(word)}"
            matcher.add(key, compile_pattern(text))
            model.pop(key, None)
            model[key] = re.compile(text)
        elif name == "remove":
            assert matcher.remove(args[0]) == (model.pop(args[0], None) is not None)
        else:
            line = args[0] + " 5dragon tells 1"
            expected = [key for key, regex in model.items() if regex.search(line)]
            assert [key for key, _ in matcher.match(line)] == expected
        assert list(matcher) == list(model)


@pytest.mark.parametrize("settle", [0, 1100])
def test_thousands_with_alike_literals_are_found(settle):
    matcher = Matcher()
    for number in range(1200):
        matcher.add(number, compile_pattern(rf"^The guard number {number} leaves\."))
        if number % 100 == 0:
            assert matcher.match(f"The guard number {number} leaves.")
    for _ in range(settle):
        assert not matcher.match("nothing")
    for number in range(0, 1200, 7):
        ((key, match),) = matcher.match(f"The guard number {number} leaves.")
        assert key == number
        assert match.start() == 0
    for number in range(1100):
        assert matcher.remove(number)
    assert not matcher.match("The guard number 7 leaves.")
    assert [key for key, _ in matcher.match("The guard number 1150 leaves.")] == [1150]
    assert len(matcher) == 100


def test_few_of_thousands_are_tried_though_they_share_most_of_their_text():
    matcher = Matcher()
    for number in range(800):
        matcher.add(number, compile_pattern(rf"^(\w+) gives number {number} to you"))
    tried = [len(matcher.candidates(f"Bob gives number {n} to you")) for n in range(0, 800, 99)]
    assert max(tried) < 40


def test_a_key_that_is_added_again_is_replaced():
    matcher = Matcher()
    pattern = compile_pattern("dragon")
    matcher.add("a", compile_pattern("hungry"))
    matcher.add("a", pattern)
    assert matcher.get("a") is pattern
    assert matcher.get("b") is None
    assert "a" in matcher
    assert matcher.match("hungry") == []
    assert len(matcher.match("dragon")) == 1


def literals(text, **options):
    return compile_pattern(text, **options).literals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^You are hungry", {"you are hungry"}),
        (r"^(\w+) tells you '(.*)'$", {" tells you '"}),
        ("cat|horse|dog", {"cat", "dog", "horse"}),
        ("[Yy]ou (?:see|hear) it", {"you see it", "you hear it"}),
        ("(?i:DRAGON)s", {"dragons"}),
        ("(gold )?coins+ fall", {"s fall"}),
        ("(?:dragon )+x", {"dragon x"}),
        (r"(?=.*dragon)\w", {"dragon"}),
        (r"(?x) drag on  # no space in it", {"dragon"}),
        ("(?>dragon)", {"dragon"}),
        ("(?:ab){3}", {"ababab"}),
        ("(a)(?(1)dragon|wyvern)", {"adragon", "awyvern"}),
        (r"\d+", set()),
        ("dragon|", set()),
        ("(?:dragon)?", set()),
        ("e", set()),
        ("", set()),
    ],
)
def test_the_literals_of_a_pattern(text, expected):
    assert set(literals(text)) == expected


def test_fold_makes_equal_what_re_takes_for_equal():
    from bastproxy.libs.triggers.folding import fold

    cased = [chr(code) for code in range(0x20000) if chr(code).lower() != chr(code)]
    others = "ıſµςϐϑϕϖϰϱϵẛιͅᾳ\u1fbeβεθκπρφσ"
    for char in [*cased, *others]:
        for other in {char.lower()[0], char.upper()[0], char.title()[0], *others}:
            if re.fullmatch(re.escape(char), other, re.I):
                assert fold(char) == fold(other), (char, other)
    for code in range(0x20000):
        char = chr(code)
        folded = fold(char)
        assert len(folded) == 1
        assert fold(folded) == folded
        if folded != char:
            assert re.fullmatch(re.escape(char), folded, re.I)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a(b", ["missing )", "character 2", "before '(b'", "after 'a'"]),
        ("a**", ["multiple repeat", "character 3"]),
        ("(?P<a", ["no regular expression"]),
        ("a" * 10_001, ["at most 10,000 characters, not 10,001"]),
        ("(?<=a+)b", ["look-behind requires fixed-width"]),
        ("x{99999999999}", ["cannot be compiled"]),
    ],
)
def test_a_wrong_pattern_is_refused_with_the_place(text, words):
    with pytest.raises(PatternError) as caught:
        compile_pattern(text)
    for word in words:
        assert word in str(caught.value)


def test_a_pattern_shows_what_it_is():
    pattern = compile_pattern("drag.n", ignore_case=True)
    assert isinstance(pattern, Pattern)
    assert repr(pattern) == "Pattern('drag.n')"
    assert pattern.ignore_case
    assert pattern.regex.flags & re.I
