"""Identifiers with their schemes: electronic addresses (EAS), register numbers (ICD), VAT identifiers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from scaicontrol_core.documents.einvoice.model import Identifier
from scaicontrol_core.documents.einvoice.profiles import Profile
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.party import require_country

Party = Mapping[str, Any]

#: What Peppol allows of the EAS list (rule PEPPOL-EN16931-CL008, BIS Billing 3.0.21).
PEPPOL_SCHEMES = frozenset(
    """0002 0007 0009 0060 0088 0096 0097 0106 0130 0135 0142 0151 0183 0184 0188 0190 0191 0192 0195 0196 0198
    0199 0200 0201 0204 0208 0209 0210 0211 0216 0218 0221 0225 0230 0235 0240 0242 0244 0245 0246 0248 9910 9913
    9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938
    9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959""".split()
)
LEITWEG_SCHEME = "0204"
EMAIL_SCHEME = "EM"
_DANISH_REGISTER = "0184"

#: Prefix of a VAT identifier → scheme whose participants are named by it, prefix included.
_VAT_SCHEMES = {
    "AT": "9914", "BG": "9926", "CY": "9928", "CZ": "9929", "DE": "9930", "EE": "9931", "EL": "9933", "ES": "9920",
    "FR": "9957", "GB": "9932", "HR": "9934", "HU": "9910", "IE": "9935", "IT": "0211", "LT": "9937", "LU": "9938",
    "LV": "9939", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947", "SI": "9949", "SK": "9950",
    "CH": "9927",
}  # fmt: skip
_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Z]")
_EIGHT, _NINE, _TEN = (re.compile(rf"[0-9]{{{digits}}}") for digits in (8, 9, 10))

#: Country → what its register numbers look like (letters and digits only), and the scheme that names the register.
_REGISTERS: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "BE": ((_TEN, "0208"),),
    "DK": ((_EIGHT, _DANISH_REGISTER),),
    "FR": ((_NINE, "0002"), (re.compile(r"[0-9]{14}"), "0009")),
    "IS": ((_TEN, "0196"),),
    "NL": ((_EIGHT, "0106"), (re.compile(r"[0-9]{20}"), "0190")),
    "NO": ((_NINE, "0192"),),
    "SE": ((_TEN, "0007"),),
}
#: Registers that are also the usual address in Peppol.
_ADDRESSABLE = frozenset({"BE", "DK", "NL", "NO", "SE"})


def vat_identifier(number: str | None) -> str | None:
    """Return the number as BT-31 and BT-48 want it, or None if no country's code leads it (BR-CO-09).

    Greece writes ``EL``, whatever its country code is.
    """
    plain = _NOT_ALPHANUMERIC.sub("", (number or "").upper())
    prefix, body = plain[:2], plain[2:]
    if not body or not _names_country(prefix):
        return None
    return {"GR": "EL", "UK": "GB"}.get(prefix, prefix) + body


def register_identifier(country: str, number: str | None) -> Identifier | None:
    """Return the trade register's number (BT-30), with its scheme where one is known and its digits are sound.

    A number of no known shape is kept as it was typed: ``HRB 12345 B``.
    """
    if not number:
        return None
    plain = _NOT_ALPHANUMERIC.sub("", number.upper())
    for shape, scheme in _REGISTERS.get(country, ()):
        if shape.fullmatch(plain) and scheme_accepts(scheme, plain):
            return Identifier(plain, scheme)
    return Identifier(number)


def seller_address(seller: Party, profile: Profile) -> Identifier | None:
    """Return BT-34: the Peppol id, else an e-mail address where that is allowed, else what the numbers tell."""
    return _stated(seller, profile) or _fallback(seller, profile, seller.get("email"))


def buyer_address(buyer: Party, profile: Profile) -> Identifier | None:
    """Return BT-49, as of the seller; a Leitweg-ID comes before what is derived."""
    routed = buyer.get("leitweg_id")
    leitweg = Identifier(routed, LEITWEG_SCHEME) if routed else None
    return _stated(buyer, profile) or leitweg or _fallback(buyer, profile, buyer.get("contact_email"))


def scheme_accepts(scheme: str, value: str) -> bool:
    """Tell whether the value satisfies the check digits of its scheme (PEPPOL-COMMON-R040 and following)."""
    check = _CHECKS.get(scheme)
    return check is None or check(value)


def _stated(party: Party, profile: Profile) -> Identifier | None:
    address, scheme = party.get("peppol_id"), party.get("peppol_scheme")
    if not address or not scheme or (profile.is_peppol and scheme not in PEPPOL_SCHEMES):
        return None
    return Identifier(address, scheme)


def _fallback(party: Party, profile: Profile, email: str | None) -> Identifier | None:
    if email and not profile.is_peppol:
        return Identifier(email, EMAIL_SCHEME)
    return _derived(party)


def _derived(party: Party) -> Identifier | None:
    """Return the address that the party's numbers give it in Peppol; its registration there is its own affair."""
    country: str = party["country_code"]
    vat = vat_identifier(party.get("vat_number")) or ""
    registered = register_identifier(country, party.get("registration_number"))
    if registered is None and vat[:2] == country:
        registered = register_identifier(country, _register_number_in(vat))
    if registered and registered.scheme and country in _ADDRESSABLE:
        return registered
    if vat[:2] == "FI":  # an OVT code is the register's number after the register's own code
        return Identifier(f"0037{vat[2:]}", "0216")
    scheme = _VAT_SCHEMES.get(vat[:2])
    return Identifier(vat, scheme) if scheme else None


