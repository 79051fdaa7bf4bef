import pytest

from bastproxy.plugins.client.sessionlog.libs.hiding import HIDDEN, Hiding


@pytest.mark.parametrize(
    "asked",
    [
        "Password:",
        "Enter your password: ",
        "Passwort?",
        "Mot de passe :",
        "密码\uff1a",
        "PASSWORD>",
    ],
)
def test_the_answer_to_a_question_for_a_password_is_hidden(asked):
    hiding = Hiding()
    hiding.said(asked, is_open=False)
    assert hiding.typed("hunter2") == HIDDEN
    assert hiding.typed("look") == "look"


def test_an_open_line_is_a_question_whatever_it_ends_with():
    hiding = Hiding()
    hiding.said("Give me your password", is_open=True)
    hiding.said("", is_open=False)  # a blank line does not answer it
    assert hiding.typed("hunter2") == HIDDEN


def test_talk_of_passwords_hides_nothing():
    hiding = Hiding()
    hiding.said("Bob has lost his password.", is_open=False)
    assert hiding.typed("laugh") == "laugh"
    hiding.said("Password:", is_open=True)
    hiding.said("Welcome!", is_open=False)
    assert hiding.typed("look") == "look"


@pytest.mark.parametrize(
    ("typed", "logged"),
    [
        ("connect bob hunter2", f"connect bob {HIDDEN}"),
        ('connect "bob the bold" hunter2', f'connect "bob the bold" {HIDDEN}'),
        ("CON bob hunter2", f"CON bob {HIDDEN}"),
        ("create bob hunter2", f"create bob {HIDDEN}"),
        ("login bob hunter2", f"login bob {HIDDEN}"),
        ("password old new", f"password {HIDDEN}"),
        ("@password old=new", f"@password {HIDDEN}"),
        ("@newpassword bob=new", f"@newpassword {HIDDEN}"),
        ("set password hunter2", f"set password {HIDDEN}"),
        ("@pcreate bob=hunter2", f"@pcreate bob={HIDDEN}"),
        ("connect bob", "connect bob"),
        ("password", "password"),
        ("say my password is old", "say my password is old"),
    ],
)
def test_what_logs_in_or_changes_a_password(typed, logged):
    assert Hiding().typed(typed) == logged


def test_in_the_game_connecting_is_no_login():
    hiding = Hiding()
    for _ in range(10):
        hiding.typed("look")
    assert hiding.typed("connect wire socket") == "connect wire socket"
    hiding.connected()
    assert hiding.typed("connect bob hunter2") == f"connect bob {HIDDEN}"


def test_what_was_hidden_is_hidden_in_what_the_mud_repeats():
    hiding = Hiding()
    hiding.typed("@pcreate bob=hunter2")
    assert hiding.repeated("bob (#7) created, 'hunter2'") == f"bob (#7) created, '{HIDDEN}'"


def test_not_for_ever_and_not_when_it_is_a_short_word():
    hiding = Hiding()
    hiding.typed("password abc hunter2")
    assert hiding.repeated("abc") == "abc"
    for _ in range(100):
        hiding.repeated("a line")
    assert hiding.repeated("hunter2") == "hunter2"
