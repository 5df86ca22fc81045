"""Webhooks: subscriptions, deliveries and their log; events get their bodies and their places in the feed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "029"
down_revision = "028"
branch_labels = None
depends_on = None

_OUTBOX, _DELIVERIES = "outbox_events", "webhook_deliveries"
_LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb").with_variant(mysql.MEDIUMTEXT(), "mysql")
_INDEXES = (
    (_OUTBOX, ("partner_id", "position")),
    (_OUTBOX, ("tenant_id", "position")),
    ("webhook_subscriptions", ("status", "id")),
    ("webhook_subscriptions", ("created_at", "id")),
    ("webhook_subscriptions", ("partner_id", "created_at", "id")),
    (_DELIVERIES, ("subscription_id", "status", "due_at", "id")),
    (_DELIVERIES, ("subscription_id", "order_key", "sequence")),
    (_DELIVERIES, ("subscription_id", "created_at", "id")),
    (_DELIVERIES, ("event_id",)),
    (_DELIVERIES, ("lease_until",)),
    (_DELIVERIES, ("status", "created_at", "id")),
    (_DELIVERIES, ("created_at", "id")),
    (_DELIVERIES, ("partner_id", "created_at", "id")),
    ("webhook_attempts", ("subscription_id", "at")),
)


def upgrade() -> None:
    """Apply."""
    op.add_column(_OUTBOX, sa.Column("body", _LONG_TEXT, nullable=True))
    _create_subscriptions()
    _create_deliveries()
    op.create_table(
        "outbox_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_head")),
        **MARIADB_TABLE,
    )
    for table, columns in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def downgrade() -> None:
    """Take back; what was delivered is known no more."""
    for table in ("outbox_head", "webhook_attempts", _DELIVERIES, "webhook_healths", "webhook_subscriptions"):
        op.drop_table(table)
    for table, columns in _INDEXES:
        if table == _OUTBOX:
            op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
    op.drop_column(_OUTBOX, "body")


def _create_subscriptions() -> None:
    op.create_table(
        "webhook_subscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("topics", JsonText(), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("owner_email", sa.String(length=254), nullable=True),
        sa.Column("only_partner_id", sa.String(length=36), nullable=True),
        sa.Column("only_tenant_id", sa.String(length=36), nullable=True),
        sa.Column("headers", JsonText(), nullable=False),
        sa.Column("max_in_flight", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.Boolean(), nullable=False),
        sa.Column("secret_overlap_hours", sa.Integer(), nullable=False),
        sa.Column("secrets", JsonText(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("updated_at", UtcInstant(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("disabled_reason", sa.String(length=32), nullable=True),
        sa.Column("disabled_at", UtcInstant(), nullable=True),
        sa.Column("disabled_count", sa.Integer(), nullable=False),
        sa.Column("owner_told_of", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("status IN ('active', 'disabled')", name=op.f("ck_webhook_subscriptions_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_subscriptions")),
        **MARIADB_TABLE,
    )
    op.create_table(
        "webhook_healths",
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("failures_in_row", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcInstant(), nullable=True),
        sa.Column("open_until", UtcInstant(), nullable=True),
        sa.Column("last_success_at", UtcInstant(), nullable=True),
        sa.Column("last_failure_at", UtcInstant(), nullable=True),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_webhook_healths")),
        **MARIADB_TABLE,
    )


def _create_deliveries() -> None:
    op.create_table(
        _DELIVERIES,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=191), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=True),
        sa.Column("order_key", sa.String(length=72), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("due_at", UtcInstant(), nullable=False),
        sa.Column("replay", sa.Integer(), nullable=False),
        sa.Column("replay_of", sa.String(length=36), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", UtcInstant(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=32), nullable=True),
        sa.Column("finished_at", UtcInstant(), nullable=True),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'dispatched', 'dead')", name=op.f("ck_webhook_deliveries_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint(
            "subscription_id",
            "idempotency_key",
            "replay",
            name=op.f("uq_webhook_deliveries_subscription_id_idempotency_key_replay"),
        ),
        **MARIADB_TABLE,
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.Column("answer", _LONG_TEXT, nullable=True),
        sa.Column("next_due_at", UtcInstant(), nullable=True),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_deliveries.id"], name=op.f("fk_webhook_attempts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "ordinal", name=op.f("pk_webhook_attempts")),
        **MARIADB_TABLE,
    )
