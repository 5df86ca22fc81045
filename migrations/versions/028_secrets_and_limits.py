"""Invoices are listed by currency: without an index, counting them would read every one."""

from __future__ import annotations

from alembic import op

revision = "028"
down_revision = "027"
branch_labels = None
depends_on = None

_NAME = "ix_invoices_currency_created_at_id"


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f(_NAME), "invoices", ["currency", "created_at", "id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f(_NAME), "invoices")
