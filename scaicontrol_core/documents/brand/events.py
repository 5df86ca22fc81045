"""What happens to a brand's assets."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class BrandAssetEvent(Event):
    """Something about a logo or a font."""

    resource_type: ClassVar[str] = "brand_asset"

    name: str
    asset_type: str
    sha256: str


@frozen(kw_only=True)
class BrandAssetUploaded(BrandAssetEvent):
    """An asset was uploaded, or uploaded again."""

    action: ClassVar[str] = "brand_asset.uploaded"


@frozen(kw_only=True)
class BrandAssetDeleted(BrandAssetEvent):
    """An asset is no longer offered; its bytes are kept."""

    action: ClassVar[str] = "brand_asset.deleted"
