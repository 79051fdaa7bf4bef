import pytest

from bastproxy.libs.session.hiding import EARLY_LINES, Hiding


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("connect Osric sesame", "connect ..."),
        ("co Osric sesame", "co ..."),
        ("CONN Osric sesame", "CONN ..."),
        ("cr Osric sesame", "cr ..."),
        ("cd Osric sesame", "cd ..."),
        ("ch Osric sesame", "ch ..."),
        ("cv Osric sesame", "cv ..."),
        ('  co "Os Ric" sesame', "  co ..."),
        ("co Osric\x07 ses\x08ame", "co ..."),
        ("login Osric sesame", "login ..."),
        ("@password sesame=barley", "@password ..."),
        ("con orc", "con orc"),
        ("look", "look"),
        ("say connect Osric sesame", "say connect Osric sesame"),
    ],
)
def test_what_may_be_a_password_is_left_out(typed, shown):
    assert Hiding().shown(typed) == shown


def test_an_abbreviation_means_a_login_only_at_the_beginning_of_a_connection():
    hiding = Hiding()
    for _ in range(EARLY_LINES):
        assert hiding.shown("co Osric sesame") == "co ..."
    assert hiding.shown("co the old orc") == "co the old orc"
    assert hiding.shown("connect Osric sesame") == "connect ..."
    hiding.begin()
    assert hiding.shown("co Osric sesame") == "co ..."
