"""Operations on subscriptions: pending changes, pauses, prorations, trial notices."""

from __future__ import annotations

revision = "019"
down_revision = "018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
