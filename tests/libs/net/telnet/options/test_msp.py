from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.msp import strip


@pytest.mark.parametrize(
    ("line", "stripped"),
    [
        (b"!!SOUND(cow.wav V=100 L=1 P=50 T=misc)", b""),
        (b"!!MUSIC(Off U=http://x.org/sounds/)", b""),
        (b"!!SOUND(cow.wav)A cow moos.", b"A cow moos."),
        (b"!!SOUND(cow.wav) !!MUSIC(a.mid) A cow moos.", b"A cow moos."),
        (b"\r!!SOUND(cow.wav)A cow moos.", b"\rA cow moos."),
        (b"\x1b[0m\x1b[1;31m!!SOUND(cow.wav)A cow moos.", b"\x1b[0m\x1b[1;31mA cow moos."),
        (b"!!SOUND()", b""),
    ],
)
def test_sounds_at_the_beginning_are_gone(line, stripped):
    assert strip(line) == stripped


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"A cow moos.",
        b"A cow moos!!SOUND(cow.wav)",
        b"Bob says '!!SOUND(cow.wav)'",
        b" !!SOUND(cow.wav)",
        b"!!SOUND(cow.wav",
        b"!!SOUND cow.wav",
        b"!!sound(cow.wav)",
        b"!!SOUNDS(cow.wav)",
        b"!!!SOUND(cow.wav)",
        b"!SOUND(cow.wav)",
    ],
)
def test_all_else_stays(line):
    assert strip(line) == line


@given(st.binary(), st.binary().filter(lambda text: not text.lstrip(b" \t").startswith(b"!!")))
def test_the_text_after_them_is_untouched(name, text):
    name = bytes(byte for byte in name if byte not in b"()\r\n")
    assert strip(b"!!SOUND(" + name + b")" + text) == text.lstrip(b" \t")


@pytest.mark.parametrize("part", [b"!!SOUND(", b"!!", b"\x1b[", b"\x1b[0m", b"\r", b"!!SOUND()"])
def test_a_long_line_takes_no_longer_than_it_must(part):
    assert len(strip(part * 10_000)) in (0, len(part) * 10_000)
