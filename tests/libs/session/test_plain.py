from __future__ import annotations

from types import SimpleNamespace

import pytest

from bastproxy.libs.net.telnet.constants import MSP, MXP
from bastproxy.libs.session.plain import Plain

SOUND = b"!!SOUND(x)"


def client(*options):
    does = lambda option: option in options  # noqa: E731
    return SimpleNamespace(telnet=SimpleNamespace(is_local=does, is_remote=lambda _: False))


@pytest.fixture
def plain():
    plain = Plain()
    plain.use([MXP, MSP])
    return plain


def test_each_client_gets_the_form_that_it_can_take(plain):
    forms = plain.forms(SOUND + b"<b>x</b>")
    assert forms.of(client(MXP, MSP)) == forms.data == SOUND + b"<b>x</b>"
    assert forms.of(client(MXP)) == b"<b>x</b>"
    assert forms.of(client(MSP)) == SOUND + b"x"
    assert forms.of(client()) == b"x"


def test_what_is_not_on_stays(plain):
    plain.use([MSP])
    assert plain.needed
    assert plain.forms(SOUND + b"<b>x</b>").of(client()) == b"<b>x</b>"
    plain.use([])
    assert not plain.needed
    assert plain.forms(SOUND + b"<b>x</b>").of(client()) == SOUND + b"<b>x</b>"


def test_a_sound_stands_at_the_beginning_of_a_line_however_it_is_cut(plain):
    texts = [
        (b"a", False),
        (SOUND, True),
        (SOUND, False),
        (SOUND, False),
        (b"", True),
        (SOUND, True),
    ]
    found = [plain.forms(text, ends=ends).of(client()) for text, ends in texts]
    assert found == [b"a", SOUND, b"", SOUND, b"", b""]


def test_the_mode_lasts_while_the_same_options_are_on(plain):
    plain.forms(b"\x1b[7z")
    plain.use([MXP])
    assert plain.forms(b"<b>x").of(client()) == b"<b>x"
    assert plain.again().forms(b"<b>x").of(client()) == b"x"
    plain.use([])
    plain.use([MXP])
    assert plain.forms(b"<b>x").of(client()) == b"x"


def test_an_encoding_that_is_agreed_on_later_counts_and_the_mode_lasts(plain):
    plain.forms(b"\x1b[7z")
    plain.use([MXP], "latin-1")
    assert plain.forms(b"&eacute; <b>x").of(client()) == b"&eacute; <b>x"
    assert plain.forms(b"\x1b[1z&eacute;").of(client()) == b"\xe9"
    other = plain.again()
    plain.use([MXP], "utf-8")
    assert plain.forms(b"\x1b[1z&eacute;").of(client()) == "\xe9".encode()
    other.follow(plain)
    assert other.forms(b"&eacute;").of(client()) == "\xe9".encode()
