"""Subscriptions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "003"
down_revision = "002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("plan_key", sa.String(length=121), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("schedule_anchor", sa.Date(), nullable=True),
        sa.Column("schedule_cadence", sa.String(length=32), nullable=True),
        sa.Column("schedule_anchor_ordinal", sa.Integer(), nullable=True),
        sa.Column("schedule_next_ordinal", sa.Integer(), nullable=True),
        sa.Column("schedule_until", sa.Date(), nullable=True),
        sa.Column("schedule_pauses", JsonText(), nullable=True),
        sa.Column("current_period_start", sa.Date(), nullable=True),
        sa.Column("current_period_end", sa.Date(), nullable=True),
        sa.Column("trial_ends_at", UtcInstant(), nullable=True),
        sa.Column("pending_cancellation_at", UtcInstant(), nullable=True),
        sa.Column("past_due_since", UtcInstant(), nullable=True),
        sa.Column("activated_at", UtcInstant(), nullable=True),
        sa.Column("cancelled_at", UtcInstant(), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=500), nullable=True),
        sa.Column("suspension_reason", sa.String(length=500), nullable=True),
        sa.Column("term_ends_at", UtcInstant(), nullable=True),
        sa.Column("metadata_json", JsonText(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("exclusive_key", sa.String(length=73), nullable=True),
        sa.Column("next_billing_on", sa.Date(), nullable=True),
        sa.Column("ripe_at", UtcInstant(), nullable=True),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(
            "schedule_cadence IN ('monthly', 'yearly', 'quarterly', 'weekly', 'daily', 'one_time')",
            name=op.f("ck_subscriptions_schedule_cadence_known"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'trialing', 'active', 'past_due', 'cancelling', 'suspended', 'cancelled', 'expired')",
            name=op.f("ck_subscriptions_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_subscriptions_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("exclusive_key", name=op.f("uq_subscriptions_exclusive_key")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_subscriptions_created_at_id"), "subscriptions", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_subscriptions_partner_id_created_at_id"),
        "subscriptions",
        ["partner_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_subscriptions_plan_id_status"), "subscriptions", ["plan_id", "status"], unique=False)
    op.create_index(op.f("ix_subscriptions_ripe_at_id"), "subscriptions", ["ripe_at", "id"], unique=False)
    op.create_index(op.f("ix_subscriptions_status_id"), "subscriptions", ["status", "id"], unique=False)
    op.create_index(
        op.f("ix_subscriptions_tenant_id_created_at_id"),
        "subscriptions",
        ["tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_subscriptions_tenant_id_partner_id_next_billing_on"),
        "subscriptions",
        ["tenant_id", "partner_id", "next_billing_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_subscriptions_tenant_id_service_id_status"),
        "subscriptions",
        ["tenant_id", "service_id", "status"],
        unique=False,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("subscriptions")
