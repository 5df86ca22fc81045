"""The XML that is kept beside a PDF, or inside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "010"
down_revision = "009"
branch_labels = None
depends_on = None

_COLUMNS = {"einvoice_format": 32, "einvoice_key": 500, "einvoice_sha256": 64}


def upgrade() -> None:
    """Apply."""
    for name, length in _COLUMNS.items():
        op.add_column("document_revisions", sa.Column(name, sa.String(length=length), nullable=True))


def downgrade() -> None:
    """Take back."""
    for name in _COLUMNS:
        op.drop_column("document_revisions", name)
