"""Requests to addresses that somebody else chose: none of them may reach our own network.

A name is resolved here, every address it leads to is checked, and the connection goes to the
checked address: whoever answers differently the next time gains nothing. Literal addresses,
which resolvers never see, are checked as well.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Awaitable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: Looks a name up: host and port to addresses; raises ``OSError`` if there are none.
Lookup = Callable[[str, int], "Awaitable[Sequence[str]]"]

#: What Python calls global and is not, or leads into somebody's network all the same.
_NEVER: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",
        "100.64.0.0/10",  # between a provider and its customers (RFC 6598)
        "192.0.0.0/24",  # protocol assignments; a cloud's metadata among them
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # the platform's own server inside Azure
        "::/96",  # IPv4-compatible
        "::ffff:0:0:0/96",  # IPv4-translated (SIIT)
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # protocol assignments, Teredo among them
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
        "ff00::/8",
    )
)


#: Hosts of which it is remembered whether they are addresses: those of the receivers of the hour.
_REMEMBERED = 1024


class AddressRefused(Exception):
    """A name or a literal leads where nothing is sent to. Its text names the host alone."""


@frozen
class OutgoingRules:
    """Where requests may go. ``allowed`` are networks of one's own that may be reached all the same."""

    allowed: tuple[Network, ...] = ()
    allow_http: bool = False

    def permits(self, address: Address) -> bool:
        """Tell whether an address may be connected to."""
        plain = unwrapped(address)
        if any(plain in network for network in self.allowed if network.version == plain.version):
            return True
        never = any(plain in network for network in _NEVER if network.version == plain.version)
        return plain.is_global and not plain.is_multicast and not never

    def require(self, host: str, addresses: Sequence[str]) -> None:
        """Raise ``AddressRefused`` unless every one of a host's addresses is permitted."""
        for text in addresses:
            if not self.permits(ip_address(text.partition("%")[0])):
                raise AddressRefused(f"{host} leads to an address that nothing is sent to")


def unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for (``::ffff:127.0.0.1``), else the address itself."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped if mapped is not None else address


@lru_cache(maxsize=_REMEMBERED)
def literal(host: str) -> Address | None:
    """Return the address that a host is written as, if it is one; brackets and zones are looked through."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


async def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the machine's resolver, which also reads ``0x7f.1`` and ``2130706433`` as the addresses they are."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def addresses_of(host: str, port: int, rules: OutgoingRules, lookup: Lookup = look_up) -> Sequence[str]:
    """Return the addresses of a host, all of them permitted.

    Raises ``AddressRefused`` if any is not: a name that leads both ways is not to be trusted with either.
    ``OSError`` if there are none.
    """
    written = literal(host)
    addresses = [str(written)] if written is not None else await lookup(host, port)
    if not addresses:
        raise OSError(f"{host} has no address")
    rules.require(host, addresses)
    return addresses
