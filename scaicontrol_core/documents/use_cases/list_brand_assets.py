"""List a partner's logos and fonts."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.brand.asset import BrandAsset
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.selling import home_partner


@frozen
class ListBrandAssets:
    """Return the assets of a partner that are in use; without one, the actor's own or the operator's."""

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, partner_id: PartnerId | None = None) -> Sequence[BrandAsset]:
        """Return them, oldest first; raises ``NotFound`` for a partner beyond the scope."""
        actor.require(Permission.ADMIN_PARTNERS)
        async with self.work.begin(actor, read_only=True) as work:
            partner = await home_partner(work, actor.scope, partner_id)
            return await work.brand_assets.of_partner(partner.id)
