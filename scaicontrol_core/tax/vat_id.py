"""VAT identification numbers: one canonical form, format and checksum, and the country they belong to.

Nothing here asks a register: a number that passes is well formed, not yet real (VIES tells).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tax.territory import MEMBER_STATES, territory_of

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.billing_profile import BillingDetails
    from scaicontrol_core.tenancy.seller import PartnerConfiguration

_SEPARATORS = frozenset(".,/:'·")
#: Unicode categories of what people paste along: spaces, dashes, byte order marks, controls.
_IGNORED_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Pd", "Cf", "Cc"})
_BODY = re.compile(r"[A-Z0-9+*]{2,30}")
_FOREIGN = re.compile(r"[A-Z0-9+*]{2,32}")
_PREFIX_LENGTH = 2
#: Numbers of the One Stop Shop start like this; they identify sellers, never buyers.
_ONE_STOP_SHOP = frozenset({"EU", "IM"})
_COUNTRIES_BY_PREFIX = {"EL": "GR", "XI": "GB"}
_PREFIXES = (MEMBER_STATES - {"GR"}) | {"EL", "XI"}


@frozen
class VatNumber:
    """A number in its canonical form: ``prefix`` as VAT writes it (``EL`` for Greece), ``body`` without it.

    The prefix is empty for a number of a country outside the EU, of which only the
    characters are known to be sound.
    """

    prefix: str
    body: str

    @property
    def country(self) -> str | None:
        """ISO 3166 country that issued it (``GR`` for EL, ``GB`` for XI); None outside the EU."""
        return _COUNTRIES_BY_PREFIX.get(self.prefix, self.prefix) or None

    def __str__(self) -> str:
        """Return the number as invoices print it: ``NL868355884B01``."""
        return self.prefix + self.body


def parse_vat_number(text: str, *, pointer: str = "/vat_number") -> VatNumber:
    """Read an EU (or XI) VAT number, whatever its case, spacing or width of letters.

    Raises ``Invalid`` (``vat_number_invalid``) at the pointer if prefix, format or check digits are wrong.
    """
    number = _parsed(text)
    if isinstance(number, str):
        raise Invalid.field(
            pointer,
            f"{text!r} is not a valid VAT number: {number}",
            code="vat_number_invalid",
            hint="Write it with its country prefix, such as NL123456789B01; the customer's tax office confirms it.",
        )
    return number


def require_vat_number(text: str, country: str, *, pointer: str = "/vat_number") -> VatNumber:
    """Read the VAT number of a party in that country.

    In the EU the prefix must be the country's (``FR`` for Monaco). Elsewhere any number of 2 to
    32 letters and digits is kept unchecked, but one that starts with ``XI`` must be sound.
    Raises ``Invalid``: ``vat_number_invalid``, ``vat_number_country_mismatch``, ``country_unknown``.
    """
    home = territory_of(country).country
    plain = _plain(text)
    if home not in MEMBER_STATES and not (home == "GB" and plain.startswith("XI")):
        if not _FOREIGN.fullmatch(plain):
            raise Invalid.field(pointer, f"{text!r} is not a tax number.", code="vat_number_invalid")
        return VatNumber("", plain)
    number = parse_vat_number(text, pointer=pointer)
    if number.country != home:
        raise Invalid.field(
            pointer,
            f"{number} is a VAT number of {number.country}, the address is in {country.strip().upper()}.",
            code="vat_number_country_mismatch",
            hint="Give the number of the establishment that is invoiced, or correct the country.",
        )
    return number


def find_vat_number(text: str | None) -> VatNumber | None:
    """Return the number if the text is a sound EU or XI one, else None."""
    number = _parsed(text) if text else None
    return number if isinstance(number, VatNumber) else None


class VatNumberFormat:
    """Judges VAT numbers offline, as the role ``VatNumberCheck`` of tenancy asks for."""

    def normalise(self, number: str, country: str, pointer: str) -> str:
        """Return the canonical text; ``Invalid`` at the pointer as ``require_vat_number`` has it."""
        return str(require_vat_number(number, country, pointer=pointer))

    def is_registrable(self, number: str) -> bool:
        """Tell whether VIES could know the number."""
        return find_vat_number(number) is not None

    def decides_vat(self, buyer: BillingDetails, seller: PartnerConfiguration) -> bool:
        """Tell whether the rules of VAT look at the evidence on the buyer's number at all."""
        number = find_vat_number(buyer.vat_number)
        if number is None or not buyer.is_business or seller.seller_country_code is None:
            return False
        there = territory_of(buyer.country_code, buyer.postal_code)
        home = territory_of(seller.seller_country_code, seller.seller_postal_code)
        return there.is_taxed_from(home) and there.country != home.country and number.country == there.country


def _plain(text: str) -> str:
    """Return capitals and digits: NFKC first, for full-width letters and byte order marks break checksums."""
    upper = unicodedata.normalize("NFKC", text).upper()
    return "".join(
        character
        for character in upper
        if character not in _SEPARATORS and unicodedata.category(character) not in _IGNORED_CATEGORIES
    )


@lru_cache(maxsize=65536)
def _parsed(text: str) -> VatNumber | str:
    """Return the number, or the reason why it is none. Pure, hence remembered: a run asks often."""
    plain = _plain(text)
    prefix, body = plain[:_PREFIX_LENGTH], plain[_PREFIX_LENGTH:]
    prefix = "EL" if prefix == "GR" else prefix
    if prefix in _ONE_STOP_SHOP:
        return "numbers of the One Stop Shop identify sellers, not buyers."
    if prefix not in _PREFIXES:
        return "it does not start with the prefix of a member state."
    if not _BODY.fullmatch(body):
        return "only letters and digits may follow the prefix."
    return _checked(prefix, body)


def _checked(prefix: str, body: str) -> VatNumber | str:
    from stdnum.eu import vat  # noqa: PLC0415  # the number formats cost start-up time; few callers need them
    from stdnum.exceptions import ValidationError  # noqa: PLC0415

    try:
        sound = vat.validate(prefix + body)
    except ValidationError as error:
        return str(error)
    return VatNumber(prefix, sound[_PREFIX_LENGTH:])
