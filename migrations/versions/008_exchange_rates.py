"""Exchange rates of the European Central Bank."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only
from scaicontrol_adapters.sql.types import Exact, UtcInstant

revision = "008"
down_revision = "007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "exchange_rates",
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rate", Exact(length=32), nullable=False),
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("imported_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("source", "day", "currency", name=op.f("pk_exchange_rates")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_exchange_rates_day_currency"), "exchange_rates", ["day", "currency"], unique=False)
    op.create_index(op.f("ix_exchange_rates_currency_day"), "exchange_rates", ["currency", "day"], unique=False)
    append_only(op, "exchange_rates")


def downgrade() -> None:
    """Take back."""
    op.drop_table("exchange_rates")
