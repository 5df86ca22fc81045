"""Jobs: when each is due, who is at it, how it went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import UtcInstant

revision = "030"
down_revision = "029"
branch_labels = None
depends_on = None

_TABLE = "periodic_jobs"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        _TABLE,
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("next_at", UtcInstant(), nullable=False),
        sa.Column("lease_owner", sa.String(length=100), nullable=True),
        sa.Column("lease_until", UtcInstant(), nullable=True),
        sa.Column("last_started_at", UtcInstant(), nullable=True),
        sa.Column("last_finished_at", UtcInstant(), nullable=True),
        sa.Column("last_outcome", sa.String(length=32), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'dead')", name=op.f("ck_periodic_jobs_status_known")),
        sa.CheckConstraint(
            "last_outcome IN ('done', 'more', 'away', 'fault')", name=op.f("ck_periodic_jobs_last_outcome_known")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic_jobs")),
        **MARIADB_TABLE,
    )


def downgrade() -> None:
    """Take back; every job is due at once afterwards."""
    op.drop_table(_TABLE)
