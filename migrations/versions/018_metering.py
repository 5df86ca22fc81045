"""Usage: events, their keys, roll-ups, thresholds."""

from __future__ import annotations

revision = "018"
down_revision = "017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
