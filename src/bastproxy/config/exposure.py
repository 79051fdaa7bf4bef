"""Who can reach the proxy: other machines only with a password, and how they see that it is it."""

from __future__ import annotations

import ipaddress
import socket
import ssl

from bastproxy.config.address import Address
from bastproxy.config.errors import ConfigError
from bastproxy.config.options import Options
from bastproxy.libs.access import Passwords
from bastproxy.libs.net.tls import self_signed, server_context


def check_access(options: Options, passwords: Passwords) -> list[Address]:
    """Refuse to listen where other machines could connect without a password.

    :returns: the addresses at which other machines can connect.
    :raises ConfigError: an address cannot be listened on.
    :raises AccessError: the hashes of the passwords cannot be read.
    """
    locked = passwords.has("play")
    listening = (options.listen, options.listen_tls)
    return [one for one in listening if one is not None and check_loopback(one, locked=locked)]


def check_loopback(address: Address, *, locked: bool = False) -> bool:
    """Refuse to listen where other machines could connect, unless clients must log in.

    :param locked: clients need a password.
    :returns: whether other machines can connect.
    :raises ConfigError: they could, and are not asked; or the host does not resolve.
    """
    try:
        # As the listener asks: to "*" the answers differ.
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ConfigError(f"cannot listen on {address}: {error.strerror or error}") from error
    if all(_is_loopback(str(sockaddr[0])) for *_, sockaddr in found):
        return False
    if not locked:
        raise ConfigError(
            f"cannot listen on {address}: other machines could connect, and clients need no "
            'password; set one with "bastproxy password clients", or listen on 127.0.0.1'
        )
    return True


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback


def tls_context(options: Options) -> ssl.SSLContext:
    """Return what the proxy shows of itself to clients that speak TLS.

    :raises ConfigError: the certificate, or its key, cannot be used.
    """
    try:
        if options.tls_cert is not None and options.tls_key is not None:
            return server_context(options.tls_cert, options.tls_key)
        return server_context(*self_signed(options.home))
    except OSError as error:  # ssl's errors are of these
        names = f"tls_cert {options.tls_cert}, tls_key {options.tls_key}"
        what = names if options.tls_cert is not None else "the certificate of the proxy's own"
        reason = error.strerror or error
        raise ConfigError(f"{what}: TLS cannot be spoken with that: {reason}") from error


def in_the_clear(options: Options) -> str:
    """Say what is wrong with listening for other machines without TLS."""
    return (
        f"who listens in on the way to {options.listen} reads the password and the game; "
        "listen_tls in config.toml is for other machines, and listen for this one"
    )
