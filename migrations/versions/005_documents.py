"""Revisions of documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "005"
down_revision = "004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "document_revisions",
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("object_key", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column(
            "html_snapshot",
            sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb").with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("template", sa.String(length=255), nullable=False),
        sa.Column("renderer", sa.String(length=500), nullable=False),
        sa.Column("fonts", JsonText(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("reason IN ('finalize', 'reprint')", name=op.f("ck_document_revisions_reason_known")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_document_revisions_invoice_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_document_revisions_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", "revision", name=op.f("pk_document_revisions")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_document_revisions_partner_id"), "document_revisions", ["partner_id"], unique=False)
    append_only(op, "document_revisions")


def downgrade() -> None:
    """Take back."""
    op.drop_table("document_revisions")
