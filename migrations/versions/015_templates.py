"""Templates of documents and e-mails, and all their versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "015"
down_revision = "014"
branch_labels = None
depends_on = None

_CHANGES = "reason IN ('created', 'saved', 'restored', 'deleted')"


def _long_text() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb").with_variant(mysql.MEDIUMTEXT(), "mysql")


def _content() -> list[sa.Column[object]]:
    return [
        sa.Column("subject", sa.String(length=500), nullable=True),
        sa.Column("html_content", _long_text(), nullable=False),
        sa.Column("css_content", _long_text(), nullable=False),
        sa.Column("editor_data", JsonText(), nullable=True),
        sa.Column("page_format", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("saved_at", UtcInstant(), nullable=False),
        sa.Column("saved_by", sa.String(length=255), nullable=False),
    ]


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "document_templates",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("document_type", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("language_key", sa.String(length=2), nullable=False),
        *_content(),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "document_type IN ('invoice', 'credit_note', 'email_invoice', 'email_credit_note', 'email_trial_ending', 'email_payment_failed', 'email_reminder_1', 'email_reminder_2', 'email_reminder_3')",
            name=op.f("ck_document_templates_document_type_known"),
        ),
        sa.CheckConstraint(_CHANGES, name=op.f("ck_document_templates_reason_known")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_document_templates_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_templates")),
        sa.UniqueConstraint(
            "partner_id",
            "document_type",
            "name",
            "language_key",
            name=op.f("uq_document_templates_partner_id_document_type_name_language_key"),
        ),
        **MARIADB_TABLE,
    )
    for columns in (("partner_id", "name", "id"), ("name", "id"), ("saved_at", "id")):
        op.create_index(op.f(f"ix_document_templates_{'_'.join(columns)}"), "document_templates", list(columns))
    op.create_table(
        "document_template_versions",
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        *_content(),
        sa.CheckConstraint(_CHANGES, name=op.f("ck_document_template_versions_reason_known")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_document_template_versions_partner_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["document_templates.id"], name=op.f("fk_document_template_versions_template_id")
        ),
        sa.PrimaryKeyConstraint("template_id", "version", name=op.f("pk_document_template_versions")),
        **MARIADB_TABLE,
    )
    op.create_index(
        op.f("ix_document_template_versions_partner_id"), "document_template_versions", ["partner_id"], unique=False
    )
    append_only(op, "document_template_versions")


def downgrade() -> None:
    """Take back."""
    op.drop_table("document_template_versions")
    op.drop_table("document_templates")
