from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.environ import (
    MAX_VARIABLES,
    SEND_ALL,
    Environ,
    pack_is,
    pack_send,
    parse,
)

TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
NAMES = TEXTS.filter(bool)


@pytest.mark.parametrize(
    ("body", "kind", "values"),
    [
        (b"\0\0USER\1bob", "is", {"USER": "bob"}),
        (b"\0\0USER\1bob\3LANG\1de", "is", {"USER": "bob", "LANG": "de"}),
        (b"\2\0CHARSET\1UTF-8", "info", {"CHARSET": "UTF-8"}),
        (b"\0", "is", {}),
        (b"\0\0DISPLAY", "is", {"DISPLAY": ""}),
        (b"\0\0DISPLAY\1\0USER\1x", "is", {"DISPLAY": "", "USER": "x"}),
        (b"\0\0A\2\1B\1v\2\2w\2\0", "is", {"A\1B": "v\2w\0"}),
        (b"\1", "send", {}),
        (b"\1\0", "send", {}),
        (b"\1\0\3", "send", {}),
        (b"\1\0CLIENT_NAME\0MTTS", "send", {"CLIENT_NAME": "", "MTTS": ""}),
        (b"\1\0CLIENT_NAME\3", "send", {}),
    ],
)
def test_what_a_body_says(body, kind, values):
    assert parse(body) == Environ(kind, values)


@pytest.mark.parametrize("body", [b"", b"\3\0USER", b"USER", b"\xff"])
def test_a_broken_body_is_none(body):
    assert parse(body) is None


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b"\0text before\0USER\1x", {"USER": "x"}),
        (b"\0\1a value of nothing\0USER\1x", {"USER": "x"}),
        (b"\0\0\1nameless\0USER\1x", {"USER": "x"}),
        (b"\0\0USER\1x\2", {"USER": "x"}),
        (b"\0\0USER\1x\1y", {"USER": "y"}),
        (b"\0\0USER\1\xff", {"USER": "\udcff"}),
    ],
)
def test_of_a_body_that_is_partly_broken_the_rest_is_read(body, values):
    assert parse(body) == Environ("is", values)


def test_answers_are_told_as_var():
    assert pack_is({"CLIENT_NAME": "BASTPROXY"}) == b"\0\0CLIENT_NAME\1BASTPROXY"
    assert pack_is({"A": "b"}, info=True) == b"\2\0A\1b"


def test_bytes_with_a_meaning_are_escaped():
    assert pack_is({"\0": "\1\2\3"}) == b"\0\0\2\0\1\2\1\2\2\2\3"


def test_requests():
    assert parse(SEND_ALL) == Environ("send", {})
    assert pack_send(["MTTS", "CHARSET"]) == b"\1\0MTTS\0CHARSET"
    assert pack_send([]) == SEND_ALL


def test_variables_without_end_are_cut():
    body = b"\0" + b"".join(b"\0%d\1x" % number for number in range(10_000))
    environ = parse(body)
    assert environ is not None
    assert environ.values == {str(number): "x" for number in range(MAX_VARIABLES)}


@given(st.dictionaries(NAMES, TEXTS, max_size=20), st.booleans())
def test_answers_there_and_back(values, info):
    assert parse(pack_is(values, info=info)) == Environ("info" if info else "is", values)


@given(st.lists(NAMES, max_size=20, unique=True))
def test_requests_there_and_back(names):
    assert parse(pack_send(names)) == Environ("send", dict.fromkeys(names, ""))


@given(st.binary() | st.lists(st.sampled_from(b"\0\1\2\3ab\xff")).map(bytes))
def test_arbitrary_bytes_never_raise(body):
    environ = parse(body)
    assert (environ is None) == (body[:1] not in (b"\0", b"\1", b"\2"))
