import pytest

from bastproxy.plugins.client.input.libs.asking import asks_for_password


@pytest.mark.parametrize(
    ("text", "ended", "asks"),
    [
        ("Password: ", False, True),
        ("Give me a password for Bob", False, True),
        ("What is your passphrase?", True, True),
        ("Bitte das Kennwort:", True, True),
        ("パスワード\uff1a", True, True),
        ("x" * 5000 + " Password:", False, True),
        ("Your password is changed.", True, False),
        ("Bob asks: does anybody know the password that opens the gate to the city?", True, False),
        ("<30hp 20mv> ", False, False),
        ("", False, False),
        ("By what name do you go? ", False, False),
    ],
)
def test_a_question_for_a_password_is_known(text, ended, asks):
    assert asks_for_password(text, ended=ended) is asks
