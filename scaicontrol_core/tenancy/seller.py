"""The seller's side of every invoice, and how a partner bills: one value, replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from attrs import Factory, fields, frozen

from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import FieldError, Invalid
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.money import require_currency
from scaicontrol_core.tenancy import fields as rules
from scaicontrol_core.tenancy.branding import check_branding, maybe_logo_url
from scaicontrol_core.tenancy.vat_evidence import DEFAULT_VALID_DAYS

BASIS_POINTS = 10_000


class BillingModel(StrEnum):
    """Who sells to the tenant, and how the partner earns."""

    PASS_THROUGH = "pass_through"  # noqa: S105  # a word of the trade, no password
    """The operator sells in its own name; the partner earns a commission."""
    WHOLESALE = "wholesale"
    """The partner sells in its own name and buys from the operator at list price less commission."""
    SELF_BILLED = "self_billed"
    """As pass_through; the operator settles the commission by a self-billing invoice."""


class NonEuCategory(StrEnum):
    """EN 16931 category of services to buyers outside the EU; the seller's choice until the standard settles it."""

    EXPORT = "G"
    OUTSIDE_SCOPE = "O"


class UnverifiedVatNumberPolicy(StrEnum):
    """What becomes of an invoice across a border whose buyer's VAT number nobody could verify yet."""

    CHARGE = "charge"
    """It bears VAT now; once the number is proven, a credit note and a new invoice are offered."""
    HOLD = "hold"
    """It stays a draft until the number is verified, refused or attested."""


class VatExemption(StrEnum):
    """Why a seller charges no VAT of its own (Directive 2006/112/EC)."""

    NONE = "none"
    SMALL_BUSINESS = "small_business"
    """Art. 284: what is supplied in its own member state is exempt; abroad, the state of supply taxes it."""
    PUBLIC_INTEREST = "art_132"
    """Its activity is exempt: education, care, and the like."""
    OTHER_ACTIVITY = "art_135"
    """Its activity is exempt: insurance, finance, and the like."""


class AdvanceTaxPoint(StrEnum):
    """Which day's VAT rate a period charged in advance bears, should the rate change within it."""

    BY_COUNTRY = "by_country"
    """The period's last day where seller or buyer is German (they correct prepayments), else the invoice date."""
    INVOICE_DATE = "invoice_date"
    PERIOD_END = "period_end"
    SPLIT = "split"
    """The line is divided at the change, by days: each part bears the rate of its own days."""


def _day(value: Any, pointer: str) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Invalid.field(pointer, f"{value!r} is not a day like 2026-10-31.", code="date_invalid") from None


_CHECKS: Mapping[str, checks.Check] = {
    "partner_name": rules.name_line,
    "billing_model": checks.choice(BillingModel),
    "commission_rate": checks.whole(0, BASIS_POINTS),
    "self_billing_agreed_on": checks.maybe(_day),
    "allowed_services": checks.distinct(checks.slug),
    "allowed_plans": checks.distinct(checks.required(121)),
    "branding": check_branding,
    "default_plan_slug": checks.maybe(checks.slug),
    "provider_config": checks.json_object,
    "invoice_template_name": rules.name_line,
    "email_template_name": rules.name_line,
    "legal_name": rules.name_line,
    "seller_address_line1": rules.name_line,
    "seller_address_line2": rules.name_line,
    "seller_postal_code": rules.code_line,
    "seller_city": rules.name_line,
    "seller_country_code": rules.maybe_country,
    "seller_vat_number": rules.code_line,
    "seller_registration_number": rules.code_line,
    "seller_tax_number": rules.code_line,
    "seller_email": rules.maybe_email,
    "seller_phone": rules.code_line,
    "iban": rules.maybe_iban,
    "bic": rules.maybe_bic,
    "bank_name": rules.name_line,
    "account_holder": rules.name_line,
    "invoice_logo_url": maybe_logo_url,
    "invoice_footer_text": checks.maybe_text(2000),
    "seller_peppol_id": rules.code_line,
    "seller_peppol_scheme": rules.maybe_scheme,
    "purchase_einvoice_format": checks.maybe(checks.choice(rules.EInvoiceFormat)),
    "billing_timezone": rules.timezone,
    "invoice_number_prefix": rules.maybe_prefix,
    "fiscal_year_start_month": checks.whole(1, 12),
    "payment_terms_days": checks.whole(0, 365),
    "auto_finalize": checks.flag,
    "zero_amount_invoices": checks.flag,
    "oss_registered": checks.flag,
    "b2c_cross_border_turnover_cents": checks.whole(0, checks.MAX_MINOR_UNITS),
    "b2c_cross_border_turnover_last_year_cents": checks.whole(0, checks.MAX_MINOR_UNITS),
    "non_eu_services_category": checks.choice(NonEuCategory),
    "exempt_before_reverse_charge": checks.flag,
    "advance_tax_point": checks.choice(AdvanceTaxPoint),
    "vat_exemption": checks.choice(VatExemption),
    "vat_evidence_valid_days": checks.whole(1, 366),
    "unverified_vat_number_policy": checks.choice(UnverifiedVatNumberPolicy),
    "usage_grace_hours": checks.whole(0, 31 * 24),
    "default_currency": checks.worded(require_currency),
    "language": rules.language,
}


