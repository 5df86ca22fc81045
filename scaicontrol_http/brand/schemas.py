"""Bodies and answers of brand assets."""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import datetime

from scaicontrol_core.documents.brand.asset import BrandAsset
from scaicontrol_core.documents.use_cases.upload_brand_asset import AssetUpload, UploadedAsset
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_http.requests import Answer, Body


class AssetBody(Body):
    """A file and its bytes in base64: PNG or SVG up to 256 KiB, TTF or OTF up to 2 MiB."""

    name: str
    content_base64: str

    def upload(self, partner_id: str) -> AssetUpload:
        """Return it for a partner; ``Invalid`` (``base64_invalid``) for other text."""
        try:
            content = b64decode(self.content_base64, validate=True)
        except (binascii.Error, ValueError):
            raise Invalid.field("/content_base64", "This is not base64.", code="base64_invalid") from None
        return AssetUpload(name=self.name, content=content, partner_id=PartnerId(partner_id))


class AssetAnswer(Answer):
    """An uploaded file; ``url`` is how a partner's configuration, and templates, name it."""

    id: str
    partner_id: str
    name: str
    kind: str
    type: str
    url: str
    sha256: str
    size: int
    width: int | None
    height: int | None
    family: str | None
    created_at: datetime

    @classmethod
    def of(cls, asset: BrandAsset) -> AssetAnswer:
        """Show an asset."""
        return cls(
            id=asset.id,
            partner_id=asset.partner_id,
            name=asset.name,
            kind=asset.kind.value,
            type=asset.asset_type.value,
            url=asset.url,
            sha256=asset.sha256,
            size=asset.size,
            width=asset.width,
            height=asset.height,
            family=asset.family,
            created_at=asset.created_at,
        )


class UploadAnswer(Answer):
    """What was kept, and what was taken out of an SVG before."""

    asset: AssetAnswer
    removed: list[str]

    @classmethod
    def of(cls, uploaded: UploadedAsset) -> UploadAnswer:
        """Show an upload."""
        return cls(asset=AssetAnswer.of(uploaded.asset), removed=list(uploaded.removed))
