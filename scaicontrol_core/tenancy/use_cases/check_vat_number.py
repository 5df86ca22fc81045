"""Ask the register about one tenant's VAT number."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import Ids, TenantId
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.ports import VatNumberCheck
from scaicontrol_core.tenancy.vat_checking import VatCheck, VatChecking, VatCheckingWork, sellers_of
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord
from scaicontrol_core.tenancy.vat_register import RegisterOff, VatRegister

#: Somebody waits for the answer.
_SECONDS = 30


@frozen(kw_only=True)
class CheckedVatNumber:
    """The profile with what is known now, and what this one question came to (``pending`` in an outage).

    ``record`` is None if the number was changed while the register was being asked.
    """

    profile: BillingProfile
    record: VatEvidenceRecord | None


@frozen
class CheckVatNumber:
    """Ask the register now, and keep whatever it says among the evidence.

    An outage is no error and no "no": the evidence stays, or becomes pending. Raises
    ``NotFound``, ``RegisterOff``, and ``Invalid`` for a number that the register can't know
    (``vat_number_missing``, ``vat_number_not_registrable``).
    """

    work: UnitOfWorkFactory[VatCheckingWork]
    clock: Clock
    ids: Ids
    retry: Retry
    vat_register: VatRegister
    vat_numbers: VatNumberCheck

    async def __call__(self, actor: Actor, tenant_id: TenantId) -> CheckedVatNumber:
        """Return what is known now."""
        actor.require(Permission.ADMIN_TENANTS)
        check = await self._check(actor, tenant_id)
        if not self.vat_register.is_on:
            raise RegisterOff
        asking = VatChecking(
            work=self.work, register=self.vat_register, clock=self.clock, ids=self.ids, retry=self.retry
        )
        (outcome,) = await asking.ask(actor, (check,), seconds=_SECONDS)
        async with self.work.begin(actor, read_only=True) as work:
            return CheckedVatNumber(profile=await work.billing_profiles.get(tenant_id), record=outcome.record)

    async def _check(self, actor: Actor, tenant_id: TenantId) -> VatCheck:
        async with self.work.begin(actor, read_only=True) as work:
            profile = await work.billing_profiles.get(tenant_id)
            sellers = await sellers_of(work, (profile.partner_id,))
        if profile.details.vat_number is None:
            raise Invalid.field("/vat_number", "There is no VAT number to check.", code="vat_number_missing")
        check = VatCheck.of(profile, sellers[profile.partner_id], self.vat_numbers)
        if check is None:
            raise Invalid.field(
                "/vat_number",
                f"{profile.details.vat_number} is no VAT number of the EU: the register does not know such numbers.",
                code="vat_number_not_registrable",
            )
        return check
