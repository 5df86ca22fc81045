"""Set up the operator: the one partner that must exist before anything else."""

from __future__ import annotations

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.branding import require_own_assets
from scaicontrol_core.tenancy.partner import NewPartner, Partner
from scaicontrol_core.tenancy.ports import TenancyWork, VatNumberCheck
from scaicontrol_core.tenancy.vat_numbers import checked_seller

OPERATOR_PREFIX = "SCAI"


@frozen
class BootstrapOperator:
    """Create the operator unless it is there; a repeat changes nothing.

    Without a prefix of its own its invoices are numbered ``SCAI-…``.
    """

    work: UnitOfWorkFactory[TenancyWork]
    clock: Clock
    ids: Ids
    vat_numbers: VatNumberCheck

    async def __call__(self, actor: Actor, wanted: NewPartner) -> Partner:
        """Return the operator, new or as it was."""
        actor.require(Permission.ADMIN_PARTNERS)
        actor.require_platform()
        configuration = checked_seller(wanted.configuration, self.vat_numbers)
        if configuration.invoice_number_prefix is None:
            configuration = evolve(configuration, invoice_number_prefix=OPERATOR_PREFIX)
        async with self.work.begin(actor) as work:
            present = await work.partners.operator()
            if present is not None:
                return present
            partner_id = PartnerId(self.ids.new("prt"))
            await require_own_assets(work.brand_assets, partner_id, configuration)
            operator = Partner.create(partner_id, wanted.name, configuration, self.clock.now(), operator=True)
            await work.partners.add(operator)
            await work.commit()
        return operator
