"""Evidence on VAT numbers: what the register said, and when."""

from __future__ import annotations

revision = "007"
down_revision = "006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
