"""Requests to addresses that others chose never reach our own network, however they are written."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_adapters.outgoing import AddressRefused, OutgoingRules, addresses_of, look_up
from scaicontrol_adapters.webhooks.destinations import GuardedDestinations
from scaicontrol_core.delivery.errors import WebhookUrlRefused

RULES = OutgoingRules()
REFUSED = (
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)
PERMITTED = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8")


def leading_to(*addresses: str) -> object:
    async def lookup(host: str, port: int) -> Sequence[str]:
        del host, port
        return addresses

    return lookup


@pytest.mark.parametrize("address", REFUSED)
async def test_what_is_not_public_is_refused_as_a_literal_and_behind_a_name(address: str) -> None:
    for host, lookup in ((address, look_up), ("hooks.example.com", leading_to(address))):
        with pytest.raises(AddressRefused):
            await addresses_of(host, 443, RULES, lookup)  # type: ignore[arg-type]


@pytest.mark.parametrize("address", PERMITTED)
async def test_what_is_public_is_permitted(address: str) -> None:
    assert await addresses_of("hooks.example.com", 443, RULES, leading_to(address)) == (address,)  # type: ignore[arg-type]


async def test_a_name_that_leads_both_ways_is_trusted_with_neither() -> None:
    with pytest.raises(AddressRefused):
        await addresses_of("hooks.example.com", 443, RULES, leading_to("8.8.8.8", "10.0.0.1"))  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["localhost", "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "0", "[::1]"])
async def test_odd_writings_of_an_address_are_that_address(host: str) -> None:
    with pytest.raises((AddressRefused, OSError)):
        await addresses_of(host, 443, RULES)
    for scheme in ("https", "http"):
        with pytest.raises(WebhookUrlRefused):
            await GuardedDestinations(OutgoingRules(allow_http=True)).require(f"{scheme}://{host}/")


async def test_networks_of_ones_own_can_be_allowed() -> None:
    rules = OutgoingRules(allowed=(ip_network("10.1.0.0/16"), ip_network("fd12::/16")))
    assert rules.permits(ip_address("10.1.2.3"))
    assert rules.permits(ip_address("::ffff:10.1.2.3"))
    assert rules.permits(ip_address("fd12::1"))
    assert not rules.permits(ip_address("10.2.0.1"))
    await GuardedDestinations(rules).require("https://10.1.2.3/hook")


async def test_a_name_that_leads_nowhere_today_may_lead_somewhere_tomorrow() -> None:
    async def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError(host, port)

    await GuardedDestinations(RULES, nowhere).require("https://hooks.example.com/")
    with pytest.raises(WebhookUrlRefused):
        await GuardedDestinations(RULES, nowhere).require("http://hooks.example.com/")


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_passes_in_an_ipv6_ones_clothes(address: object) -> None:
    mapped = ip_address(f"::ffff:{address}")
    assert RULES.permits(mapped) == RULES.permits(ip_address(str(address)))
    packed = int(ip_address(str(address)))
    for prefix in (0x0064FF9B << 96, 0x2002 << 112):
        hidden = prefix | (packed << 80 if prefix >> 112 == 0x2002 else packed)
        assert not RULES.permits(ip_address(hidden.to_bytes(16, "big")))
