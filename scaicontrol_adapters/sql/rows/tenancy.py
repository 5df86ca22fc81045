"""Partners, tenants and their billing identities."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    Cents,
    Code,
    Country,
    Currency,
    Id,
    Json,
    Language,
    LongText,
    Name,
    PrimaryId,
    Reach,
    Row,
    TenantScoped,
    index,
    of_tenant,
    one_of,
    table,
    unique,
)
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.tenancy.seller import (
    AdvanceTaxPoint,
    BillingModel,
    NonEuCategory,
    UnverifiedVatNumberPolicy,
    VatExemption,
)
from scaicontrol_core.tenancy.tenant import CollectionMethod
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberState

#: Room for a name and a reference after case folding, which lengthens some letters.
_SEARCH_LENGTH = 1000


class PartnerRow(Row, Reach):
    """A partner with its configuration. A partner sees its own row; tenants see none.

    ``operator_slot`` is 1 for the operator and NULL for all others: its unique key lets
    there be only one, on both databases.
    """

    __tablename__ = "partners"
    __table_args__ = table(
        unique("operator_slot", code="operator_exists", message="There is an operator already."),
        unique("invoice_number_prefix", code="invoice_number_prefix_taken", message="This prefix is taken."),
        one_of("billing_model", BillingModel),
        one_of("non_eu_services_category", NonEuCategory),
        one_of("advance_tax_point", AdvanceTaxPoint),
        one_of("vat_exemption", VatExemption),
        one_of("unverified_vat_number_policy", UnverifiedVatNumberPolicy),
        index("created_at", "id"),
        index("name", "id"),
    )
    partner_column = "id"

    id: Mapped[PrimaryId]
    name: Mapped[Name]
    search_text: Mapped[str] = mapped_column(String(_SEARCH_LENGTH))
    is_operator: Mapped[bool]
    operator_slot: Mapped[int | None] = mapped_column(SmallInteger)
    created_at: Mapped[datetime]
    billing_linked_at: Mapped[datetime | None]
    version: Mapped[int]

    partner_name: Mapped[Name | None]
    billing_model: Mapped[Code]
    commission_rate: Mapped[int]
    self_billing_agreed_on: Mapped[date | None]
    allowed_services: Mapped[Json]
    allowed_plans: Mapped[Json]
    branding: Mapped[Json]
    default_plan_slug: Mapped[str | None] = mapped_column(String(100))
    provider_config: Mapped[Json]
    invoice_template_name: Mapped[Name | None]
    email_template_name: Mapped[Name | None]
    legal_name: Mapped[Name | None]
    seller_address_line1: Mapped[Name | None]
    seller_address_line2: Mapped[Name | None]
    seller_postal_code: Mapped[Name | None]
    seller_city: Mapped[Name | None]
    seller_country_code: Mapped[Country | None]
    seller_vat_number: Mapped[Name | None]
    seller_registration_number: Mapped[Name | None]
    seller_tax_number: Mapped[Name | None]
    seller_email: Mapped[Name | None]
    seller_phone: Mapped[Name | None]
    iban: Mapped[str | None] = mapped_column(String(34))
    bic: Mapped[str | None] = mapped_column(String(11))
    bank_name: Mapped[Name | None]
    account_holder: Mapped[Name | None]
    invoice_logo_url: Mapped[str | None] = mapped_column(String(2000))
    invoice_footer_text: Mapped[str | None] = mapped_column(Text)
    seller_peppol_id: Mapped[Name | None]
    seller_peppol_scheme: Mapped[str | None] = mapped_column(String(4))
    purchase_einvoice_format: Mapped[Code | None]
    vat_evidence: Mapped[Json] = mapped_column(server_default="{}")
    billing_timezone: Mapped[str] = mapped_column(String(64))
    invoice_number_prefix: Mapped[str | None] = mapped_column(String(12))
    fiscal_year_start_month: Mapped[int] = mapped_column(SmallInteger)
    payment_terms_days: Mapped[int]
    auto_finalize: Mapped[bool]
    zero_amount_invoices: Mapped[bool]
    oss_registered: Mapped[bool]
    b2c_cross_border_turnover_cents: Mapped[Cents]
    b2c_cross_border_turnover_last_year_cents: Mapped[Cents] = mapped_column(server_default="0")
    non_eu_services_category: Mapped[Code]
    exempt_before_reverse_charge: Mapped[bool] = mapped_column(server_default="0")
    advance_tax_point: Mapped[Code] = mapped_column(server_default="by_country")
    vat_exemption: Mapped[Code] = mapped_column(server_default="none")
    vat_evidence_valid_days: Mapped[int] = mapped_column(server_default="30")
    unverified_vat_number_policy: Mapped[Code] = mapped_column(server_default="charge")
    usage_grace_hours: Mapped[int] = mapped_column(server_default="72")
    default_currency: Mapped[Currency]
    language: Mapped[Language]


class TenantRow(Row, Reach):
    """A customer. It sees its own row; its partner sees it too."""

    __tablename__ = "tenants"
    __table_args__ = table(
        # The target of every tenant-scoped row's composite foreign key.
        UniqueConstraint("id", "partner_id"),
        unique(
            "partner_id",
            "external_reference",
            code="external_reference_taken",
            message="Another tenant of this partner has this external reference.",
        ),
        one_of("collection_method", CollectionMethod),
        index("created_at", "id"),
        index("name", "id"),
        index("partner_id", "created_at", "id"),
        index("partner_id", "name", "id"),
    )
    partner_column = "partner_id"
    tenant_column = "id"

    id: Mapped[PrimaryId]
    partner_id: Mapped[Id] = mapped_column(ForeignKey("partners.id"))
    name: Mapped[Name]
    search_text: Mapped[str] = mapped_column(String(_SEARCH_LENGTH))
    external_reference: Mapped[str | None] = mapped_column(String(100))
    collection_method: Mapped[Code]
    is_active: Mapped[bool]
    created_at: Mapped[datetime]
    version: Mapped[int]


class BillingProfileRow(Row, TenantScoped):
    """The buyer's side of an invoice: one row a tenant, under the tenant's id."""

    __tablename__ = "tenant_billing_profiles"
    __table_args__ = table(
        of_tenant(),
        one_of("preferred_einvoice_format", EInvoiceFormat),
        one_of("vat_state", VatNumberState),
        one_of("vat_source", VatEvidenceSource),
        index("partner_id"),
        index("vat_state", "vat_last_asked_at"),
    )

    tenant_id: Mapped[PrimaryId]  # the primary key, not a mere column
    company_name: Mapped[Name]
    address_line1: Mapped[Name | None]
    address_line2: Mapped[Name | None]
    postal_code: Mapped[Name | None]
    city: Mapped[Name | None]
    state: Mapped[Name | None]
    country_code: Mapped[Country]
    vat_number: Mapped[Name | None]
    tax_exempt: Mapped[bool]
    is_business: Mapped[bool]
    contact_email: Mapped[Name | None]
    phone: Mapped[Name | None]
    peppol_id: Mapped[Name | None]
    peppol_scheme: Mapped[str | None] = mapped_column(String(4))
    leitweg_id: Mapped[Name | None]
    preferred_einvoice_format: Mapped[Code | None]
    preferred_language: Mapped[Language]
    invoice_template_name: Mapped[Name | None]
    email_template_name: Mapped[Name | None]
    buyer_reference: Mapped[Name | None]
    vat_state: Mapped[Code]
    vat_source: Mapped[Code]
    vat_checked_at: Mapped[datetime | None]
    vat_reference: Mapped[Name | None]
    vat_note: Mapped[str | None] = mapped_column(String(500))
    vat_first_asked_at: Mapped[datetime | None]
    vat_last_asked_at: Mapped[datetime | None]
    vat_attempts: Mapped[int] = mapped_column(server_default="0")
    vat_error_code: Mapped[Name | None]
    vat_as_typed: Mapped[Name | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]


class VatEvidenceRow(Row, TenantScoped):
    """A question to the register with its answer, or an attestation. Append-only; a customer sees its own."""

    __tablename__ = "vat_evidence"
    __table_args__ = table(
        of_tenant(),
        one_of("state", VatNumberState),
        one_of("source", VatEvidenceSource),
        index("tenant_id", "asked_at", "id"),
    )

    id: Mapped[PrimaryId]
    asked_at: Mapped[datetime]
    vat_number: Mapped[Name]
    as_typed: Mapped[Name | None]
    state: Mapped[Code]
    source: Mapped[Code]
    reference: Mapped[Name | None]
    requester: Mapped[Name | None]
    name: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(String(500))
    error_code: Mapped[Name | None]
    raw: Mapped[LongText | None]
