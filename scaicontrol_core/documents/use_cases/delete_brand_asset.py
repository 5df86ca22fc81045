"""Take a logo or a font out of use."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.brand.asset import AssetId, BrandAsset
from scaicontrol_core.documents.brand.errors import AssetInUse
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.branding import assets_of


@frozen
class DeleteBrandAsset:
    """Offer an asset no longer; documents made with it keep it.

    Raises ``NotFound``, ``AssetInUse`` while the partner's configuration names it.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock

    async def __call__(self, actor: Actor, asset_id: AssetId, partner_id: PartnerId | None = None) -> BrandAsset:
        """Return the asset as it is now; ``partner_id`` must be its owner's, if it is named."""
        actor.require(Permission.ADMIN_PARTNERS)
        async with self.work.begin(actor) as work:
            asset = await work.brand_assets.get(asset_id)
            if partner_id not in (None, asset.partner_id):
                raise NotFound.of("brand asset", asset_id)
            partner = await work.partners.get(asset.partner_id)
            if asset.sha256 in assets_of(partner.configuration).values():
                raise AssetInUse(
                    f"{partner.name} uses it for its documents.", hint="Choose another logo or font first, or none."
                )
            asset.delete(self.clock.now())
            if asset.has_changed:
                await work.brand_assets.save(asset)
                await work.commit()
        return asset
