"""Seller and buyer in the terms of EN 16931, from their snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaicontrol_core.documents.einvoice.addressing import (
    buyer_address,
    register_identifier,
    seller_address,
    vat_identifier,
)
from scaicontrol_core.documents.einvoice.model import Buyer, Contact, Identifier, PostalAddress, Seller
from scaicontrol_core.documents.einvoice.profiles import Profile

Facts = Mapping[str, Any]
#: The standard's list writes Kosovo in a way of its own (BR-CL-14).
_COUNTRY_CODES = {"XK": "1A"}
#: What a Swedish seller may state as BT-32 in Peppol, and nothing else (SE-R-005).
SWEDISH_TAX_APPROVAL = "GODKÄND FÖR F-SKATT"


def seller_of(seller: Facts, profile: Profile, *, outside_scope: bool, vat_label: str) -> Seller:
    """Return BG-4.

    ``outside_scope`` (category O) forbids BT-31 (BR-O-02), while the law wants the number on the
    invoice all the same (Directive 2006/112/EC art. 226(3)): it then stands in BT-33, after
    ``vat_label``.
    """
    vat = vat_identifier(seller.get("vat_number"))
    legal_name, trading_name = seller["legal_name"] or "", seller.get("trading_name")
    return Seller(
        name=legal_name,
        trading_name=trading_name if trading_name != legal_name else None,
        legal_registration=register_identifier(seller["country_code"], seller.get("registration_number")),
        vat_identifier=None if outside_scope else vat,
        tax_registration=_tax_registration(seller, profile),
        legal_information=f"{vat_label} {vat}" if outside_scope and vat else None,
        electronic_address=seller_address(seller, profile),
        address=_address(seller),
        contact=_contact(trading_name or legal_name, seller.get("phone"), seller.get("email")),
    )


def buyer_of(buyer: Facts, seller: Facts, profile: Profile, *, outside_scope: bool) -> Buyer:
    """Return BG-7. A tax number that no country's code leads is shown as the buyer's register number."""
    number = buyer.get("vat_number")
    vat = vat_identifier(number)
    return Buyer(
        name=buyer["company_name"] or "",
        identifier=_customer_number(buyer, seller, profile),
        legal_registration=Identifier(number) if number and vat is None else None,
        vat_identifier=None if outside_scope else vat,
        electronic_address=buyer_address(buyer, profile),
        address=_address(buyer),
        contact=_contact(None, buyer.get("phone"), buyer.get("contact_email")),
    )


def _customer_number(buyer: Facts, seller: Facts, profile: Profile) -> str | None:
    # Between Danes Peppol wants a scheme with it (DK-R-013), and the seller's own numbers have none.
    danish = seller["country_code"] == buyer["country_code"] == "DK"
    return None if danish and profile.is_peppol else buyer.get("external_reference")


def _tax_registration(seller: Facts, profile: Profile) -> str | None:
    number: str | None = seller.get("tax_number")
    if number and profile.is_peppol and seller["country_code"] == "SE" and number.upper() != SWEDISH_TAX_APPROVAL:
        return None
    return number


def _address(party: Facts) -> PostalAddress:
    country: str = party["country_code"]
    return PostalAddress(
        line1=party.get("address_line1"),
        line2=party.get("address_line2"),
        city=party.get("city"),
        postal_code=party.get("postal_code"),
        subdivision=party.get("state"),
        country_code=_COUNTRY_CODES.get(country, country),
    )


def _contact(name: str | None, phone: str | None, email: str | None) -> Contact | None:
    return Contact(name=name, phone=phone, email=email) if name or phone or email else None
