"""Headers of kept answers: a repeat gets the first one's ETag and Location too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.types import JsonText

revision = "006"
down_revision = "005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("idempotency_keys", sa.Column("headers", JsonText(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("idempotency_keys", "headers")
