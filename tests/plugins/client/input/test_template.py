import pytest

from bastproxy.plugins.client.input.libs.template import arguments, substitute, takes_arguments

VALUES = {"1": "rat", "*": "rat now", "0": "k rat now", "who": "Bob", "-2": "now"}
VARIABLES = {"hp": "30", "who": "nobody"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("kill %1", "kill rat"),
        ("kill $1.$who", "kill rat.Bob"),
        ("%*|$*|%0", "rat now|rat now|k rat now"),
        ("%-2 %2 $9.", "now  ."),
        ("${who} ${hp} ${1}", "Bob 30 rat"),
        ("$hp ${mana} $nobody", "$hp ${mana} $nobody"),
        ("100%% $$1 50% $", "100% $1 50% $"),
        ("%1%1 %10", "ratrat "),
    ],
)
def test_arguments_and_variables_are_put_in(text, result):
    assert substitute(text, VALUES, VARIABLES.get) == result


def test_without_values_only_variables_are_put_in():
    text = "%1 $1 $who ${who} %% $$ ${mana}"
    assert substitute(text, None, VARIABLES.get) == text.replace("${who}", "nobody")


def test_what_is_put_in_is_put_in_once_and_has_no_line_ends():
    assert substitute("say %1", {"1": "%1 ${hp}\r\nquit"}, VARIABLES.get) == "say %1 ${hp}  quit"
    assert substitute("${v}", {}, {"v": "a\nb"}.get) == "a b"


def test_the_words_of_a_line_are_its_arguments():
    assert arguments("big  rat", "k big  rat") == {
        "0": "k big  rat",
        "*": "big  rat",
        "1": "big",
        "-1": "big  rat",
        "2": "rat",
        "-2": "rat",
    }
    assert arguments("") == {"0": "", "*": ""}
    assert "99" in arguments("x " * 1000)
    assert "100" not in arguments("x " * 1000)


def test_whether_it_takes_arguments_is_known():
    for text in ("%1", "a $2", "%*", "%-2"):
        assert takes_arguments(text)
    for text in ("a", "%%1", "$$1", "$who", "${hp}", "100%"):
        assert not takes_arguments(text)
