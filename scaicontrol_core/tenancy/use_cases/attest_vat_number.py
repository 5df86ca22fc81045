"""Vouch for a VAT number by hand."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.checks import check_fields, maybe_text, required
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.vat_checking import attestation_record


@frozen(kw_only=True)
class Attestation:
    """The seller's word: why the number is taken as valid, and where the proof is kept."""

    note: str
    reference: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse an attestation without a reason."""
        check_fields(self, {"note": required(500), "reference": maybe_text(100)})


@frozen
class AttestVatNumber:
    """Take a tenant's VAT number as valid on the seller's own responsibility.

    The register is strong evidence, not the only one (Implementing Regulation 282/2011, art.
    18): the reason is kept among the evidence and audited. Raises ``NotFound``, ``Invalid`` without a VAT number.
    """

    work: UnitOfWorkFactory[TenancyWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, tenant_id: TenantId, attestation: Attestation) -> BillingProfile:
        """Return the profile with its new evidence."""
        actor.require(Permission.ADMIN_TENANTS)
        async with self.work.begin(actor) as work:
            profile = await work.billing_profiles.get(tenant_id)
            profile.attest_vat_number(attestation.reference, attestation.note, self.clock.now())
            await work.billing_profiles.save(profile)
            await work.vat_evidence.add(attestation_record(self.ids.new("vev"), profile))
            await work.commit()
        return profile
