"""Logos and fonts of a brand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import UtcInstant

revision = "016"
down_revision = "015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "brand_assets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("asset_type", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("family", sa.String(length=255), nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("deleted_at", UtcInstant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "asset_type IN ('image/png', 'image/svg+xml', 'font/ttf', 'font/otf')",
            name=op.f("ck_brand_assets_asset_type_known"),
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_brand_assets_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand_assets")),
        sa.UniqueConstraint("partner_id", "sha256", name=op.f("uq_brand_assets_partner_id_sha256")),
        **MARIADB_TABLE,
    )
    op.create_index(
        op.f("ix_brand_assets_partner_id_created_at_id"), "brand_assets", ["partner_id", "created_at", "id"]
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("brand_assets")
