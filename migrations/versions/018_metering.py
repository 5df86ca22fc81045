"""Usage: events, their keys, closings, roll-ups, distinct values; how long late events are waited for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only, drop_triggers, partition_by_month
from scaicontrol_adapters.sql.types import Exact, JsonText, Total, UtcInstant

revision = "018"
down_revision = "017"
branch_labels = None
depends_on = None

_TABLES = (
    "usage_event_keys",
    "usage_events",
    "usage_closings",
    "usage_rollups_daily",
    "usage_rollups_hourly",
    "usage_unique_values",
)


def upgrade() -> None:
    """Apply."""
    op.add_column("partners", sa.Column("usage_grace_hours", sa.Integer(), nullable=False, server_default="72"))
    op.create_table(
        "usage_event_keys",
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("received_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", "idempotency_key", name=op.f("pk_usage_event_keys")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_usage_event_keys_received_at"), "usage_event_keys", ["received_at"])
    op.create_table(
        "usage_events",
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("usage_day", sa.Date(), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("occurred_at", UtcInstant(), nullable=False),
        sa.Column("properties", JsonText(), nullable=True),
        sa.Column("correction", sa.Boolean(), nullable=False),
        sa.Column("billable_rate", Exact(), nullable=True),
        sa.Column("received_at", UtcInstant(), nullable=False),
        *_owners(),
        sa.PrimaryKeyConstraint(
            "subscription_id", "usage_day", "metric", "idempotency_key", name=op.f("pk_usage_events")
        ),
        **MARIADB_TABLE,
    )
    partition_by_month(op, "usage_events", "usage_day", first=(2026, 1), months=24)
    append_only(op, "usage_events")
    _table(
        "usage_closings",
        sa.Column("closed_until", sa.Date(), nullable=True),
        key=(),
    )
    _rollup("usage_rollups_daily", sa.Column("usage_day", sa.Date(), nullable=False))
    _rollup("usage_rollups_hourly", sa.Column("hour", UtcInstant(), nullable=False))
    _table(
        "usage_unique_values",
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("usage_day", sa.Date(), nullable=False),
        sa.Column("value_hash", sa.String(length=64), nullable=False),
        key=("metric", "usage_day", "value_hash"),
    )


def downgrade() -> None:
    """Take back."""
    drop_triggers(op, ("usage_events_no_update", "usage_events_no_delete"))
    for name in reversed(_TABLES):
        op.drop_table(name)
    op.drop_column("partners", "usage_grace_hours")


def _owners() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
    )


def _table(name: str, *columns: sa.Column, key: tuple[str, ...]) -> None:
    """Make a table of a subscription's, tied to its tenant and partner."""
    op.create_table(
        name,
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        *columns,
        *_owners(),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f(f"fk_{name}_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", *key, name=op.f(f"pk_{name}")),
        **MARIADB_TABLE,
    )


def _rollup(name: str, bucket: sa.Column) -> None:
    _table(
        name,
        sa.Column("metric", sa.String(length=60), nullable=False),
        bucket,
        sa.Column("rate_key", sa.String(length=32), nullable=False),
        sa.Column("quantity_sum", Total(), nullable=False),
        sa.Column("event_count", sa.BigInteger(), nullable=False),
        sa.Column("quantity_max", Exact(), nullable=False),
        sa.Column("last_value", Exact(), nullable=False),
        sa.Column("last_at", UtcInstant(), nullable=False),
        sa.Column("last_key", sa.String(length=200), nullable=False),
        key=("metric", bucket.name, "rate_key"),
    )
    op.create_index(op.f(f"ix_{name}_tenant_id_{bucket.name}"), name, ["tenant_id", bucket.name])
