"""Bodies and answers of tenancy. What a field means stands with the core's values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from msgspec import UNSET, UnsetType, structs

from scaicontrol_core.audit.projection import redact
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.tenancy.billing_profile import BillingDetails, BillingProfile
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.tenant import Tenant
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord
from scaicontrol_http.requests import Answer, Body


class NewTenantBody(Body):
    """A customer to add; ``partner_id`` absent means the caller's own partner, or the operator."""

    name: str
    external_reference: str | None = None
    collection_method: str = "send_invoice"
    partner_id: str | None = None


class TenantPatch(Body):
    """What to change of a tenant; what is absent stays."""

    name: str | UnsetType = UNSET
    external_reference: str | UnsetType | None = UNSET
    collection_method: str | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class TenantAnswer(Answer):
    """A tenant."""

    id: str
    partner_id: str
    name: str
    external_reference: str | None
    collection_method: str
    is_active: bool
    created_at: datetime
    version: int

    @classmethod
    def of(cls, tenant: Tenant) -> TenantAnswer:
        """Show a tenant."""
        return cls(
            id=tenant.id,
            partner_id=tenant.partner_id,
            name=tenant.name,
            external_reference=tenant.external_reference,
            collection_method=tenant.collection_method.value,
            is_active=tenant.is_active,
            created_at=tenant.created_at,
            version=tenant.version,
        )


class BillingProfileBody(Body):
    """A billing profile, whole: what is absent is emptied."""

    company_name: str
    country_code: str
    address_line1: str | None = None
    address_line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    vat_number: str | None = None
    tax_exempt: bool = False
    is_business: bool = True
    contact_email: str | None = None
    phone: str | None = None
    peppol_id: str | None = None
    peppol_scheme: str | None = None
    leitweg_id: str | None = None
    preferred_einvoice_format: str | None = None
    preferred_language: str = "en"
    invoice_template_name: str | None = None
    email_template_name: str | None = None
    buyer_reference: str | None = None

    def details(self) -> BillingDetails:
        """Return the core's value; ``Invalid`` names every wrong field."""
        return BillingDetails(**structs.asdict(self))


class VatEvidenceAnswer(Answer):
    """What is known about the VAT number, and from whom."""

    state: str
    source: str
    checked_at: datetime | None
    reference: str | None
    note: str | None
    first_asked_at: datetime | None
    last_asked_at: datetime | None
    attempts: int
    error_code: str | None
    as_typed: str | None


class VatEvidenceRecordAnswer(Answer):
    """One question to the VAT register and what it came to, or one attestation; ``raw`` is the register's own words."""

    id: str
    tenant_id: str
    asked_at: datetime
    vat_number: str
    as_typed: str | None
    state: str
    source: str
    reference: str | None
    requester: str | None
    name: str | None
    address: str | None
    note: str | None
    error_code: str | None
    raw: str | None

    @classmethod
    def of(cls, record: VatEvidenceRecord) -> VatEvidenceRecordAnswer:
        """Show a record."""
        return cls(
            id=record.id,
            tenant_id=record.tenant_id,
            asked_at=record.asked_at,
            vat_number=record.vat_number,
            as_typed=record.as_typed,
            state=record.state.value,
            source=record.source.value,
            reference=record.reference,
            requester=record.requester,
            name=record.name,
            address=record.address,
            note=record.note,
            error_code=record.error_code,
            raw=record.raw,
        )


class BillingProfileAnswer(Answer):
    """A tenant's billing profile."""

    tenant_id: str
    details: dict[str, Any]
    vat_evidence: VatEvidenceAnswer
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, profile: BillingProfile) -> BillingProfileAnswer:
        """Show a profile."""
        evidence = profile.vat_evidence
        return cls(
            tenant_id=profile.tenant_id,
            details=to_json(profile.details),
            vat_evidence=VatEvidenceAnswer(
                state=evidence.state.value,
                source=evidence.source.value,
                checked_at=evidence.checked_at,
                reference=evidence.reference,
                note=evidence.note,
                first_asked_at=evidence.first_asked_at,
                last_asked_at=evidence.last_asked_at,
                attempts=evidence.attempts,
                error_code=evidence.error_code,
                as_typed=evidence.as_typed,
            ),
            created_at=profile.created_at,
            updated_at=profile.updated_at,
            version=profile.version,
        )


