"""What telnetlib3 says and understands, compared with what we do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options import environ, gmcp, msdp, mssp

mud = pytest.importorskip("telnetlib3.mud", reason="telnetlib3 2 has no MUD protocols")

TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",)))
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
VALUES = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


@given(NAMES, VALUES)
def test_msdp(name, value):
    assert mud.msdp_decode(msdp.pack(name, value)) == {name: value}
    assert msdp.unpack(mud.msdp_encode({name: value})) == [(name, value)]


@given(st.dictionaries(NAMES, st.lists(TEXTS, min_size=1, max_size=3), max_size=5))
def test_mssp(values):
    single = {name: value[0] if len(value) == 1 else value for name, value in values.items()}
    assert mud.mssp_decode(mssp.pack(values)) == single
    assert mssp.unpack(mud.mssp_encode(single)) == values


@given(st.from_regex(r"[A-Za-z][A-Za-z.]{0,20}", fullmatch=True), VALUES)
def test_gmcp(package, data):
    assert mud.gmcp_decode(gmcp.pack(package, data)) == (package, data)
    assert gmcp.parse(mud.gmcp_encode(package, data)) == (package, data)


@given(st.dictionaries(st.from_regex(r"[A-Z_]{1,20}", fullmatch=True), NAMES, max_size=5))
def test_environ(values):
    from telnetlib3 import stream_writer

    assert stream_writer._decode_env_buf(environ.pack_is(values)[1:]) == values
    told = b"\0" + stream_writer._encode_env_buf(values)
    assert environ.parse(told) == environ.Environ("is", values)
