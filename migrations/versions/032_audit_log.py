"""The audit log by who did it, and by request."""

from __future__ import annotations

from alembic import op

revision = "032"
down_revision = "031"
branch_labels = None
depends_on = None

_KEYS = {
    "ix_audit_log_user_id_occurred_at_id": ["user_id", "occurred_at", "id"],
    "ix_audit_log_request_id": ["request_id"],
}


def upgrade() -> None:
    """Apply."""
    for name, columns in _KEYS.items():
        op.create_index(op.f(name), "audit_log", columns, unique=False)


def downgrade() -> None:
    """Take back."""
    for name in _KEYS:
        op.drop_index(op.f(name), table_name="audit_log")
