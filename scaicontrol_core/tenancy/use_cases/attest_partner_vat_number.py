"""Vouch for a partner's own VAT number."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.checks import check_fields, maybe_text, required
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberEvidence, VatNumberState


@frozen(kw_only=True)
class PartnerAttestation:
    """Why the number is taken as valid, and where the proof is kept."""

    note: str
    reference: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse an attestation without a reason."""
        check_fields(self, {"note": required(500), "reference": maybe_text(100)})


@frozen
class AttestPartnerVatNumber:
    """Take a partner's VAT number, or the operator's own, as valid for what it buys; the reason is audited.

    The platform's word only: whoever buys does not vouch for itself. Raises ``Forbidden``, ``NotFound``,
    ``Invalid`` (``vat_number_missing``).
    """

    work: UnitOfWorkFactory[TenancyWork]
    clock: Clock

    async def __call__(self, actor: Actor, partner_id: PartnerId, attestation: PartnerAttestation) -> Partner:
        """Return the partner with its new evidence."""
        actor.require(Permission.ADMIN_PARTNERS)
        actor.require_platform()
        async with self.work.begin(actor) as work:
            partner = await work.partners.get(partner_id)
            partner.learn_vat_evidence(
                VatNumberEvidence(
                    state=VatNumberState.VALID,
                    source=VatEvidenceSource.OPERATOR_ATTESTED,
                    checked_at=self.clock.now(),
                    reference=attestation.reference,
                    note=attestation.note,
                )
            )
            await work.partners.save(partner)
            await work.commit()
        return partner
