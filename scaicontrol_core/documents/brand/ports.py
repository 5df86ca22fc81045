"""What a brand needs from the outside: where assets are listed, and who can read their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from scaicontrol_core.tenancy.ports import OwnAssets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.documents.brand.asset import AssetId, BrandAsset, CleanAsset
    from scaicontrol_core.kernel.ids import PartnerId


class BrandAssets(OwnAssets, Protocol):
    """The assets of partners, deleted ones included."""

    async def get(self, asset_id: AssetId) -> BrandAsset:
        """Return one, or raise ``NotFound`` (``brand_asset_not_found``)."""
        ...

    async def find(self, partner_id: PartnerId, digest: str) -> BrandAsset | None:
        """Return the partner's asset of this sha256, a deleted one too."""
        ...

    async def add(self, asset: BrandAsset) -> None:
        """Write a new one; ``Retryable`` if the partner has one of these bytes since."""
        ...

    async def save(self, asset: BrandAsset) -> None:
        """Write a changed one, or raise ``Stale``."""
        ...

    async def of_partner(self, partner_id: PartnerId) -> Sequence[BrandAsset]:
        """Return a partner's assets in use, oldest first."""
        ...


class AssetReader(Protocol):
    """Reads an uploaded file: what it is, whether documents can be set with it, and what must go from it."""

    async def read(self, content: bytes) -> CleanAsset:
        """Return it cleaned; raises ``AssetRejected``."""
        ...
