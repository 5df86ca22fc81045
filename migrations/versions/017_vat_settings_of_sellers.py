"""What a seller decides about VAT."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "017"
down_revision = "016"
branch_labels = None
depends_on = None

_PARTNERS = "partners"


def upgrade() -> None:
    """Apply."""
    op.add_column(
        _PARTNERS,
        sa.Column("b2c_cross_border_turnover_last_year_cents", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column(
        _PARTNERS, sa.Column("exempt_before_reverse_charge", sa.Boolean(), nullable=False, server_default="0")
    )
    op.add_column(
        _PARTNERS, sa.Column("advance_tax_point", sa.String(length=32), nullable=False, server_default="by_country")
    )


def downgrade() -> None:
    """Take back."""
    for name in ("advance_tax_point", "exempt_before_reverse_charge", "b2c_cross_border_turnover_last_year_cents"):
        op.drop_column(_PARTNERS, name)
