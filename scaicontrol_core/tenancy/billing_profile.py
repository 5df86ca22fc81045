"""Billing profile: the buyer's side of an invoice; a tenant without one can't subscribe or be billed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder, changed
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.tenancy import fields as rules
from scaicontrol_core.tenancy.events import (
    TenantBillingLinked,
    TenantBillingUpdated,
    VatNumberAttested,
    VatNumberChecked,
    VatNumberConfirmed,
    VatNumberRefused,
)
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.tenancy.vat_evidence import (
    NEVER_CHECKED,
    VatEvidenceSource,
    VatNumberEvidence,
    VatNumberState,
)

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.vat_register import RegisterAnswer

_CHECKS: dict[str, checks.Check] = {
    "company_name": checks.required(200),
    "address_line1": rules.name_line,
    "address_line2": rules.name_line,
    "postal_code": rules.code_line,
    "city": rules.name_line,
    "state": rules.name_line,
    "country_code": rules.country,
    "vat_number": rules.code_line,
    "tax_exempt": checks.flag,
    "is_business": checks.flag,
    "contact_email": rules.maybe_email,
    "phone": rules.code_line,
    "peppol_id": rules.code_line,
    "peppol_scheme": rules.maybe_scheme,
    "leitweg_id": rules.maybe_leitweg_id,
    "preferred_einvoice_format": checks.maybe(checks.choice(EInvoiceFormat)),
    "preferred_language": rules.language,
    "invoice_template_name": rules.name_line,
    "email_template_name": rules.name_line,
    "buyer_reference": checks.maybe_text(100),
}


@frozen(kw_only=True)
class BillingDetails:
    """What a buyer tells us about itself; ``company_name`` is a private person's own name.

    ``buyer_reference`` is the customer's order or cost centre (EN 16931 BT-10), ``leitweg_id``
    that of German public buyers. ``preferred_einvoice_format`` None means PDF only.
    """

    company_name: str
    address_line1: str | None = None
    address_line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country_code: str
    vat_number: str | None = None
    tax_exempt: bool = False
    is_business: bool = True
    contact_email: str | None = None
    phone: str | None = None
    peppol_id: str | None = None
    peppol_scheme: str | None = None
    leitweg_id: str | None = None
    preferred_einvoice_format: EInvoiceFormat | None = None
    preferred_language: str = "en"
    invoice_template_name: str | None = None
    email_template_name: str | None = None
    buyer_reference: str | None = None

    def __attrs_post_init__(self) -> None:
        """Clean every field and refuse what is wrong, all fields at once."""
        checks.check_fields(self, _CHECKS)
        if (self.peppol_id is None) != (self.peppol_scheme is None):
            missing = "/peppol_id" if self.peppol_id is None else "/peppol_scheme"
            raise Invalid.field(missing, "A Peppol id and its scheme go together.", code="peppol_incomplete")

    def with_vat_number(self, vat_number: str | None) -> BillingDetails:
        """Return the details with the VAT number in the form it was checked in."""
        return evolve(self, vat_number=vat_number)


@define(kw_only=True, eq=False)
class BillingProfile(Recorder):
    """One per tenant; its id is the tenant's. Copied into each invoice at finalisation."""

    tenant_id: TenantId
    partner_id: PartnerId
    details: BillingDetails
    vat_evidence: VatNumberEvidence = NEVER_CHECKED
    created_at: datetime
    updated_at: datetime
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @classmethod
    def create(
        cls,
        tenant_id: TenantId,
        partner_id: PartnerId,
        details: BillingDetails,
        now: datetime,
        *,
        typed: str | None = None,
    ) -> BillingProfile:
        """Give a tenant its billing identity: from now on it can buy. ``typed`` is its VAT number as it was written."""
        profile = cls(
            tenant_id=tenant_id,
            partner_id=partner_id,
            details=details,
            vat_evidence=_claim(typed),
            created_at=now,
            updated_at=now,
        )
        profile._record(
            TenantBillingLinked(
                resource_id=tenant_id, partner_id=partner_id, tenant_id=tenant_id, billing_profile=details
            )
        )
        return profile

    def change(self, details: BillingDetails, now: datetime, *, typed: str | None = None) -> None:
        """Replace the details; records what changed, nothing if nothing did.

        Another VAT number or another country is another claim: its evidence starts anew, with
        the number as it was ``typed``.
        """
        changes = changed(self.details, details)
        if not changes:
            return
        evidence = self.vat_evidence
        if "vat_number" in changes or "country_code" in changes:
            self.vat_evidence = _claim(typed)
        self.details, self.updated_at = details, now
        self._record(
            TenantBillingUpdated(
                resource_id=self.tenant_id,
                partner_id=self.partner_id,
                tenant_id=self.tenant_id,
                ordinal=self.version + 1,
                changes=changes | changed(evidence, self.vat_evidence),
                changed_fields=tuple(changes),
                billing_profile=details,
            )
        )

    def attest_vat_number(self, reference: str | None, note: str, at: datetime) -> None:
        """Take the VAT number as valid on the seller's own word; the reason is mandatory.

        Raises ``Invalid`` without a reason, or without a VAT number to attest.
        """
        if self.details.vat_number is None:
            raise Invalid.field("/vat_number", "There is no VAT number to attest.", code="vat_number_missing")
        before = self.vat_evidence
        self.vat_evidence = VatNumberEvidence(
            state=VatNumberState.VALID,
            source=VatEvidenceSource.OPERATOR_ATTESTED,
            checked_at=at,
            reference=reference,
            note=checks.required(500)(note, "/note"),
            as_typed=before.as_typed,
        )
        self.updated_at = at
        self._record(
            VatNumberAttested(
                resource_id=self.tenant_id,
                partner_id=self.partner_id,
                tenant_id=self.tenant_id,
                ordinal=self.version + 1,
                changes=changed(before, self.vat_evidence),
                vat_number=self.details.vat_number,
            )
        )

    def record_register_answer(self, answer: RegisterAnswer, at: datetime) -> None:
        """Keep the register's yes or no. A no does not take back an attestation: that rests on other proof."""
        if self.vat_evidence.is_attested and not answer.valid:
            return
        self._learn(
            VatNumberEvidence(
                state=VatNumberState.VALID if answer.valid else VatNumberState.INVALID,
                source=VatEvidenceSource.VIES,
                checked_at=at,
                last_asked_at=at,
                reference=answer.consultation_number,
                error_code=answer.error_code,
                as_typed=self.vat_evidence.as_typed,
            )
        )

    def record_register_silence(self, error_code: str, at: datetime) -> None:
        """Keep that the register was asked and gave no answer: what was known stays known."""
        if not self.vat_evidence.is_attested:
            self._learn(self.vat_evidence.unanswered(error_code, at))

    def _learn(self, evidence: VatNumberEvidence) -> None:
        before, self.vat_evidence = self.vat_evidence, evidence
        kinds = {VatNumberState.VALID: VatNumberConfirmed, VatNumberState.INVALID: VatNumberRefused}
        kind = VatNumberChecked if before.state is evidence.state else kinds.get(evidence.state, VatNumberChecked)
        self._record(
            kind(
                resource_id=self.tenant_id,
                partner_id=self.partner_id,
                tenant_id=self.tenant_id,
                ordinal=self.version + 1,
                changes=changed(before, evidence),
                vat_number=self.details.vat_number or "",
            )
        )


def _claim(typed: str | None) -> VatNumberEvidence:
    return NEVER_CHECKED if typed is None else VatNumberEvidence(as_typed=typed)
