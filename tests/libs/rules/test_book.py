import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.rules import Rule, RuleBook, RuleFile
from bastproxy.libs.triggers import PatternError


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def open_book(tmp_path, said):
    def opened(compiled=None) -> RuleBook[Rule]:
        return RuleBook(RuleFile(tmp_path / "rules.toml", Rule, "rule", said.append), compiled)

    return opened


def names(book: RuleBook[Rule], text: str) -> list[str]:
    return [hit.rule.pattern for hit in book.matching(text)]


def test_rules_match_in_order_of_priority_and_then_as_they_were_added(open_book):
    book = open_book()
    for pattern, priority in (("goblin", 50), ("gob", 40), ("lin$", 50), ("orc", 1)):
        book.add(Rule(pattern=pattern, priority=priority))
    assert names(book, "a goblin") == ["gob", "goblin", "lin$"]
    assert names(open_book(), "a goblin") == ["gob", "goblin", "lin$"]
    first = next(book.matching("a goblin"))
    assert [hit.rule.pattern for hit in book.matching("a goblin", first.place)] == [
        "goblin",
        "lin$",
    ]


def test_a_rule_that_is_changed_or_switched_keeps_its_place(open_book):
    book = open_book()
    for pattern in ("a", "b", "c"):
        book.add(Rule(pattern=pattern))
    assert book.add(Rule(pattern="a", ignore_case=True)) == Rule(pattern="a")
    book.enable([book.find("2")], False)
    assert names(book, "abc") == ["a", "c"]
    book.enable([book.find("b")], True)
    assert names(book, "Abc") == ["a", "b", "c"] == names(open_book(), "Abc")


def test_a_rule_is_found_by_pattern_or_number(open_book):
    book = open_book()
    for pattern in ("one", "2", "three"):
        book.add(Rule(pattern=pattern))
    assert book.find("one").pattern == book.find("1").pattern == "one"
    assert book.find("2").pattern == "2"
    assert book.find("3").pattern == "three"
    for which in ("0", "4", "four", "", "-1", "99999999999"):
        assert book.find(which) is None


def test_a_removed_rule_is_gone(open_book):
    book = open_book()
    book.add(Rule(pattern="a"))
    book.add(Rule(pattern="b"))
    book.remove(book.find("1"))
    assert [rule.pattern for rule in book] == ["b"] == [rule.pattern for rule in open_book()]
    assert names(book, "ab") == ["b"]
    assert book.active
    book.enable(list(book), False)
    assert not book.active
    assert len(book) == 1


def test_what_is_wrong_changes_nothing(open_book):
    book = open_book()
    book.add(Rule(pattern="good", group="g"))
    for pattern, error in (
        ("(", PatternError),
        ("(a+)+b", PatternError),
        ("", ValueError),
        ("two\nlines", ValueError),
        ("no text \udcff", ValueError),
        ("x" * 5000, ValueError),
    ):
        with pytest.raises(error):
            book.add(Rule(pattern=pattern))
    assert [rule.pattern for rule in book] == ["good"] == [rule.pattern for rule in open_book()]


def test_plain_text_is_no_regular_expression(open_book):
    book = open_book()
    book.add(Rule(pattern="(gold) [5]+", text=True))
    assert names(book, "you have (gold) [5]+ now") == ["(gold) [5]+"]
    assert names(book, "gold 5") == []


def test_patterns_from_before_a_reload_are_not_compiled_again(open_book):
    book = open_book()
    for pattern in ("one", "two"):
        book.add(Rule(pattern=pattern))
    book.remove(book.find("two"))
    again = open_book(book.compiled)
    assert again.compiled == book.compiled
    assert list(book.compiled) == [Rule(pattern="one").key]
    changed = again.compiled[Rule(pattern="one").key]
    assert changed is book.compiled[Rule(pattern="one").key]


def test_a_book_that_cannot_be_saved_says_so_and_goes_on(open_book, tmp_path):
    book = open_book()
    (tmp_path / "rules.toml").mkdir()
    with pytest.raises(OSError, match=r"rules\.toml"):
        book.add(Rule(pattern="a"))
    assert names(book, "a") == ["a"]


class Nowhere(RuleFile[Rule]):
    def read(self, known):
        return []

    def write(self, rules):
        pass


patterns = st.sampled_from(["or", "orc", "o.c", "^the", "[aeiou]n", "axe$", "(?i)ORC", "x|y", "e"])


@given(
    st.lists(st.tuples(patterns, st.integers(0, 3), st.booleans(), st.booleans()), max_size=8),
    st.text("the orcanxy ", max_size=20),
)
def test_it_is_a_loop_over_all_rules(rules, text):
    book = RuleBook(Nowhere(Path("rules.toml"), Rule, "rule", str))
    for pattern, priority, ignore_case, enabled in rules:
        rule = Rule(pattern=pattern, priority=priority, ignore_case=ignore_case, enabled=enabled)
        book.add(rule)
    expected = [
        rule
        for rule in sorted(book, key=lambda rule: rule.priority)
        if rule.enabled and re.search(rule.pattern, text, re.I if rule.ignore_case else 0)
    ]
    assert [hit.rule for hit in book.matching(text)] == expected
