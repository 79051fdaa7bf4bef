import pytest

from bastproxy.config import Address, ConfigError
from bastproxy.config.exposure import check_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_loopback_addresses_are_fine(host: str) -> None:
    assert not check_loopback(Address(host, 0))
    assert not check_loopback(Address(host, 0), locked=True)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1"])
def test_addresses_that_others_could_reach_need_a_password(host: str) -> None:
    with pytest.raises(ConfigError, match="other machines could connect"):
        check_loopback(Address(host, 0))
    assert check_loopback(Address(host, 0), locked=True)


def test_a_star_is_no_way_around_the_password() -> None:
    with pytest.raises(ConfigError, match="cannot listen on"):  # some systems resolve it
        check_loopback(Address("*", 0))
