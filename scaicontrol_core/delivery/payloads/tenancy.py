"""What is told of partners and tenants: who is billed, and by whom."""

from __future__ import annotations

from typing import Annotated

from attrs import frozen

from scaicontrol_core.delivery.payloads.payload import Payload
from scaicontrol_core.tenancy.billing_profile import BillingDetails


@frozen(kw_only=True)
class TenantBillingLinked(Payload):
    """The tenant's whole billing profile."""

    billing_profile: BillingDetails


@frozen(kw_only=True)
class TenantBillingUpdated(Payload):
    """The billing profile as it is now, and what differs."""

    changed_fields: Annotated[tuple[str, ...], "Names of the profile's fields that differ from before."]
    billing_profile: BillingDetails


@frozen(kw_only=True)
class SellerIdentity:
    """Who sells, as documents name it."""

    partner_name: str | None = None
    legal_name: str | None = None
    seller_address_line1: str | None = None
    seller_address_line2: str | None = None
    seller_postal_code: str | None = None
    seller_city: str | None = None
    seller_country_code: str | None = None
    seller_vat_number: str | None = None
    seller_registration_number: str | None = None
    seller_tax_number: str | None = None
    seller_email: str | None = None
    seller_phone: str | None = None
    iban: str | None = None
    bic: str | None = None
    bank_name: str | None = None
    account_holder: str | None = None
    invoice_logo_url: str | None = None
    invoice_footer_text: str | None = None
    seller_peppol_id: str | None = None
    seller_peppol_scheme: str | None = None
    billing_timezone: str
    invoice_number_prefix: str | None = None
    fiscal_year_start_month: int = 1
    payment_terms_days: int = 14
    oss_registered: bool = False
    default_currency: str = "EUR"
    language: str = "en"


@frozen(kw_only=True)
class PartnerBillingLinked(Payload):
    """The seller, complete for the first time."""

    seller: SellerIdentity


@frozen(kw_only=True)
class PartnerBillingUpdated(Payload):
    """The seller as it is now, and what differs."""

    changed_fields: Annotated[tuple[str, ...], "Names of the seller's fields that differ from before."]
    seller: SellerIdentity
