"""Logos and fonts in memory."""

from __future__ import annotations

from collections.abc import Sequence

from scaicontrol_core.documents.brand.asset import BrandAsset
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.scope import Scope, ScopeKind
from scaicontrol_core.tenancy.branding import AssetKind
from scaicontrol_core.testing.memory_store import MemoryCollection, UniqueKey


class MemoryBrandAssets(MemoryCollection[BrandAsset]):
    """A partner sees and writes its own; tenants see none."""

    table = "brand_assets"
    what = "brand asset"

    async def has(self, partner_id: PartnerId, digest: str, kind: AssetKind) -> bool:
        """Tell whether the partner has an asset of these bytes and this kind in use."""
        found = await self.find(partner_id, digest)
        return found is not None and found.kind is kind and not found.is_deleted

    async def find(self, partner_id: PartnerId, digest: str) -> BrandAsset | None:
        """Return the partner's asset of these bytes."""
        return next((row for row in self._visible() if (row.partner_id, row.sha256) == (partner_id, digest)), None)

    async def of_partner(self, partner_id: PartnerId) -> Sequence[BrandAsset]:
        """Return a partner's assets in use, oldest first."""
        own = (row for row in self._visible() if row.partner_id == partner_id and not row.is_deleted)
        return sorted(own, key=lambda row: (row.created_at, row.id))

    def _reaches(self, scope: Scope, row: BrandAsset) -> bool:
        return scope.kind is ScopeKind.PARTNER and scope.partner_id == row.partner_id

    def _unique_keys(self, row: BrandAsset) -> Sequence[UniqueKey]:
        return (((row.partner_id, row.sha256), lambda: Retryable("Somebody else uploaded the same file meanwhile.")),)
