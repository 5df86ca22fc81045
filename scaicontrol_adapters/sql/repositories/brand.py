"""Logos and fonts of partners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_adapters.sql.mapping import Fields, enum
from scaicontrol_adapters.sql.repositories.base import Repository, Table
from scaicontrol_adapters.sql.rows.brand import BrandAssetRow
from scaicontrol_core.documents.brand.asset import AssetType, BrandAsset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.documents.brand.asset import AssetId
    from scaicontrol_core.kernel.ids import PartnerId
    from scaicontrol_core.tenancy.branding import AssetKind

_ASSETS: Table[BrandAsset] = Table(
    BrandAssetRow,
    Fields(BrandAsset, codecs={"asset_type": enum(AssetType)}),
    what="brand asset",
    resource_type="brand_asset",
    fixed=("asset_type", "sha256", "size", "width", "height", "family", "created_at"),
)


class SqlBrandAssets(Repository[BrandAsset]):
    """Assets within scope (port ``BrandAssets``)."""

    table = _ASSETS

    async def get(self, asset_id: AssetId) -> BrandAsset:
        """Return one, or raise ``NotFound``."""
        return await self.load(asset_id)

    async def has(self, partner_id: PartnerId, digest: str, kind: AssetKind) -> bool:
        """Tell whether the partner has an asset of these bytes and this kind in use."""
        found = await self.find(partner_id, digest)
        return found is not None and found.kind is kind and not found.is_deleted

    async def find(self, partner_id: PartnerId, digest: str) -> BrandAsset | None:
        """Return the partner's asset of these bytes, a deleted one too."""
        return await self.find_where(BrandAssetRow.partner_id == partner_id, BrandAssetRow.sha256 == digest)

    async def of_partner(self, partner_id: PartnerId) -> Sequence[BrandAsset]:
        """Return a partner's assets in use, oldest first."""
        own = (BrandAssetRow.partner_id == partner_id, BrandAssetRow.deleted_at.is_(None))
        return await self.all_where(*own, order=(BrandAssetRow.created_at, BrandAssetRow.id))
