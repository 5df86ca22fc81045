"""Catalogue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import Exact, JsonText, UtcInstant

revision = "002"
down_revision = "001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "service_packs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("icon_url", sa.String(length=500), nullable=True),
        sa.Column("billing_period", sa.String(length=32), nullable=False),
        sa.Column("base_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("discount_type", sa.String(length=32), nullable=False),
        sa.Column("discount_percentage", Exact(length=32), nullable=True),
        sa.Column("trial_days", sa.Integer(), nullable=False),
        sa.Column("features", JsonText(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "billing_period IN ('monthly', 'yearly', 'quarterly', 'weekly', 'daily', 'one_time')",
            name=op.f("ck_service_packs_billing_period_known"),
        ),
        sa.CheckConstraint(
            "discount_type IN ('fixed_price', 'percentage')", name=op.f("ck_service_packs_discount_type_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_packs")),
        sa.UniqueConstraint("slug", name=op.f("uq_service_packs_slug")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_service_packs_name_slug"), "service_packs", ["name", "slug"], unique=False)
    op.create_index(op.f("ix_service_packs_sort_order_slug"), "service_packs", ["sort_order", "slug"], unique=False)
    op.create_table(
        "services",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("app_id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("metrics", JsonText(), nullable=False),
        sa.Column("allows_multiple", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("metadata_json", JsonText(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("app_id", name=op.f("uq_services_app_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_services_slug")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_services_name_slug"), "services", ["name", "slug"], unique=False)
    op.create_index(op.f("ix_services_sort_order_slug"), "services", ["sort_order", "slug"], unique=False)
    op.create_table(
        "plans",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("service_slug", sa.String(length=60), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("plan_key", sa.String(length=121), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(length=60), nullable=False),
        sa.Column("billing_period", sa.String(length=32), nullable=False),
        sa.Column("base_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("features", JsonText(), nullable=False),
        sa.Column("quotas", JsonText(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("trial_days", sa.Integer(), nullable=False),
        sa.Column("cost_multiplier", Exact(length=32), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("metadata_json", JsonText(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "billing_period IN ('monthly', 'yearly', 'quarterly', 'weekly', 'daily', 'one_time')",
            name=op.f("ck_plans_billing_period_known"),
        ),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_plans_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("plan_key", name=op.f("uq_plans_plan_key")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_plans_name_plan_key"), "plans", ["name", "plan_key"], unique=False)
    op.create_index(
        op.f("ix_plans_service_id_sort_order_plan_key"), "plans", ["service_id", "sort_order", "plan_key"], unique=False
    )
    op.create_index(op.f("ix_plans_sort_order_plan_key"), "plans", ["sort_order", "plan_key"], unique=False)
    op.create_table(
        "plan_usage_pricing",
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("tier_start", sa.BigInteger(), nullable=False),
        sa.Column("tier_end", sa.BigInteger(), nullable=True),
        sa.Column("unit_price_cents", Exact(length=32), nullable=False),
        sa.Column("unit_label", sa.String(length=60), nullable=True),
        sa.Column("unit_divisor", sa.BigInteger(), nullable=False),
        sa.Column("tier_mode", sa.String(length=32), nullable=False),
        sa.CheckConstraint("tier_mode IN ('graduated', 'volume')", name=op.f("ck_plan_usage_pricing_tier_mode_known")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_usage_pricing_plan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plan_id", "position", name=op.f("pk_plan_usage_pricing")),
        **MARIADB_TABLE,
    )
    op.create_table(
        "service_pack_items",
        sa.Column("pack_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("plan_key", sa.String(length=121), nullable=False),
        sa.Column("override_price_cents", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["pack_id"], ["service_packs.id"], name=op.f("fk_service_pack_items_pack_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_service_pack_items_plan_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_service_pack_items_service_id")),
        sa.PrimaryKeyConstraint("pack_id", "position", name=op.f("pk_service_pack_items")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_service_pack_items_plan_id"), "service_pack_items", ["plan_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("service_pack_items")
    op.drop_table("plan_usage_pricing")
    op.drop_table("plans")
    op.drop_table("services")
    op.drop_table("service_packs")
