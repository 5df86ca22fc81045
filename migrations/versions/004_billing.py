"""Billing: invoices, number series, ledger, runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only, refuse_when
from scaicontrol_adapters.sql.types import Exact, JsonText, UtcInstant

revision = "004"
down_revision = "003"
branch_labels = None
depends_on = None

IMMUTABLE = "invoice_immutable"
SERIES_IMMUTABLE = "number_series_immutable"
#: What a numbered invoice says. Whatever may still change is not in this list.
FROZEN = (
    "id",
    "seller_id",
    "document_type",
    "currency",
    "created_at",
    "period_start",
    "period_end",
    "notes",
    "buyer_reference",
    "invoice_date",
    "due_date",
    "run_id",
    "number",
    "sequence",
    "fiscal_year",
    "issue_date",
    "net_cents",
    "tax_cents",
    "gross_cents",
    "line_count",
    "frozen_document",
    "chain_hash",
    "finalized_at",
    "order_date",
    "order_number",
    "tenant_id",
    "partner_id",
)
SERIES_KEY = ("seller_id", "document_type", "fiscal_year")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "billing_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.Column("tenant_id", sa.String(length=36), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("month_start", sa.Date(), nullable=False),
        sa.Column("month_end", sa.Date(), nullable=False),
        sa.Column("totals", JsonText(), nullable=False),
        sa.Column("started_at", UtcInstant(), nullable=False),
        sa.Column("finished_at", UtcInstant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('running', 'completed')", name=op.f("ck_billing_runs_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_runs")),
        **MARIADB_TABLE,
    )
    op.create_index(
        op.f("ix_billing_runs_partner_id_started_at_id"),
        "billing_runs",
        ["partner_id", "started_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_billing_runs_started_at_id"), "billing_runs", ["started_at", "id"], unique=False)
    op.create_table(
        "number_series",
        sa.Column("seller_id", sa.String(length=36), nullable=False),
        sa.Column("document_type", sa.String(length=32), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.Column("last_issue_date", sa.Date(), nullable=True),
        sa.Column("last_hash", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "document_type IN ('invoice', 'credit_note')", name=op.f("ck_number_series_document_type_known")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["partners.id"], name=op.f("fk_number_series_seller_id")),
        sa.PrimaryKeyConstraint("seller_id", "document_type", "fiscal_year", name=op.f("pk_number_series")),
        **MARIADB_TABLE,
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("seller_id", sa.String(length=36), nullable=False),
        sa.Column("document_type", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("buyer_reference", sa.String(length=255), nullable=True),
        sa.Column("invoice_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("tax_cents", sa.BigInteger(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column(
            "frozen_document",
            sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb").with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column("chain_hash", sa.String(length=64), nullable=True),
        sa.Column("finalized_at", UtcInstant(), nullable=True),
        sa.Column("sent_at", UtcInstant(), nullable=True),
        sa.Column("paid_at", UtcInstant(), nullable=True),
        sa.Column("voided_at", UtcInstant(), nullable=True),
        sa.Column("void_reason", sa.String(length=500), nullable=True),
        sa.Column("pdf_status", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("order_date", sa.Date(), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("document_type IN ('invoice', 'credit_note')", name=op.f("ck_invoices_document_type_known")),
        sa.CheckConstraint(
            "number IS NOT NULL OR status IN ('draft', 'void')", name=op.f("ck_invoices_numbered_unless_draft")
        ),
        sa.CheckConstraint(
            "pdf_status IN ('none', 'pending', 'ready', 'failed')", name=op.f("ck_invoices_pdf_status_known")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'finalized', 'sent', 'past_due', 'paid', 'void')",
            name=op.f("ck_invoices_status_known"),
        ),
        sa.CheckConstraint(
            "(number IS NULL AND sequence IS NULL AND fiscal_year IS NULL AND issue_date IS NULL AND frozen_document IS NULL AND chain_hash IS NULL AND finalized_at IS NULL) OR (number IS NOT NULL AND sequence IS NOT NULL AND fiscal_year IS NOT NULL AND issue_date IS NOT NULL AND frozen_document IS NOT NULL AND chain_hash IS NOT NULL AND finalized_at IS NOT NULL)",
            name=op.f("ck_invoices_numbered_whole"),
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["partners.id"], name=op.f("fk_invoices_seller_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_invoices_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint(
            "seller_id",
            "document_type",
            "fiscal_year",
            "sequence",
            name=op.f("uq_invoices_seller_id_document_type_fiscal_year_sequence"),
        ),
        sa.UniqueConstraint("seller_id", "number", name=op.f("uq_invoices_seller_id_number")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_invoices_created_at_id"), "invoices", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_invoices_order_date_id"), "invoices", ["order_date", "id"], unique=False)
    op.create_index(op.f("ix_invoices_order_number_id"), "invoices", ["order_number", "id"], unique=False)
    op.create_index(
        op.f("ix_invoices_partner_id_created_at_id"), "invoices", ["partner_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_invoices_pdf_status_id"), "invoices", ["pdf_status", "id"], unique=False)
    op.create_index(op.f("ix_invoices_run_id_created_at_id"), "invoices", ["run_id", "created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_invoices_seller_id_created_at_id"), "invoices", ["seller_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_invoices_status_created_at_id"), "invoices", ["status", "created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_invoices_tenant_id_created_at_id"), "invoices", ["tenant_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "billed_periods",
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("charge_kind", sa.String(length=32), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("billed_at", UtcInstant(), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("charge_kind IN ('recurring')", name=op.f("ck_billed_periods_charge_kind_known")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_billed_periods_invoice_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_billed_periods_subscription_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_billed_periods_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", "ordinal", "charge_kind", name=op.f("pk_billed_periods")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_billed_periods_invoice_id"), "billed_periods", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_billed_periods_partner_id"), "billed_periods", ["partner_id"], unique=False)
    op.create_index(op.f("ix_billed_periods_run_id"), "billed_periods", ["run_id"], unique=False)
    op.create_table(
        "invoice_lines",
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=False),
        sa.Column("quantity", Exact(length=32), nullable=False),
        sa.Column("unit_price_cents", Exact(length=32), nullable=False),
        sa.Column("unit_price_divisor", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sa.String(length=3), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("supply_date", sa.Date(), nullable=True),
        sa.Column("plan_key", sa.String(length=121), nullable=True),
        sa.Column("subscription_id", sa.String(length=36), nullable=True),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_lines_invoice_id")),
        sa.PrimaryKeyConstraint("invoice_id", "position", name=op.f("pk_invoice_lines")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_invoice_lines_partner_id"), "invoice_lines", ["partner_id"], unique=False)
    op.create_index(op.f("ix_invoice_lines_subscription_id"), "invoice_lines", ["subscription_id"], unique=False)
    op.create_index(op.f("ix_invoice_lines_tenant_id"), "invoice_lines", ["tenant_id"], unique=False)
    append_only(op, "billed_periods")
    _freeze_numbered_invoices()
    _let_series_only_count_on()


def downgrade() -> None:
    """Take back."""
    op.drop_table("invoice_lines")
    op.drop_table("billed_periods")
    op.drop_table("invoices")
    op.drop_table("number_series")
    op.drop_table("billing_runs")


def _freeze_numbered_invoices() -> None:
    """Let nobody change what a numbered invoice says, whatever path they take.

    Its state moves on (sent, paid, void) and so does that of its PDF; nothing else does. Paid
    and void are for ever, and so is the reason for which a document was voided.
    """
    differs = " OR ".join(f"NOT (NEW.{column} <=> OLD.{column})" for column in FROZEN)
    ended = " OR ".join(f"NOT (NEW.{column} <=> OLD.{column})" for column in ("status", "voided_at", "void_reason"))
    changed = (
        f"(OLD.number IS NOT NULL AND ({differs} OR NEW.status = 'draft')) "
        f"OR (OLD.status IN ('paid', 'void') AND ({ended}))"
    )
    refuse_when(op, "invoices_immutable", "invoices", "UPDATE", changed, IMMUTABLE)
    refuse_when(op, "invoices_kept", "invoices", "DELETE", "OLD.number IS NOT NULL", IMMUTABLE)
    # A line may neither leave a numbered invoice nor move into one.
    left = "EXISTS (SELECT 1 FROM invoices WHERE id = OLD.invoice_id AND number IS NOT NULL)"
    touched = "EXISTS (SELECT 1 FROM invoices WHERE id IN (OLD.invoice_id, NEW.invoice_id) AND number IS NOT NULL)"
    refuse_when(op, "invoice_lines_no_update", "invoice_lines", "UPDATE", touched, IMMUTABLE)
    refuse_when(op, "invoice_lines_no_delete", "invoice_lines", "DELETE", left, IMMUTABLE)
    # A billing run writes numbered invoices at once, lines after them: a line is too many when
    # it stands before the first or beyond the count that the invoice itself names.
    beyond = (
        "EXISTS (SELECT 1 FROM invoices WHERE id = NEW.invoice_id AND number IS NOT NULL "
        "AND (NEW.position < 0 OR NEW.position >= line_count))"
    )
    refuse_when(op, "invoice_lines_no_insert", "invoice_lines", "INSERT", beyond, IMMUTABLE)


def _let_series_only_count_on() -> None:
    """Let nobody turn a series back, or take it away once it has numbered anything.

    A counter turned back hands out a number twice; one that is gone begins anew at 1.
    """
    used = "OLD.next_number > OLD.first_number"
    another = " OR ".join(f"NOT (NEW.{column} <=> OLD.{column})" for column in SERIES_KEY)
    settled = " OR ".join(f"NOT (NEW.{column} <=> OLD.{column})" for column in ("prefix", "first_number"))
    turned_back = (
        f"NEW.next_number < OLD.next_number OR ({used} AND ({another} OR {settled})) "
        "OR (OLD.last_hash IS NOT NULL AND NEW.last_hash IS NULL) "
        "OR (OLD.last_issue_date IS NOT NULL "
        "AND (NEW.last_issue_date IS NULL OR NEW.last_issue_date < OLD.last_issue_date))"
    )
    refuse_when(op, "number_series_count_on", "number_series", "UPDATE", turned_back, SERIES_IMMUTABLE)
    refuse_when(op, "number_series_kept", "number_series", "DELETE", used, SERIES_IMMUTABLE)
