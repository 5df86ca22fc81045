"""Usage on invoices: periods whose usage is still to be charged; the ledger charges usage too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import append_only, is_mariadb
from scaicontrol_adapters.sql.types import JsonText

revision = "021"
down_revision = "020"
branch_labels = None
depends_on = None

_LEDGER, _CHECK = "billed_periods", "ck_billed_periods_charge_kind_known"


def upgrade() -> None:
    """Apply. The usage of periods that were billed before stays uncharged."""
    op.add_column("subscriptions", sa.Column("owed_usage", JsonText(), nullable=True))
    op.execute(sa.text("UPDATE subscriptions SET owed_usage = '[]'"))
    op.add_column("pack_subscriptions", sa.Column("awaited_usage", JsonText(), nullable=True))
    op.add_column("plans", sa.Column("usage_prices", JsonText(), nullable=True))
    op.execute(sa.text("UPDATE plans SET usage_prices = '[]'"))
    _allow("charge_kind IN ('recurring', 'adjustment', 'pack', 'usage')")


def downgrade() -> None:
    """Take back; fails where usage was billed, for nothing of the ledger is ever lost."""
    _allow("charge_kind IN ('recurring', 'adjustment', 'pack')")
    op.drop_column("plans", "usage_prices")
    op.drop_column("pack_subscriptions", "awaited_usage")
    op.drop_column("subscriptions", "owed_usage")


def _allow(kinds: str) -> None:
    with op.batch_alter_table(_LEDGER) as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.create_check_constraint(op.f(_CHECK), sa.text(kinds))
    if not is_mariadb(op):
        # SQLite made the table anew, and its triggers went with the old one.
        append_only(op, _LEDGER)
