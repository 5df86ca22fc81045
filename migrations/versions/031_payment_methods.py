"""What customers pay with: mandates, one default for each tenant at most."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import UtcInstant

revision = "031"
down_revision = "030"
branch_labels = None
depends_on = None

_METHODS = "payment_methods"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        _METHODS,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("seller_id", sa.String(length=36), nullable=False),
        sa.Column("mandate_reference", sa.String(length=35), nullable=False),
        sa.Column("debtor_name", sa.String(length=70), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("bic", sa.String(length=11), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("default_for", sa.String(length=36), nullable=True),
        sa.Column("detached_at", UtcInstant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        *_rules(),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_payment_methods_tenant_id_created_at_id"), _METHODS, ["tenant_id", "created_at", "id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table(_METHODS)


def _rules() -> tuple[sa.Constraint, ...]:
    return (
        sa.CheckConstraint("status IN ('active', 'detached')", name=op.f("ck_payment_methods_status_known")),
        sa.CheckConstraint(
            "default_for IS NULL OR (default_for = tenant_id AND status = 'active')",
            name=op.f("ck_payment_methods_default_is_active"),
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["partners.id"], name=op.f("fk_payment_methods_seller_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_payment_methods_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
        sa.UniqueConstraint(
            "seller_id", "mandate_reference", name=op.f("uq_payment_methods_seller_id_mandate_reference")
        ),
        sa.UniqueConstraint("default_for", name=op.f("uq_payment_methods_default_for")),
    )