def _register_number_in(vat: str) -> str | None:
    """Return the register's number where a VAT number is made of it: Belgium, Denmark, Norway, Sweden."""
    prefix, body = vat[:2], vat[2:]
    if prefix in {"BE", "DK"}:
        return body
    return {"SE": body[:10], "NO": body[:9]}.get(prefix)


def is_country(code: str) -> bool:
    """Tell whether rule BR-CL-14 knows the country; Kosovo is ``1A`` there."""
    return code == "1A" or _names_country(code)


def _names_country(prefix: str) -> bool:
    if prefix == "XK":  # Kosovo is 1A to the standard, and nobody's VAT number starts like that
        return False
    try:
        require_country(prefix, "")
    except Invalid:
        return False
    return True


def _stdnum(module: str) -> Callable[[str], bool]:
    """Return ``is_valid`` of a number format, loaded when first asked: few documents need one."""

    def check(value: str) -> bool:
        from stdnum import get_cc_module  # noqa: PLC0415  # see above

        country, _, name = module.partition(".")
        numbers = get_cc_module(country, name)
        return numbers is not None and bool(numbers.is_valid(value))

    return check


def _gln(value: str) -> bool:
    from stdnum import ean  # noqa: PLC0415  # as above

    return bool(ean.is_valid(value))


def _shaped(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def _both(first: Callable[[str], bool], second: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda value: first(value) and second(value)


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "0007": _both(_shaped(r"[0-9]{10}"), _stdnum("se.orgnr")),
    "0088": _both(_shaped(r"[0-9]{13}"), _gln),
    "0096": _shaped(r"[0-9]{10}"),
    "0106": _shaped(r"[0-9]{8}"),
    "0151": _both(_shaped(r"[0-9]{11}"), _stdnum("au.abn")),
    "0184": _shaped(r"(DK)?[0-9]{8}"),
    "0190": _shaped(r"[0-9]{20}"),
    "0192": _both(_shaped(r"[0-9]{9}"), _stdnum("no.orgnr")),
    "0196": _both(_shaped(r"[0-9]{10}"), _stdnum("is_.kennitala")),
    "0198": _shaped(r"DK[0-9]{8}"),
    "0208": _both(_shaped(r"[0-9]{10}"), _stdnum("be.vat")),
    "9944": _shaped(r"NL[0-9]{9}B[0-9]{2}"),
}
