"""Document templates with their versions, and the assets of a brand."""

from __future__ import annotations

revision = "011"
down_revision = "010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
