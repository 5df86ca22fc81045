"""Subscriptions to packs, their children, packs' history; the ledger charges packs too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only, is_mariadb
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "020"
down_revision = "019"
branch_labels = None
depends_on = None

_LEDGER, _CHECK = "billed_periods", "ck_billed_periods_charge_kind_known"
_FOREIGN = "fk_billed_periods_subscription_id"
_STATES = "'pending', 'trialing', 'active', 'past_due', 'cancelling', 'suspended', 'cancelled', 'expired'"
_CADENCES = "'monthly', 'yearly', 'quarterly', 'weekly', 'daily', 'one_time'"


def upgrade() -> None:
    """Apply. The ledger's key names a plain subscription or a pack's: no foreign key can say that."""
    _create()
    op.add_column("subscriptions", sa.Column("pack_subscription_id", sa.String(length=36), nullable=True))
    op.create_index(op.f("ix_subscriptions_pack_subscription_id"), "subscriptions", ["pack_subscription_id"])
    op.add_column("service_packs", sa.Column("offers", JsonText(), nullable=True))
    op.execute(sa.text("UPDATE service_packs SET offers = '[]'"))
    with op.batch_alter_table(_LEDGER) as table:
        table.drop_constraint(op.f(_FOREIGN), type_="foreignkey")
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.create_check_constraint(op.f(_CHECK), sa.text("charge_kind IN ('recurring', 'adjustment', 'pack')"))
    _keep_append_only()


def downgrade() -> None:
    """Take back; fails where packs were billed, for nothing of the ledger is ever lost."""
    with op.batch_alter_table(_LEDGER) as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.create_check_constraint(op.f(_CHECK), sa.text("charge_kind IN ('recurring', 'adjustment')"))
        table.create_foreign_key(op.f(_FOREIGN), "subscriptions", ["subscription_id"], ["id"])
    _keep_append_only()
    op.drop_column("service_packs", "offers")
    op.drop_index(op.f("ix_subscriptions_pack_subscription_id"), table_name="subscriptions")
    op.drop_column("subscriptions", "pack_subscription_id")
    op.drop_table("pack_subscriptions")


def _keep_append_only() -> None:
    if not is_mariadb(op):
        # SQLite made the table anew, and its triggers went with the old one.
        append_only(op, _LEDGER)


def _create() -> None:
    op.create_table(
        "pack_subscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pack_id", sa.String(length=36), nullable=False),
        sa.Column("pack_slug", sa.String(length=60), nullable=False),
        sa.Column("cadence", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("members", JsonText(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("schedule_anchor", sa.Date(), nullable=True),
        sa.Column("schedule_cadence", sa.String(length=32), nullable=True),
        sa.Column("schedule_anchor_ordinal", sa.Integer(), nullable=True),
        sa.Column("schedule_next_ordinal", sa.Integer(), nullable=True),
        sa.Column("schedule_until", sa.Date(), nullable=True),
        sa.Column("schedule_pauses", JsonText(), nullable=True),
        sa.Column("schedule_offset", sa.Integer(), nullable=True),
        sa.Column("schedule_earlier", JsonText(), nullable=True),
        sa.Column("current_period_start", sa.Date(), nullable=True),
        sa.Column("current_period_end", sa.Date(), nullable=True),
        sa.Column("trial_ends_at", UtcInstant(), nullable=True),
        sa.Column("renews_at", UtcInstant(), nullable=True),
        sa.Column("pending_cancellation_at", UtcInstant(), nullable=True),
        sa.Column("past_due_since", UtcInstant(), nullable=True),
        sa.Column("activated_at", UtcInstant(), nullable=True),
        sa.Column("cancelled_at", UtcInstant(), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=500), nullable=True),
        sa.Column("suspension_reason", sa.String(length=500), nullable=True),
        sa.Column("departed", JsonText(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("next_billing_on", sa.Date(), nullable=True),
        sa.Column("ripe_at", UtcInstant(), nullable=True),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(f"status IN ({_STATES})", name=op.f("ck_pack_subscriptions_status_known")),
        sa.CheckConstraint(f"cadence IN ({_CADENCES})", name=op.f("ck_pack_subscriptions_cadence_known")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_pack_subscriptions_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_subscriptions")),
        **MARIADB_TABLE,
    )
    for columns in (
        ("tenant_id", "partner_id", "next_billing_on"),
        ("ripe_at", "id"),
        ("created_at", "id"),
        ("status", "id"),
        ("tenant_id", "created_at", "id"),
        ("partner_id", "created_at", "id"),
    ):
        op.create_index(op.f(f"ix_pack_subscriptions_{'_'.join(columns)}"), "pack_subscriptions", list(columns))
