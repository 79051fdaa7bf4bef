import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.plugins.client.input.libs.expand import Expander, Limits, Replacement
from bastproxy.plugins.client.input.libs.parse import InputError, read_directions
from bastproxy.plugins.client.input.libs.template import arguments


def make(aliases=None, variables=None, **limits):
    """Return an expander with aliases by their first word."""
    aliases = aliases or {}

    def ask(command, within):
        name, _, rest = command.partition(" ")
        if name not in aliases or within[-1:] == (name,):
            return None
        return Replacement(name, aliases[name], arguments(rest, command))

    expander = Expander(ask, lambda text: text.startswith("#bp"), (variables or {}).get)
    expander.directions = read_directions("n e s w u d")
    expander.limits = Limits(**limits)
    return expander


def texts(commands):
    return [command.text for command in commands]


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("look", ["look"]),
        ("k rat;n", ["kill rat", "loot", "n"]),
        ("#2 k rat", ["kill rat", "loot", "kill rat", "loot"]),
        ("#2 {k a;.2n}", ["kill a", "loot", "n", "n"] * 2),
        ("all", ["kill rat", "loot", "kill rat", "loot", "look"]),
        ("own at it", ["own", "exits"]),
        ("#0 x", []),
        ("times 3 wave", ["wave", "wave", "wave"]),
        ("far", ["n", "n", "n"]),
        (".2n(k rat)", ["n", "n", "k rat"]),
        ("say ${target} $target %1", ["say orc $target %1"]),
        (r"\k rat", ["k rat"]),
        (r"\own at it", ["own at it"]),
        (r"\a;b", ["a;b"]),
        (r"\.3n", [".3n"]),
        (r"\#bp.x", ["#bp.x"]),
        (r"\The sky darkens", [r"\The sky darkens"]),
        ("\\" * 70000, ["\\" * 70000]),
    ],
)
def test_a_line_becomes_commands(line, sent):
    aliases = {
        "k": "kill %1;loot",
        "all": "#2 k rat\nlook",
        "own": "own;exits",
        "times": "#%1 %-2",
        "far": ".3n",
    }
    expander = make(aliases, {"target": "orc"})
    assert texts(expander.typed(line)) == sent


def test_commands_of_the_proxy_are_known_wherever_they_stand():
    expander = make({"a": "#bp.x %1;say %1", "b": "%1"})
    found = expander.typed("look;#bp.list;a me")
    assert [(one.text, one.for_proxy) for one in found] == [
        ("look", False),
        ("#bp.list", True),
        ("#bp.x me", True),
        ("say me", False),
    ]
    assert [one.for_proxy for one in expander.typed("#bp.x a;b")] == [True]
    assert not expander.typed(r"\#bp.x")[0].for_proxy


@pytest.mark.parametrize(
    "evil", ["x;quit", "#bp.proxy.shutdown", ".9n", "a\nquit", "#99 x", "${pw}"]
)
def test_what_an_argument_brings_is_no_command_of_its_own(evil):
    expander = make(variables={"pw": "secret"})
    for template in ("$1", "say $1;look", "#2 {say $1}"):
        found = expander.template(template, {"1": evil})
        wanted = evil.replace("\n", " ")
        assert not any(one.for_proxy for one in found)
        assert {text.removeprefix("say ") for text in texts(found)} <= {wanted, "look"}


def test_circles_are_found_and_shown():
    expander = make({"a": "x;b", "b": "c", "c": "a 1", "d": "d;e", "e": "d"})
    with pytest.raises(InputError, match="a -> b -> c -> a goes round in circles; nothing is sent"):
        expander.typed("look;a")
    with pytest.raises(InputError, match="d -> e -> d goes round"):
        expander.typed("d")


def test_the_depth_is_bounded():
    aliases = {f"a{number}": f"a{number + 1}" for number in range(100)}
    assert texts(make(aliases, depth=100).typed("a0")) == ["a100"]
    with pytest.raises(InputError, match=r"a0 -> a1 -> .* more than 20 deep \(the setting depth\)"):
        make(aliases).typed("a0")


@pytest.mark.parametrize(
    "line",
    [
        "#1001 x",
        "#40 #40 x",
        "#999999999 x",
        ".999999n",
        ".600n600s",
        "double",
        "#999 #999 #999 #0 x",
        "#999 {#999 {#999 {}}}",
        "x;" * 1001,
    ],
)
def test_the_number_of_commands_is_bounded(line):
    aliases = {f"d{number}": f"d{number + 1};d{number + 1}" for number in range(18)}
    begun = time.process_time()
    with pytest.raises(InputError, match=r"more than 1000 commands \(the setting most\)"):
        make({**aliases, "double": "d0"}).typed(line)
    assert time.process_time() - begun < 2


def test_a_number_must_be_one():
    expander = make({"times": "#%1 {say %2}"})
    with pytest.raises(InputError, match="#%1 needs a number, and 'rat' is none; nothing is sent"):
        expander.typed("times rat")
    with pytest.raises(InputError, match="and '' is none"):
        expander.typed("times")


NAMES = st.sampled_from("abcde")
TEXTS = st.lists(
    st.one_of(NAMES, st.just("x"), st.builds("#{} {}".format, st.integers(0, 50), NAMES)),
    min_size=1,
    max_size=4,
).map(";".join)


@given(st.dictionaries(NAMES, TEXTS), TEXTS)
def test_whatever_the_aliases_are_it_ends(aliases, line):
    try:
        found = make(aliases, commands=50).typed(line)
    except InputError:
        return
    assert len(found) <= 50
    assert not any(one.for_proxy for one in found)


@given(st.text(max_size=50))
def test_no_line_breaks_it(line):
    with contextlib.suppress(InputError):
        make({"a": "%1;b", "b": "#%1 a"}).typed(line)
