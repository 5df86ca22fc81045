"""Payments and refunds: the ledger of money, and what an invoice says of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, drop_triggers, refuse_when
from scaicontrol_adapters.sql.types import UtcInstant

revision = "024"
down_revision = "023"
branch_labels = None
depends_on = None

_INVOICES, _PAYMENTS, _IMMUTABLE = "invoices", "payments", "payment_immutable"
_DUE = "ix_invoices_status_due_date_id"
_INDEXES = (
    ("invoice_id", "id"),
    ("created_at", "id"),
    ("tenant_id", "created_at", "id"),
    ("partner_id", "created_at", "id"),
    ("seller_id", "created_at", "id"),
    ("received_on", "id"),
)
_WRITTEN_ONCE = (
    "id",
    "seller_id",
    "invoice_id",
    "kind",
    "method",
    "amount_cents",
    "currency",
    "received_on",
    "created_at",
    "idempotency_key",
    "payment_id",
    "credit_note_id",
    "tenant_id",
    "partner_id",
)
#: What a numbered invoice says; as the triggers of its own migration have it.
_FROZEN = (
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


def upgrade() -> None:
    """Apply."""
    for name in ("paid_cents", "refunded_cents"):
        op.add_column(_INVOICES, sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column(_INVOICES, sa.Column("payment_failed_at", UtcInstant(), nullable=True))
    op.create_index(op.f(_DUE), _INVOICES, ["status", "due_date", "id"])
    _create_payments()
    _let_paid_be_owed_again("OLD.status = 'paid' AND NOT (NEW.status IN ('paid', 'past_due'))")
    _close_what_is_credited()
    beyond = "NEW.refunded_cents < 0 OR NEW.refunded_cents > NEW.paid_cents OR NEW.paid_cents < OLD.paid_cents"
    refuse_when(op, "invoices_payments", _INVOICES, "UPDATE", beyond, "invoice_immutable")


def downgrade() -> None:
    """Take back; what was paid is known no more."""
    drop_triggers(op, ("invoices_payments",))
    op.drop_table(_PAYMENTS)
    _let_paid_be_owed_again("OLD.status = 'paid' AND NEW.status <> 'paid'")
    op.drop_index(op.f(_DUE), _INVOICES)
    for name in ("payment_failed_at", "refunded_cents", "paid_cents"):
        op.drop_column(_INVOICES, name)


def _create_payments() -> None:
    op.create_table(
        _PAYMENTS,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("seller_id", sa.String(length=36), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("provider", sa.String(length=60), nullable=True),
        sa.Column("reference", sa.String(length=140), nullable=True),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("payment_id", sa.String(length=36), nullable=True),
        sa.Column("credit_note_id", sa.String(length=36), nullable=True),
        sa.Column("failure_code", sa.String(length=60), nullable=True),
        sa.Column("settled_at", UtcInstant(), nullable=True),
        sa.Column("returned_cents", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        *_rules(),
        **MARIADB_TABLE,
    )
    for columns in _INDEXES:
        op.create_index(op.f(f"ix_payments_{'_'.join(columns)}"), _PAYMENTS, list(columns))
    changed = " OR ".join(f"NOT (NEW.{column} <=> OLD.{column})" for column in _WRITTEN_ONCE)
    settled = (
        "OLD.status IN ('succeeded', 'failed') AND (NEW.status <> OLD.status OR NOT (NEW.reference <=> OLD.reference))"
    )
    refuse_when(op, "payments_kept", _PAYMENTS, "UPDATE", f"{changed} OR ({settled})", _IMMUTABLE)
    refuse_when(op, "payments_no_delete", _PAYMENTS, "DELETE", "1 = 1", _IMMUTABLE)


def _rules() -> tuple[sa.Constraint, ...]:
    return (
        sa.CheckConstraint("kind IN ('payment', 'refund', 'chargeback')", name=op.f("ck_payments_kind_known")),
        sa.CheckConstraint(
            "method IN ('bank_transfer', 'card', 'sepa_debit', 'crypto', 'other')",
            name=op.f("ck_payments_method_known"),
        ),
        sa.CheckConstraint(
            "status IN ('initiated', 'pending', 'succeeded', 'failed')", name=op.f("ck_payments_status_known")
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint(
            "returned_cents >= 0 AND returned_cents <= amount_cents", name=op.f("ck_payments_returned_within_amount")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["partners.id"], name=op.f("fk_payments_seller_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_payments_invoice_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_payments_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("seller_id", "reference", name=op.f("uq_payments_seller_id_reference")),
        sa.UniqueConstraint("seller_id", "idempotency_key", name=op.f("uq_payments_seller_id_idempotency_key")),
    )


def _let_paid_be_owed_again(moved: str) -> None:
    """Say anew what a numbered invoice never changes, and where one that is paid may go."""
    drop_triggers(op, ("invoices_immutable",))
    differs = " OR ".join(f"NOT (NEW.{column} <=> OLD.{column})" for column in _FROZEN)
    voided = " OR ".join(f"NOT (NEW.{column} <=> OLD.{column})" for column in ("voided_at", "void_reason"))
    changed = (
        f"(OLD.number IS NOT NULL AND ({differs} OR NEW.status = 'draft')) "
        f"OR (OLD.status = 'void' AND (NEW.status <> 'void' OR {voided})) "
        f"OR (OLD.status = 'paid' AND ({voided})) OR ({moved})"
    )
    refuse_when(op, "invoices_immutable", _INVOICES, "UPDATE", changed, "invoice_immutable")


def _close_what_is_credited() -> None:
    """Call paid what was sent and is open no more: until now only payments would have closed it."""
    op.execute(
        sa.text(
            "UPDATE invoices SET status = 'paid', paid_at = COALESCE(sent_at, finalized_at) "
            "WHERE document_type = 'invoice' AND status IN ('sent', 'past_due') "
            "AND gross_cents <= credited_net_cents + credited_tax_cents"
        )
    )
