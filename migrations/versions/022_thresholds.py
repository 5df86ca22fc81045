"""Thresholds that usage reached, and the notes on usage that nobody has looked at yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import Total, UtcInstant

revision = "022"
down_revision = "021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _table(
        "usage_notes",
        sa.Column("usage_day", sa.Date(), nullable=False),
        sa.Column("noted_at", UtcInstant(), nullable=False),
        key=("usage_day",),
    )
    op.create_index(op.f("ix_usage_notes_noted_at"), "usage_notes", ["noted_at"])
    _table(
        "usage_thresholds",
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("quota", sa.BigInteger(), nullable=False),
        sa.Column("used", Total(), nullable=False),
        sa.Column("reached_at", UtcInstant(), nullable=False),
        key=("metric", "period_start", "percent"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("usage_thresholds")
    op.drop_table("usage_notes")


def _table(name: str, *columns: sa.Column, key: tuple[str, ...]) -> None:
    """Make a table of a subscription's, tied to its tenant and partner."""
    op.create_table(
        name,
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        *columns,
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f(f"fk_{name}_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", *key, name=op.f(f"pk_{name}")),
        **MARIADB_TABLE,
    )
