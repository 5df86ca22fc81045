"""Commission statements, and what partners are billed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only, drop_triggers, is_mariadb, refuse_when
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "025"
down_revision = "024"
branch_labels = None
depends_on = None

_STATEMENTS, _ENTRIES, _CHARGES = "commission_statements", "commission_entries", "wholesale_charges"
_INVOICES, _SERIES, _IMMUTABLE = "invoices", "number_series", "invoice_immutable"
_PARTNERS, _AGREED = "partners", "self_billing_agreed_on"
_FORMAT, _EVIDENCE = "purchase_einvoice_format", "vat_evidence"
_BUYER, _BUYER_INDEX = "buyer_partner_id", "ix_invoices_buyer_partner_id_id"
#: Whose rows may have no tenant: they are of a document between the operator and a partner.
_OF_PARTNERS_TOO = (_INVOICES, "invoice_lines", "document_revisions", "send_requests", "send_history", "payments")
_ONE_BUYER, _ONE_BUYER_RULE = "ck_invoices_one_buyer", "(tenant_id IS NULL) <> (buyer_partner_id IS NULL)"
_TENANT, _MAYBE_TENANT = "tenant_id VARCHAR(36) NOT NULL", "tenant_id VARCHAR(36)"
_TYPES_BEFORE = "document_type IN ('invoice', 'credit_note')"
_TYPES = "document_type IN ('invoice', 'credit_note', 'self_billed_invoice', 'self_billed_credit_note')"
#: A credit note without number, reason, or the issued invoice that it is about.
_UNFOUNDED_BEFORE = (
    "NEW.document_type = 'credit_note' AND (NEW.number IS NULL OR NEW.reason IS NULL OR NOT EXISTS (SELECT 1 "
    "FROM invoices WHERE id = NEW.referenced_invoice_id AND seller_id = NEW.seller_id "
    "AND tenant_id = NEW.tenant_id AND document_type = 'invoice' AND number IS NOT NULL))"
)
_UNFOUNDED = (
    "NEW.document_type IN ('credit_note', 'self_billed_credit_note') "
    "AND (NEW.number IS NULL OR NEW.reason IS NULL OR NOT EXISTS (SELECT 1 "
    "FROM invoices WHERE id = NEW.referenced_invoice_id AND seller_id = NEW.seller_id "
    "AND tenant_id <=> NEW.tenant_id AND buyer_partner_id <=> NEW.buyer_partner_id "
    "AND document_type = CASE NEW.document_type WHEN 'credit_note' THEN 'invoice' ELSE 'self_billed_invoice' END "
    "AND number IS NOT NULL))"
)
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
    _create_wholesale_charges()
    op.add_column(_PARTNERS, sa.Column(_AGREED, sa.Date(), nullable=True))
    op.add_column(_PARTNERS, sa.Column(_FORMAT, sa.String(length=32), nullable=True))
    op.add_column(_PARTNERS, sa.Column(_EVIDENCE, JsonText(), nullable=False, server_default="{}"))
    _let_partners_buy()
    _credit_partners_too()


def downgrade() -> None:
    """Take back; there must be no document of a partner any more."""
    drop_triggers(op, ("invoices_credit_notes", "invoices_buyer_kept"))
    refuse_when(op, "invoices_credit_notes", _INVOICES, "INSERT", _UNFOUNDED_BEFORE, _IMMUTABLE)
    drop_triggers(op, (f"{_CHARGES}_no_update", f"{_CHARGES}_no_delete"))
    op.drop_table(_CHARGES)
    _let_only_tenants_buy()
    for name in (_EVIDENCE, _FORMAT, _AGREED):
        op.drop_column(_PARTNERS, name)
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


def _create_wholesale_charges() -> None:
    op.create_table(
        _CHARGES,
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("charge_kind", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("list_cents", sa.BigInteger(), nullable=False),
        sa.Column("discount_bp", sa.Integer(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "ordinal", "charge_kind", name=op.f("pk_wholesale_charges")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_wholesale_charges_invoice_id")),
        sa.CheckConstraint(
            "charge_kind IN ('recurring', 'adjustment', 'pack', 'usage')",
            name=op.f("ck_wholesale_charges_charge_kind_known"),
        ),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_wholesale_charges_invoice_id_position"), _CHARGES, ["invoice_id", "position"])
    op.create_index(op.f("ix_wholesale_charges_partner_id"), _CHARGES, ["partner_id"])
    append_only(op, _CHARGES)


def _let_partners_buy() -> None:
    """Let a document have a partner for its buyer instead of a tenant, and the buyer write it."""
    if is_mariadb(op):
        op.add_column(_INVOICES, sa.Column(_BUYER, sa.String(length=36), nullable=True))
        for table in _OF_PARTNERS_TOO:
            op.alter_column(table, "tenant_id", existing_type=sa.String(length=36), nullable=True)
        for table in (_INVOICES, _SERIES):
            op.drop_constraint(op.f(f"ck_{table}_document_type_known"), table, type_="check")
            op.create_check_constraint(op.f(f"ck_{table}_document_type_known"), table, sa.text(_TYPES))
        op.create_check_constraint(op.f(_ONE_BUYER), _INVOICES, sa.text(_ONE_BUYER_RULE))
    else:
        rule = f"CONSTRAINT {_ONE_BUYER} CHECK ({_ONE_BUYER_RULE})"
        op.execute(sa.text(f"ALTER TABLE {_INVOICES} ADD COLUMN {_BUYER} VARCHAR(36) {rule}"))
        _rewrite([(table, _TENANT, _MAYBE_TENANT) for table in _OF_PARTNERS_TOO])
        _rewrite([(table, _TYPES_BEFORE, _TYPES) for table in (_INVOICES, _SERIES)])
    op.create_index(op.f(_BUYER_INDEX), _INVOICES, [_BUYER, "id"])
    moved = "NOT (NEW.buyer_partner_id <=> OLD.buyer_partner_id)"
    refuse_when(op, "invoices_buyer_kept", _INVOICES, "UPDATE", moved, _IMMUTABLE)


def _let_only_tenants_buy() -> None:
    op.drop_index(op.f(_BUYER_INDEX), _INVOICES)
    if is_mariadb(op):
        op.drop_constraint(op.f(_ONE_BUYER), _INVOICES, type_="check")
        for table in (_INVOICES, _SERIES):
            op.drop_constraint(op.f(f"ck_{table}_document_type_known"), table, type_="check")
            op.create_check_constraint(op.f(f"ck_{table}_document_type_known"), table, sa.text(_TYPES_BEFORE))
        for table in _OF_PARTNERS_TOO:
            op.alter_column(table, "tenant_id", existing_type=sa.String(length=36), nullable=False)
    else:
        _rewrite([(table, _TYPES, _TYPES_BEFORE) for table in (_INVOICES, _SERIES)])
        _rewrite([(table, _MAYBE_TENANT, _TENANT) for table in _OF_PARTNERS_TOO])
    op.drop_column(_INVOICES, _BUYER)


def _credit_partners_too() -> None:
    drop_triggers(op, ("invoices_credit_notes",))
    refuse_when(op, "invoices_credit_notes", _INVOICES, "INSERT", _UNFOUNDED, _IMMUTABLE)


def _rewrite(changes: list[tuple[str, str, str]]) -> None:
    """Change constraints of SQLite's tables where they are written down.

    Its own way to do so (https://sqlite.org/lang_altertable.html, section 7): making a table anew would
    empty those that refer to it. No stored row changes by it.
    """
    connection = op.get_bind()
    (version,) = connection.exec_driver_sql("PRAGMA schema_version").one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, before, after in changes:
        (written,) = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
        ).one()
        if before not in written:
            raise RuntimeError(f"{table} is not written as expected: {before}")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
            (written.replace(before, after, 1), table),
        )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
