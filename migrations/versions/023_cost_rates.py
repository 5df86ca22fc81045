"""Rates of cost-based plans: what units cost us, the margins of plans, and the rates that subscriptions have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only
from scaicontrol_adapters.sql.types import Exact, JsonText, UtcInstant

revision = "023"
down_revision = "022"
branch_labels = None
depends_on = None

_NEW = (("plans", "cost_margins"), ("plans", "billable_rate"), ("subscriptions", "billable_rate"))


def upgrade() -> None:
    """Apply."""
    for table, name in _NEW:
        op.add_column(table, sa.Column(name, JsonText(), nullable=True))
    op.execute(sa.text("UPDATE plans SET cost_margins = '{}', billable_rate = '{}'"))
    op.execute(sa.text("UPDATE subscriptions SET billable_rate = '{}'"))
    op.create_table(
        "unit_costs",
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", UtcInstant(), nullable=False),
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("cost_cents", Exact(), nullable=False),
        sa.Column("unit_divisor", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_unit_costs_service_id_services")),
        sa.PrimaryKeyConstraint(
            "service_id", "metric", "currency", "valid_from", "import_id", name=op.f("pk_unit_costs")
        ),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_unit_costs_import_id"), "unit_costs", ["import_id"], unique=False)
    append_only(op, "unit_costs")


def downgrade() -> None:
    """Take back."""
    op.drop_table("unit_costs")
    for table, name in reversed(_NEW):
        op.drop_column(table, name)
