"""Take on a reseller."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.branding import require_own_assets
from scaicontrol_core.tenancy.partner import NewPartner, Partner
from scaicontrol_core.tenancy.ports import TenancyWork, VatNumberCheck
from scaicontrol_core.tenancy.vat_numbers import checked_seller


@frozen
class CreatePartner:
    """Add a partner that is not the operator; only the platform may.

    Raises ``Invalid`` (VAT number) and ``InvoicePrefixTaken``.
    """

    work: UnitOfWorkFactory[TenancyWork]
    clock: Clock
    ids: Ids
    vat_numbers: VatNumberCheck

    async def __call__(self, actor: Actor, wanted: NewPartner) -> Partner:
        """Return the partner as stored."""
        actor.require(Permission.ADMIN_PARTNERS)
        actor.require_platform()
        configuration = checked_seller(wanted.configuration, self.vat_numbers)
        partner = Partner.create(
            PartnerId(self.ids.new("prt")), wanted.name, configuration, self.clock.now(), operator=False
        )
        async with self.work.begin(actor) as work:
            await require_own_assets(work.brand_assets, partner.id, configuration)
            await work.partners.add(partner)
            await work.commit()
        return partner
