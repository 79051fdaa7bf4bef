import pytest

from bastproxy.libs.access.addresses import host_of, network_of, person_of, show


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("2001:db8::/32", "2001:db8::/32"),
    ],
)
def test_an_address_counts_as_one_person(address: str, counts_as: str) -> None:
    assert show(network_of(address)) == counts_as
    assert network_of(counts_as) == network_of(address)
    assert person_of(address) == counts_as


@pytest.mark.parametrize("text", ["", "host", "192.0.2", "192.0.2.7/33", "/", "%eth0"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        network_of(text)
    assert person_of(text) == text


@pytest.mark.parametrize(
    ("peer", "host"), [("192.0.2.7:1", "192.0.2.7"), ("[::1]:23", "::1"), ("", "")]
)
def test_takes_the_host_of_a_peer(peer: str, host: str) -> None:
    assert host_of(peer) == host
