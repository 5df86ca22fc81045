"""What sellers invoice to consumers of other member states, by calendar year."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE

revision = "014"
down_revision = "013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "consumer_turnovers",
        sa.Column("seller_id", sa.String(length=36), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["partners.id"], name=op.f("fk_consumer_turnovers_seller_id")),
        sa.PrimaryKeyConstraint("seller_id", "year", name=op.f("pk_consumer_turnovers")),
        **MARIADB_TABLE,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("consumer_turnovers")
