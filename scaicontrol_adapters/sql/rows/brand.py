"""Logos and fonts of partners."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Code,
    PartnerScoped,
    PrimaryId,
    Row,
    index,
    one_of,
    table,
    unique,
)
from scaicontrol_core.documents.brand.asset import AssetType


class BrandAssetRow(Row, PartnerScoped):
    """An uploaded file by the digest of its bytes, which lie in the object store."""

    __tablename__ = "brand_assets"
    __table_args__ = table(
        one_of("asset_type", AssetType),
        unique(
            "partner_id",
            "sha256",
            code="brand_asset_exists",
            message="Somebody else uploaded the same file meanwhile.",
            race=True,
        ),
        index("partner_id", "created_at", "id"),
    )

    id: Mapped[PrimaryId]
    partner_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("partners.id"))
    name: Mapped[str] = mapped_column(String(120))
    asset_type: Mapped[Code]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    family: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int]
