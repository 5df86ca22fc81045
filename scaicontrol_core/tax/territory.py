"""Where a place stands in the VAT territory of the EU, and whose rate applies there.

Countries are normalised first (``EL`` is Greece, ``XI`` and ``UK`` are the United Kingdom,
Monaco counts as France: Directive 2006/112/EC art. 7); then postal codes pick out the places
that differ from their country (art. 6 and national law), in one table. A missing or unusual
postal code means the mainland.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from attrs import frozen

from scaicontrol_core.kernel.party import require_country

MEMBER_STATES = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())


@frozen
class Territory:
    """A place as VAT on services sees it.

    ``country`` is the state whose VAT law is asked (ISO 3166, ``FR`` for Monaco);
    ``rate_territory`` the key into the rate table (``PT-20`` for the Azores), None where no
    state of the EU taxes. ``home_state_taxes`` marks the places outside the EU's VAT territory
    in which their own state taxes services all the same. ``review`` flags what is contested,
    ``note`` says why.
    """

    country: str
    rate_territory: str | None
    in_eu_vat: bool
    home_state_taxes: bool = False
    place: str | None = None
    review: bool = False
    note: str | None = None

    @property
    def can_sell(self) -> bool:
        """Tell whether a seller established here is one whose VAT this engine knows."""
        return self.in_eu_vat or self.home_state_taxes

    def is_taxed_from(self, seller: Territory) -> bool:
        """Tell whether a supply from that seller to this place falls under the VAT of a member state."""
        return self.in_eu_vat or (self.home_state_taxes and seller.country == self.country)


class _Standing(StrEnum):
    IN = "inside the EU's VAT territory"
    OUT = "outside"
    OWN = "outside, but its own state taxes services there"


@frozen
class _Place:
    """A row of the table: ``codes`` are country codes that mean it, ``postal`` what its postal codes look like."""

    country: str
    name: str
    standing: _Standing
    codes: tuple[str, ...] = ()
    postal: str | None = None
    rates: str | None = None
    contested: bool = False
    note: str | None = None

    def territory(self) -> Territory:
        """Turn the row into the value the decisions work with."""
        taxed = self.standing is not _Standing.OUT
        return Territory(
            country=self.country,
            rate_territory=(self.rates or self.country) if taxed else None,
            in_eu_vat=self.standing is _Standing.IN,
            home_state_taxes=self.standing is _Standing.OWN,
            place=self.name,
            review=self.contested,
            note=self.note,
        )


_IN, _OUT, _OWN = _Standing.IN, _Standing.OUT, _Standing.OWN
_OVERSEAS = "The Directive leaves it out, France taxes services there at 8.5%."
_SHARED_CODE = "The municipality's old postal code, which neighbours inside the VAT territory share."
_LOCAL_RATE = "A lower rate exists for traders established or performing there; sellers elsewhere charge the standard."

#: The first row that fits wins, so the two islands inside 971 stand before Guadeloupe.
#: Not here because they are ordinary: Balearics (ES 07), Corsica (FR 20), the UK bases on Cyprus.
_PLACES = (
    _Place("GB", "Northern Ireland", _OUT, ("XI",), r"BT\d.*", note="In the EU's VAT territory for goods only."),
    _Place("GB", "Isle of Man", _OUT, ("IM",), r"IM\d.*"),
    _Place("FR", "Monaco", _IN, ("MC",), r"980\d\d"),
    _Place("FR", "Saint-Barthélemy", _OUT, ("BL",), r"97133"),
    _Place("FR", "Saint-Martin", _OUT, ("MF",), r"97150"),
    _Place("FR", "Guadeloupe", _OWN, ("GP",), r"971\d\d", rates="GP", contested=True, note=_OVERSEAS),
    _Place("FR", "Martinique", _OWN, ("MQ",), r"972\d\d", rates="MQ", contested=True, note=_OVERSEAS),
    _Place("FR", "French Guiana", _OUT, ("GF",), r"973\d\d"),
    _Place("FR", "Réunion", _OWN, ("RE",), r"974\d\d", rates="RE", contested=True, note=_OVERSEAS),
    _Place("FR", "Saint-Pierre-et-Miquelon", _OUT, ("PM",), r"975\d\d"),
    _Place("FR", "Mayotte", _OUT, ("YT",), r"976\d\d"),
    _Place("FR", "French Southern Territories", _OUT, ("TF",), r"984\d\d"),
    _Place("FR", "Wallis and Futuna", _OUT, ("WF",), r"986\d\d"),
    _Place("FR", "French Polynesia", _OUT, ("PF",), r"987\d\d"),
    _Place("FR", "New Caledonia", _OUT, ("NC",), r"988\d\d"),
    _Place("ES", "Canary Islands", _OUT, ("IC",), r"3[58]\d{3}"),
    _Place("ES", "Ceuta and Melilla", _OUT, ("EA",), r"5[12]\d{3}"),
    _Place("FI", "Åland", _OWN, ("AX",), r"22\d{3}", contested=True,
           note="The Directive leaves it out, the Finnish act taxes services there."),
    _Place("DE", "Büsingen", _OUT, (), r"78266"),
    _Place("DE", "Heligoland", _OUT, (), r"27498"),
    _Place("IT", "Livigno", _OUT, (), r"23041"),
    _Place("IT", "Livigno", _OUT, (), r"23030", contested=True, note=_SHARED_CODE),
    _Place("IT", "Campione d'Italia", _OUT, (), r"22061"),
    _Place("IT", "Campione d'Italia", _OUT, (), r"22060", contested=True, note=_SHARED_CODE),
    _Place("GR", "Mount Athos", _OUT, (), r"6308[67]"),
    _Place("GR", "Lesbos, Lemnos, Chios, Samos, Kos, Leros", _IN, (), r"8([1-3]\d{3}|5[34]\d\d)", contested=True,
           note=_LOCAL_RATE),
    _Place("PT", "Azores", _IN, (), r"9[5-9]\d\d(\d{3})?", rates="PT-20"),
    _Place("PT", "Madeira", _IN, (), r"9[0-4]\d\d(\d{3})?", rates="PT-30"),
    _Place("AT", "Jungholz and Mittelberg", _IN, (), r"6691|699[1-3]", contested=True, note=_LOCAL_RATE),
)  # fmt: skip
_BY_CODE = {code: place.territory() for place in _PLACES for code in place.codes}
_BY_POSTAL = {
    country: tuple(
        (re.compile(place.postal), place.territory()) for place in _PLACES if place.country == country and place.postal
    )
    for country in sorted({place.country for place in _PLACES})
}
_COUNTRY_PREFIX = re.compile(r"^[A-Z]{1,3}(?=\d)")


def territory_of(country: str, postal_code: str | None = None, *, pointer: str = "/country") -> Territory:
    """Return the territory of an address.

    ``country`` is an ISO 3166 code or one of ``EL UK XI IC EA``. Raises ``Invalid``
    (``country_unknown``) at the pointer for anything else. Nothing is ever refused for its
    postal code: one that says nothing means the mainland.
    """
    return _territory(country.strip().upper(), postal_code or "", pointer)


@lru_cache(maxsize=65536)
def _territory(country: str, postal_code: str, pointer: str) -> Territory:
    if country in _BY_CODE:
        return _BY_CODE[country]
    iso = require_country(country, pointer)
    code = _plain_postal_code(iso, postal_code)
    for pattern, territory in _BY_POSTAL.get(iso, ()):
        if pattern.fullmatch(code):
            return territory
    inside = iso in MEMBER_STATES
    return Territory(country=iso, rate_territory=iso if inside else None, in_eu_vat=inside)


def _plain_postal_code(country: str, postal_code: str) -> str:
    """Return capitals and digits only, without a country's letters in front (``E-35001``, ``PT-9000-001``)."""
    upper = unicodedata.normalize("NFKC", postal_code).upper()
    plain = "".join(character for character in upper if character.isalnum())
    return plain if country == "GB" else _COUNTRY_PREFIX.sub("", plain)
