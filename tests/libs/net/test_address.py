from __future__ import annotations

import pytest

from bastproxy.libs.net.address import MudAddress


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (MudAddress("mud.example", 4000), "mud.example:4000"),
        (MudAddress("mud.example", 4000, tls=True), "tls://mud.example:4000"),
        (MudAddress("mud.example", 4000, tls=True, verify=False), "tls://mud.example:4000"),
        (MudAddress("::1", 4000), "[::1]:4000"),
        (MudAddress("fe80::1%eth0", 4000, tls=True), "tls://[fe80::1%eth0]:4000"),
    ],
)
def test_an_address_in_words(address, text):
    assert str(address) == text


def test_who_names_only_host_and_port_gets_a_plain_connection():
    *_, tls, verify = MudAddress("mud.example", 4000)
    assert (tls, verify) == (False, True)
