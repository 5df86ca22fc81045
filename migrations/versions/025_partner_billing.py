"""Commission statements, and what partners are billed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only, drop_triggers, refuse_when
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "025"
down_revision = "024"
branch_labels = None
depends_on = None

_STATEMENTS, _ENTRIES = "commission_statements", "commission_entries"
#: What a closed statement says.
_STATED = (
    "id",
    "partner_id",
    "month",
    "currency",
    "billing_model",
    "operator",
    "partner",
    "net_cents",
    "commission_cents",
    "entry_count",
    "closed_at",
)


def upgrade() -> None:
    """Apply."""
    _create_statements()
    _create_entries()


def downgrade() -> None:
    """Take back."""
    drop_triggers(op, (f"{_ENTRIES}_no_update", f"{_ENTRIES}_no_delete", "commission_statement_kept"))
    drop_triggers(op, ("commission_statement_no_delete",))
    op.drop_table(_ENTRIES)
    op.drop_table(_STATEMENTS)


def _create_statements() -> None:
    op.create_table(
        _STATEMENTS,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("billing_model", sa.String(length=32), nullable=False),
        sa.Column("operator", JsonText(), nullable=False),
        sa.Column("partner", JsonText(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("commission_cents", sa.BigInteger(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcInstant(), nullable=False),
        sa.Column("settled_by", sa.String(length=36), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_statements")),
        sa.ForeignKeyConstraint(["settled_by"], ["invoices.id"], name=op.f("fk_commission_statements_settled_by")),
        sa.UniqueConstraint(
            "partner_id", "month", "currency", name=op.f("uq_commission_statements_partner_id_month_currency")
        ),
        sa.CheckConstraint(
            "billing_model IN ('pass_through', 'wholesale', 'self_billed')",
            name=op.f("ck_commission_statements_billing_model_known"),
        ),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_commission_statements_partner_id_month_id"), _STATEMENTS, ["partner_id", "month", "id"])
    op.create_index(op.f("ix_commission_statements_settled_by"), _STATEMENTS, ["settled_by"])
    differs = " OR ".join(f"NOT (NEW.{name} <=> OLD.{name})" for name in _STATED)
    again = "(OLD.settled_by IS NOT NULL AND NOT (NEW.settled_by <=> OLD.settled_by))"
    code = "commission_statement_immutable"
    refuse_when(op, "commission_statement_kept", _STATEMENTS, "UPDATE", f"{differs} OR {again}", code)
    refuse_when(op, "commission_statement_no_delete", _STATEMENTS, "DELETE", "1 = 1", code)


def _create_entries() -> None:
    op.create_table(
        _ENTRIES,
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("statement_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=False),
        sa.Column("customer", sa.String(length=255), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("commission_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", "kind", name=op.f("pk_commission_entries")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_commission_entries_invoice_id")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["commission_statements.id"], name=op.f("fk_commission_entries_statement_id")
        ),
        sa.CheckConstraint(
            "kind IN ('invoice', 'credit_note', 'cancellation')", name=op.f("ck_commission_entries_kind_known")
        ),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_commission_entries_statement_id_position"), _ENTRIES, ["statement_id", "position"])
    op.create_index(op.f("ix_commission_entries_partner_id"), _ENTRIES, ["partner_id"])
    append_only(op, _ENTRIES)