@frozen(kw_only=True)
class PartnerConfiguration:
    """Everything a partner sets: seller identity, bank, numbering, tax and billing policy.

    ``commission_rate`` is in basis points (1250 = 12.5 %). ``self_billing_agreed_on`` is when the partner agreed
    that the operator writes its commission invoices (Directive 2006/112/EC art. 224).
    ``purchase_einvoice_format`` is what it wants to be invoiced in where it buys (None: PDF only).
    ``allowed_services`` (slugs) and
    ``allowed_plans`` (plan keys): empty means all. ``seller_registration_number`` is the trade
    register's (EN 16931 BT-30), ``seller_tax_number`` the local tax number (BT-32).
    ``invoice_number_prefix`` is unique among partners and mandatory before the first
    finalisation. ``payment_terms_days`` counts from the issue date.
    ``b2c_cross_border_turnover_cents`` is this year's cross-border consumer turnover declared
    outside of this system, net, for the threshold of art. 59c Directive 2006/112/EC; with
    ``_last_year`` the year before's. ``exempt_before_reverse_charge``: an exempt business abroad is
    invoiced as exempt, not under the reverse charge.
    ``branding`` holds ``color`` (#rrggbb), ``font`` and ``font_bold``; these and
    ``invoice_logo_url`` name uploaded assets.
    ``vat_evidence_valid_days`` is for how long a "yes" of the VAT register is relied upon without another.
    ``usage_grace_hours`` is how long after a period's end late usage is waited for before it is billed.
    """

    partner_name: str | None = None
    billing_model: BillingModel = BillingModel.PASS_THROUGH
    commission_rate: int = 0
    self_billing_agreed_on: date | None = None
    allowed_services: tuple[str, ...] = ()
    allowed_plans: tuple[str, ...] = ()
    branding: dict[str, Any] = Factory(dict)
    default_plan_slug: str | None = None
    provider_config: dict[str, Any] = Factory(dict)
    invoice_template_name: str | None = None
    email_template_name: str | None = None
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
    purchase_einvoice_format: rules.EInvoiceFormat | None = None
    billing_timezone: str = "Europe/Amsterdam"
    invoice_number_prefix: str | None = None
    fiscal_year_start_month: int = 1
    payment_terms_days: int = 14
    auto_finalize: bool = True
    zero_amount_invoices: bool = False
    oss_registered: bool = False
    b2c_cross_border_turnover_cents: int = 0
    b2c_cross_border_turnover_last_year_cents: int = 0
    non_eu_services_category: NonEuCategory = NonEuCategory.EXPORT
    exempt_before_reverse_charge: bool = False
    advance_tax_point: AdvanceTaxPoint = AdvanceTaxPoint.BY_COUNTRY
    vat_exemption: VatExemption = VatExemption.NONE
    vat_evidence_valid_days: int = DEFAULT_VALID_DAYS
    unverified_vat_number_policy: UnverifiedVatNumberPolicy = UnverifiedVatNumberPolicy.CHARGE
    usage_grace_hours: int = 72
    default_currency: str = "EUR"
    language: str = "en"

    def __attrs_post_init__(self) -> None:
        """Clean every field and refuse what is wrong, all fields at once."""
        checks.check_fields(self, _CHECKS)
        if (self.seller_peppol_id is None) != (self.seller_peppol_scheme is None):
            missing = "/seller_peppol_id" if self.seller_peppol_id is None else "/seller_peppol_scheme"
            raise Invalid.field(missing, "A Peppol id and its scheme go together.", code="peppol_incomplete")

    @property
    def is_billable(self) -> bool:
        """Tell whether invoices can be issued in this seller's name."""
        return bool(self.legal_name and self.seller_country_code)

    def seller_fields(self) -> dict[str, Any]:
        """Return the seller's identity as JSON, as events publish it."""
        return {name: to_json(getattr(self, name)) for name in SELLER_FIELDS}

    def amended(self, values: Mapping[str, Any]) -> PartnerConfiguration:
        """Return the configuration with the named fields replaced; ``Invalid`` for a name it doesn't have."""
        known = set(_CHECKS)
        unknown = [name for name in values if name not in known]
        if unknown:
            wrong = [FieldError(f"/{name}", "There is no such field.") for name in unknown]
            raise Invalid(f"There is no field {unknown[0]!r}.", code="field_unknown", fields=wrong)
        present = {attribute.name: getattr(self, attribute.name) for attribute in fields(type(self))}
        return PartnerConfiguration(**(present | dict(values)))


#: The seller's identity and invoicing particulars: changing one of these is announced to subscribers.
SELLER_FIELDS = (
    "partner_name", "legal_name",
    "seller_address_line1", "seller_address_line2", "seller_postal_code", "seller_city", "seller_country_code",
    "seller_vat_number", "seller_registration_number", "seller_tax_number", "seller_email", "seller_phone",
    "iban", "bic", "bank_name", "account_holder", "invoice_logo_url", "invoice_footer_text",
    "seller_peppol_id", "seller_peppol_scheme", "billing_timezone", "invoice_number_prefix",
    "fiscal_year_start_month", "payment_terms_days", "oss_registered", "default_currency", "language",
)  # fmt: skip
POLICY_FIELDS = tuple(name for name in _CHECKS if name not in SELLER_FIELDS)
#: What the contract with the operator says: a reseller may read these of itself, never change them.
CONTRACT_FIELDS = ("billing_model", "commission_rate", "self_billing_agreed_on", "allowed_services", "allowed_plans")
