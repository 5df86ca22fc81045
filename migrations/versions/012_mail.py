"""Requests to send a document, and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "012"
down_revision = "011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "send_requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("mail_type", sa.String(length=32), nullable=False),
        sa.Column("recipients", JsonText(), nullable=False),
        sa.Column("requested_by", sa.String(length=255), nullable=False),
        sa.Column("requested_at", UtcInstant(), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("due_at", UtcInstant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", UtcInstant(), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.String(length=998), nullable=True),
        sa.Column(
            "html",
            sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb").with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column("template", sa.String(length=255), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("composed_at", UtcInstant(), nullable=True),
        sa.Column("message_id", sa.String(length=191), nullable=True),
        sa.Column("handed_at", UtcInstant(), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(
            "mail_type IN ('email_invoice', 'email_credit_note', 'email_trial_ending', 'email_payment_failed', 'email_reminder_1', 'email_reminder_2', 'email_reminder_3')",
            name=op.f("ck_send_requests_mail_type_known"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'sent', 'failed', 'delivered', 'bounced')", name=op.f("ck_send_requests_status_known")
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_send_requests_invoice_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_send_requests_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_send_requests")),
        sa.UniqueConstraint("invoice_id", "request_key", name=op.f("uq_send_requests_invoice_id_request_key")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_send_requests_message_id"), "send_requests", ["message_id"], unique=False)
    op.create_index(op.f("ix_send_requests_partner_id"), "send_requests", ["partner_id"], unique=False)
    op.create_index(
        op.f("ix_send_requests_status_due_at_id"), "send_requests", ["status", "due_at", "id"], unique=False
    )
    op.create_table(
        "send_history",
        sa.Column("send_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("recipients", JsonText(), nullable=False),
        sa.Column("event_key", sa.String(length=128), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("template", sa.String(length=255), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.String(length=191), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("message", sa.String(length=500), nullable=True),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(
            "result IN ('handed_over', 'deferred', 'failed', 'delivered', 'bounced', 'complained')",
            name=op.f("ck_send_history_result_known"),
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_send_history_invoice_id")),
        sa.ForeignKeyConstraint(["send_id"], ["send_requests.id"], name=op.f("fk_send_history_send_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_send_history_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("send_id", "ordinal", name=op.f("pk_send_history")),
        sa.UniqueConstraint("send_id", "event_key", name=op.f("uq_send_history_send_id_event_key")),
        **MARIADB_TABLE,
    )
    op.create_index(
        op.f("ix_send_history_invoice_id_send_id_ordinal"),
        "send_history",
        ["invoice_id", "send_id", "ordinal"],
        unique=False,
    )
    op.create_index(op.f("ix_send_history_partner_id"), "send_history", ["partner_id"], unique=False)
    append_only(op, "send_history")


def downgrade() -> None:
    """Take back."""
    op.drop_table("send_history")
    op.drop_table("send_requests")
