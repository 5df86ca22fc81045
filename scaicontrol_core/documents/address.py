"""How an address is written in the country it is sent to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Where the post code follows the town, with the state or county between where one is used.
_CITY_FIRST = frozenset({"GB", "IE", "US", "CA", "AU", "NZ", "IN", "SG"})


def address_lines(party: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the street and town lines of a seller or buyer, without name and country.

    The order of town and post code is the destination country's (UPU S42), because sorting
    machines read it there.
    """
    postal_code, city, state = party.get("postal_code"), party.get("city"), party.get("state")
    if party["country_code"] in _CITY_FIRST:
        town = " ".join(part for part in (city, state, postal_code) if part)
    else:
        # Italy writes the province after the town: 20121 Milano MI.
        town = " ".join(part for part in (postal_code, city, state) if part)
    lines = (party.get("address_line1"), party.get("address_line2"), town)
    return tuple(line for line in lines if line)
