"""Days whose usage is to be told, and those told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import UtcInstant

revision = "033"
down_revision = "032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _table("usage_due_days", sa.Column("due_at", UtcInstant(), nullable=False), key=())
    due = ["due_at", "subscription_id", "usage_day"]
    op.create_index(op.f("ix_usage_due_days_due_at_subscription_id_usage_day"), "usage_due_days", due)
    _table(
        "usage_told_days",
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("told_at", UtcInstant(), nullable=False),
        key=("metric",),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("usage_told_days")
    op.drop_table("usage_due_days")


def _table(name: str, *columns: sa.Column, key: tuple[str, ...]) -> None:
    """Make a table of a subscription's days, tied to its tenant and partner."""
    op.create_table(
        name,
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("usage_day", sa.Date(), nullable=False),
        *columns,
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f(f"fk_{name}_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", "usage_day", *key, name=op.f(f"pk_{name}")),
        **MARIADB_TABLE,
    )
