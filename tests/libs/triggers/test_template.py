import re

import pytest

from bastproxy.libs.triggers import expand, names_in

MATCH = re.search(
    r"(?P<who>\w+) gives (\w+)( quickly)?(?P<rest>.*)", "Bob gives gold.\n\x1bno", re.S
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("thank $who, $1 ${1} ${who}", "thank Bob, Bob Bob Bob"),
        ("$2$2 $0", "goldgold Bob gives gold. no"),
        ("[$3]", "[]"),
        ("$9 $nobody ${nobody} $", "$9 $nobody ${nobody} $"),
        ("$$who $$$who", "$who $Bob"),
        ("kill $target ${target}s", "kill orc orcs"),
        ("$hp", "5"),
        ("$rest", ". no"),
        ("$evil", "a b"),
        ("5$ ${a b} ${", "5$ ${a b} ${"),
    ],
)
def test_places_are_filled(template, expected):
    variables = {"target": "orc", "who": "never", "hp": 5, "evil": "a\r\nb", "1": "never"}
    assert expand(template, MATCH, variables.get) == expected


def test_without_a_match_only_variables_count():
    assert expand("$1 $a $b", look={"a": "x"}.get) == "$1 x $b"
    assert expand("$1 $$") == "$1 $"


def test_names_are_found():
    assert names_in("$1 $$x ${b} $c $b $12") == ["1", "b", "c", "12"]
