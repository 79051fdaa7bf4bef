from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.gmcp import GmcpError, load, pack, parse, split

TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
PACKAGES = st.from_regex(r"[A-Za-z][\w.]{0,20}", fullmatch=True)
DATA = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: (
        st.lists(inner | st.none(), max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "package", "data"),
    [
        (b"Core.Ping", "Core.Ping", None),
        (b"Core.Ping ", "Core.Ping", None),
        (b"Core.Ping 120", "Core.Ping", 120),
        (b'Char.Vitals {"hp": 10, "maxhp": 20}', "Char.Vitals", {"hp": 10, "maxhp": 20}),
        (b'Core.Supports.Set ["Char 1"]\r\n', "Core.Supports.Set", ["Char 1"]),
        (b'char.name "Bob"', "char.name", "Bob"),
        (b"Char.Name null", "Char.Name", None),
        # As some MUDs send it: no space, or more of it, or what strict JSON forbids.
        (b'Char.Vitals{"hp":1}', "Char.Vitals", {"hp": 1}),
        (b'Char.Items["a"]', "Char.Items", ["a"]),
        (b'Char.Name"Bob"', "Char.Name", "Bob"),
        (b"Room.Info\n{}", "Room.Info", {}),
        (b'  Room.Info \t {"a":1}', "Room.Info", {"a": 1}),
        (b'Comm "a\tb\x1b[0m"', "Comm", "a\tb\x1b[0m"),
        ('Char.Name "Zoë"'.encode(), "Char.Name", "Zoë"),
        (b'Char.Name "Zo\xeb"', "Char.Name", "Zo\udceb"),
        (b"", "", None),
        (b'{"a":1}', "", {"a": 1}),
    ],
)
def test_what_a_message_says(body, package, data):
    assert parse(body) == (package, data)


def test_the_data_as_text():
    assert split(b'Char.Vitals {"hp": 10}') == ("Char.Vitals", '{"hp": 10}')
    assert split(b"Client.GUI 5\nhttp://x/") == ("Client.GUI", "5\nhttp://x/")
    assert split(b"Core.Ping") == ("Core.Ping", "")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"Char.Vitals {", "not JSON: .*char 1"),
        (b"Char.Vitals {'hp': 1}", "not JSON: "),
        (b"Client.GUI 5\nhttp://x/", "not JSON: Extra data"),
        (b"Deep " + b"[" * 60_000, "nested too deeply"),
        (b"Long " + b"1" * 60_000, "not JSON: "),
    ],
)
def test_data_that_is_no_json_says_why(body, why):
    with pytest.raises(GmcpError, match=why):
        parse(body)


def test_messages_are_packed_without_spaces():
    assert pack("Core.Ping") == b"Core.Ping"
    assert pack("Char.Vitals", {"hp": [1, "ë"]}) == 'Char.Vitals {"hp":[1,"ë"]}'.encode()
    assert pack("Core.Ping", 0) == b"Core.Ping 0"
    assert pack("X", "a\udcffb\ud800") == b'X "a\xffb?"'


@pytest.mark.parametrize("package", ["", " ", "Char Vitals", 'Char"', "Char{", "Char\n"])
def test_a_package_without_a_name_is_refused(package):
    with pytest.raises(GmcpError, match="name of a GMCP package"):
        pack(package)


def endless():
    data: list = []
    data.append(data)
    return data


def deep():
    data: list = []
    for _ in range(100_000):
        data = [data]
    return data


@pytest.mark.parametrize("data", [object(), b"x", {1, 2}, float("nan"), endless(), deep()])
def test_data_that_json_cannot_hold_is_refused(data):
    with pytest.raises(GmcpError, match=r"^Char\.Vitals: "):
        pack("Char.Vitals", data)


@given(PACKAGES, DATA)
def test_there_and_back(package, data):
    assert parse(pack(package, data)) == (package, data)


@given(st.binary())
def test_wrong_bytes_survive(data):
    package, text = split(b"Char.Name " + json.dumps(data.decode("latin-1")).encode())
    assert (package, load(text)) == ("Char.Name", data.decode("latin-1"))


@given(st.binary() | st.text('{}[]",:0 a\\u').map(lambda text: b"A " + text.encode()))
def test_arbitrary_bytes_raise_the_named_error_at_most(body):
    package, text = split(body)
    assert package.encode("utf-8", "surrogateescape") in body
    assert text.encode("utf-8", "surrogateescape") in body
    with contextlib.suppress(GmcpError):
        assert parse(body) == (package, load(text))
