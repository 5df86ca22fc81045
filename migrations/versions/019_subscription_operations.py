"""Operations on subscriptions: terms by period, pending changes, pauses, prorations, trial notices; prices' history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import append_only, is_mariadb
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "019"
down_revision = "018"
branch_labels = None
depends_on = None

_LEDGER, _CHECK = "billed_periods", "ck_billed_periods_charge_kind_known"
_NEW = (
    ("schedule_offset", sa.Integer()),
    ("schedule_earlier", JsonText()),
    ("resumes_at", UtcInstant()),
    ("term_ends_on", sa.Date()),
    ("accruing", JsonText()),
    ("trial_notice", sa.Integer()),
    ("terms_by_period", JsonText()),
    ("pending_change", JsonText()),
    ("adjustments", JsonText()),
    ("adjustment_count", sa.Integer()),
)


def upgrade() -> None:
    """Apply."""
    for name, kind in _NEW:
        op.add_column("subscriptions", sa.Column(name, kind, nullable=True))
    op.add_column("plans", sa.Column("prices", JsonText(), nullable=True))
    op.execute(sa.text("UPDATE subscriptions SET terms_by_period = '[]', adjustments = '[]', adjustment_count = 0"))
    op.execute(
        sa.text(
            "UPDATE subscriptions SET schedule_offset = 0, schedule_earlier = '[]' WHERE schedule_anchor IS NOT NULL"
        )
    )
    op.execute(sa.text("UPDATE plans SET prices = '[]'"))
    _allow("charge_kind IN ('recurring', 'adjustment')")


def downgrade() -> None:
    """Take back; fails where adjustments were billed, for nothing of the ledger is ever lost."""
    _allow("charge_kind IN ('recurring')")
    with op.batch_alter_table("plans") as table:
        table.drop_column("prices")
    for name, _ in _NEW:
        op.drop_column("subscriptions", name)


def _allow(kinds: str) -> None:
    with op.batch_alter_table(_LEDGER) as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.create_check_constraint(op.f(_CHECK), sa.text(kinds))
    if not is_mariadb(op):
        # SQLite made the table anew, and its triggers went with the old one.
        append_only(op, _LEDGER)
