import pytest

from bastproxy.libs.commands import History
from bastproxy.plugins.client.input.libs.recall import recall


@pytest.fixture
def history():
    history = History()
    for line in ("look", "kill rat", "get all", "kill bat"):
        history.add(line)
    return history


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("!!", "kill bat"),
        ("!! now", "kill bat now"),
        ("!1", "look"),
        ("!1 north", "look north"),
        ("!-1", "kill bat"),
        ("!-2", "get all"),
        ("!-5", None),
        ("!9", None),
        ("!k", "kill bat"),
        ("!kill r", "kill rat"),
        ("!?all", "get all"),
        ("!?", None),
        ("!", None),
        ("! look", None),
        ("!nothing", None),
        ("look", None),
        ("^bat^rat", "kill rat"),
        ("^bat^", "kill "),
        ("^bat^rat^", "kill rat"),
        ("^cow^rat", None),
        ("^bat", None),
        ("", None),
    ],
)
def test_a_line_stands_for_an_earlier_one(history, line, found):
    assert recall(line, "!", history) == found


def test_the_mark_may_be_another_or_nothing(history):
    assert recall("%k", "%", history) == "kill bat"
    assert recall("!!", "%", history) is None
    assert recall("!!", "", history) is None
    assert recall("^bat^rat", "", history) is None
    assert recall("!!", "!", History()) is None
