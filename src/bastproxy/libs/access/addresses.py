"""Addresses of clients, as far as they stand for one person."""

from __future__ import annotations

import ipaddress
from typing import Final, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: A provider gives each customer at least so much (RFC 6177), so one address says nothing.
IPV6_PREFIX: Final = 64


def host_of(peer_name: str) -> str:
    """Return the host of ``HOST:PORT`` or ``[HOST]:PORT``."""
    return peer_name.rpartition(":")[0].strip("[]")


def network_of(text: str) -> Network:
    """Return what an address counts as: itself, or the /64 of an IPv6 address.

    A network, such as ``203.0.113.0/24``, is itself.  IPv4 inside IPv6 is IPv4.

    :raises ValueError: it is neither an address nor a network.
    """
    text = text.strip()
    if "/" in text:
        return ipaddress.ip_network(text, strict=False)
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            prefix = 128 if address.is_loopback else IPV6_PREFIX
            return ipaddress.IPv6Network((address, prefix), strict=False)
        address = address.ipv4_mapped
    return ipaddress.IPv4Network(address)


def person_of(address: str) -> str:
    """Return what all addresses of one person have in common; what is no address is itself."""
    try:
        return show(network_of(address))
    except ValueError:
        return address


def show(network: Network) -> str:
    """Return a network as a player would write it: a single address without its prefix."""
    alone = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if alone else str(network)
