from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.charset import (
    MAX_NAMES,
    Accepted,
    Rejected,
    Request,
    accepted,
    choose,
    codec_of,
    parse,
    rejected,
    request,
)

LABELS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="; ,|/"),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\1 UTF-8", Request(("UTF-8",))),
        (b"\1;UTF-8;ISO-8859-1", Request(("UTF-8", "ISO-8859-1"))),
        (b"\1;UTF-8;", Request(("UTF-8",))),
        (b"\1\0UTF-8\0ASCII", Request(("UTF-8", "ASCII"))),
        (b"\1xUTF-8xASCII", Request(("UTF-8", "ASCII"))),
        (b"\1[TTABLE]\1;UTF-8;ASCII", Request(("UTF-8", "ASCII"))),
        (b"\1[TTABLE ]\1;UTF-8", Request(("UTF-8",))),
        (b"\1[TTABLE]", Request(())),
        (b"\1", Request(())),
        (b"\1;", Request(())),
        (b"\1;" + b"A" * 41 + b";UTF-8", Request(("UTF-8",))),
        (b"\2UTF-8", Accepted("UTF-8")),
        (b"\2", Accepted("")),
        (b"\3", Rejected()),
    ],
)
def test_what_a_body_says(body, message):
    assert parse(body) == message


@pytest.mark.parametrize("body", [b"", b"\0", b"\4\1;", b"\5", b"\6", b"\7", b"UTF-8"])
def test_a_broken_body_is_none(body):
    assert parse(body) is None


def test_an_offer():
    assert request(["UTF-8", "ISO-8859-1"]) == b"\1;UTF-8;ISO-8859-1"
    assert request(["a;b"]) == b"\1 a;b"
    assert request([]) == b"\1"
    with pytest.raises(ValueError, match="every separator"):
        request(["; ,|/"])


def test_answers():
    assert parse(rejected()) == Rejected()
    assert parse(accepted("utf8")) == Accepted("utf8")


@given(st.lists(LABELS, max_size=20))
def test_offers_there_and_back(names):
    assert parse(request(names)) == Request(tuple(names))


@given(st.binary(min_size=1, max_size=20))
def test_an_answer_repeats_what_was_offered_byte_by_byte(label):
    offered = parse(b"\1" + b";" + label.replace(b";", b""))
    assert isinstance(offered, Request)
    for name in offered.names:
        assert accepted(name) == b"\2" + label.replace(b";", b"")


@given(st.binary() | st.binary().map(b"\1;".__add__))
def test_arbitrary_bytes_never_raise(body):
    message = parse(body)
    if isinstance(message, Request):
        assert choose(message.names) in (None, *message.names)


def test_names_without_end_are_cut():
    message = parse(b"\1" + b";UTF-8" * 10_000)
    assert isinstance(message, Request)
    assert len(message.names) == MAX_NAMES


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("UTF_8", "utf-8"),
        ("US-ASCII", "ascii"),
        ("ASCII", "ascii"),
        ("ANSI_X3.4-1968", "ascii"),
        ("ISO-8859-1", "iso8859-1"),
        ("ISO_8859-1:1987", "iso8859-1"),
        ("iso 8859-1", "iso8859-1"),
        ("Latin-1", "iso8859-1"),
        ("ISO-8859-15", "iso8859-15"),
        ("WINDOWS-1252", "cp1252"),
        ("Win-1251", "cp1251"),
        ("CP437", "cp437"),
        ("IBM437", "cp437"),
        ("KOI8-R", "koi8-r"),
        ("KOI8-U", "koi8-u"),
        ("GBK", "gbk"),
        ("GB2312", "gb2312"),
        ("GB18030", "gb18030"),
        ("BIG5", "big5"),
        ("Big5-HKSCS", "big5hkscs"),
        ("EUC-KR", "euc_kr"),
        ("Shift_JIS", "shift_jis"),
        ("MACINTOSH", "mac-roman"),
        ("x-mac-roman", "mac-roman"),
    ],
)
def test_names_of_encodings(label, codec):
    assert codec_of(label) == codec
    assert codec_of(label.lower()) == codec_of(label.upper()) == codec


@pytest.mark.parametrize(
    "label",
    [
        *("UTF-16", "UTF-32LE", "UTF-7", "utf-8-sig", "HZ", "ISO-2022-JP", "CP037", "mbcs"),
        *("rot13", "hex", "zlib", "idna", "punycode", "unicode_escape", "undefined"),
        *("MEDIEVIA", "", "-", "x", "UTF-8" * 9),
    ],
)
def test_what_telnet_cannot_carry_is_no_encoding(label):
    assert codec_of(label) is None


@given(st.text() | LABELS)
def test_a_codec_holds_ascii_as_it_is(label):
    codec = codec_of(label)
    if codec is not None:
        assert codecs.lookup(codec).name == codec == codec_of(codec)
        assert bytes(range(128)).decode(codec).encode(codec) == bytes(range(128))


def test_asking_for_an_unknown_encoding_is_not_remembered():
    import encodings

    remembered = len(encodings._cache)
    assert codec_of("no-such-encoding-1") is codec_of("no-such-encoding-2") is None
    assert len(encodings._cache) == remembered


@pytest.mark.parametrize(
    ("offered", "preferred", "chosen"),
    [
        (["UTF-8"], [], "UTF-8"),
        (["ASCII", "ISO-8859-1", "utf8"], [], "utf8"),
        (["ASCII", "ISO-8859-1", "utf8"], ["UTF-8"], "utf8"),
        (["UTF-8", "Latin1"], ["iso-8859-1"], "Latin1"),
        (["UTF-8", "CP437"], ["cp850", "ibm437"], "CP437"),
        (["ISO-8859-1", "CP1252"], ["utf-8"], "ISO-8859-1"),
        (["US-ASCII", "ISO-8859-1"], [], "ISO-8859-1"),
        (["ASCII"], ["utf-8"], "ASCII"),
        (["UTF-8"], ["cp437"], "UTF-8"),
        (["UTF-8"], ["no such encoding"], "UTF-8"),
        (["UTF-16", "nonsense"], ["utf-8"], None),
        ([], ["utf-8"], None),
        (["UTF-8", "utf8"], [], "UTF-8"),
    ],
)
def test_which_of_the_offered_is_taken(offered, preferred, chosen):
    assert choose(offered, preferred) == chosen


@given(st.lists(st.sampled_from(["ASCII", "ISO-8859-1", "CP1252", "x", "GBK"])))
def test_a_list_with_utf8_in_it_never_ends_in_less(others):
    assert choose([*others, "UTF-8"]) == "UTF-8"
    assert choose(["UTF-8", *others], ["utf-8"]) == "UTF-8"
