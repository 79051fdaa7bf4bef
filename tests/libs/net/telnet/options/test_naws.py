from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.naws import pack_size, unpack_size

SIDES = st.integers(0, 65535)


@given(SIDES, SIDES)
def test_sizes_there_and_back(width, height):
    assert unpack_size(pack_size(width, height)) == (width, height)


def test_columns_come_first():
    assert pack_size(255, 80) == b"\0\xff\0P"


def test_what_does_not_fit_is_cut():
    assert unpack_size(pack_size(70000, -1)) == (65535, 0)


@pytest.mark.parametrize("body", [b"", b"\0P", b"\0P\0", b"\0P\0\x18\0"])
def test_a_broken_size_is_none(body):
    assert unpack_size(body) is None