class AttestationBody(Body):
    """Why the VAT number is taken as valid on the seller's own word."""

    note: str
    reference: str | None = None


class PartnerPatch(Body):
    """What to change of a partner; what is absent stays, null empties."""

    name: str | UnsetType = UNSET
    partner_name: str | UnsetType | None = UNSET
    billing_model: str | UnsetType = UNSET
    commission_rate: int | UnsetType = UNSET
    self_billing_agreed_on: date | UnsetType | None = UNSET
    allowed_services: list[str] | UnsetType = UNSET
    allowed_plans: list[str] | UnsetType = UNSET
    branding: dict[str, Any] | UnsetType = UNSET
    default_plan_slug: str | UnsetType | None = UNSET
    provider_config: dict[str, Any] | UnsetType = UNSET
    invoice_template_name: str | UnsetType | None = UNSET
    email_template_name: str | UnsetType | None = UNSET
    legal_name: str | UnsetType | None = UNSET
    seller_address_line1: str | UnsetType | None = UNSET
    seller_address_line2: str | UnsetType | None = UNSET
    seller_postal_code: str | UnsetType | None = UNSET
    seller_city: str | UnsetType | None = UNSET
    seller_country_code: str | UnsetType | None = UNSET
    seller_vat_number: str | UnsetType | None = UNSET
    seller_registration_number: str | UnsetType | None = UNSET
    seller_tax_number: str | UnsetType | None = UNSET
    seller_email: str | UnsetType | None = UNSET
    seller_phone: str | UnsetType | None = UNSET
    iban: str | UnsetType | None = UNSET
    bic: str | UnsetType | None = UNSET
    bank_name: str | UnsetType | None = UNSET
    account_holder: str | UnsetType | None = UNSET
    invoice_logo_url: str | UnsetType | None = UNSET
    invoice_footer_text: str | UnsetType | None = UNSET
    seller_peppol_id: str | UnsetType | None = UNSET
    seller_peppol_scheme: str | UnsetType | None = UNSET
    purchase_einvoice_format: str | UnsetType | None = UNSET
    billing_timezone: str | UnsetType = UNSET
    invoice_number_prefix: str | UnsetType | None = UNSET
    fiscal_year_start_month: int | UnsetType = UNSET
    payment_terms_days: int | UnsetType = UNSET
    auto_finalize: bool | UnsetType = UNSET
    zero_amount_invoices: bool | UnsetType = UNSET
    oss_registered: bool | UnsetType = UNSET
    b2c_cross_border_turnover_cents: int | UnsetType = UNSET
    b2c_cross_border_turnover_last_year_cents: int | UnsetType = UNSET
    non_eu_services_category: str | UnsetType = UNSET
    exempt_before_reverse_charge: bool | UnsetType = UNSET
    advance_tax_point: str | UnsetType = UNSET
    vat_exemption: str | UnsetType = UNSET
    vat_evidence_valid_days: int | UnsetType = UNSET
    usage_grace_hours: int | UnsetType = UNSET
    unverified_vat_number_policy: str | UnsetType = UNSET
    default_currency: str | UnsetType = UNSET
    language: str | UnsetType = UNSET

    def configuration(self) -> dict[str, Any]:
        """Return the configuration's fields that were given."""
        given = structs.asdict(self)
        return {name: value for name, value in given.items() if name != "name" and value is not UNSET}


class NewPartnerBody(PartnerPatch):
    """A reseller to add, with whatever of its configuration is known."""

    name: str


class PartnerAnswer(Answer):
    """A partner. Values of its configuration whose names speak of secrets are redacted."""

    id: str
    name: str
    is_operator: bool
    is_billable: bool
    configuration: dict[str, Any]
    vat_evidence: dict[str, Any]
    created_at: datetime
    version: int

    @classmethod
    def of(cls, partner: Partner) -> PartnerAnswer:
        """Show a partner."""
        return cls(
            id=partner.id,
            name=partner.name,
            is_operator=partner.is_operator,
            is_billable=partner.is_billable,
            configuration=redact(to_json(partner.configuration)),
            vat_evidence=to_json(partner.vat_evidence),
            created_at=partner.created_at,
            version=partner.version,
        )
