"""Credit notes: what they correct, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import drop_triggers, refuse_when
from scaicontrol_adapters.sql.types import JsonText

revision = "009"
down_revision = "008"
branch_labels = None
depends_on = None

IMMUTABLE = "invoice_immutable"
_INVOICES = "invoices"
_REFERENCE = "ix_invoices_referenced_invoice_id_id"
_TRIGGERS = ("invoices_credited", "invoices_credit_notes")


def upgrade() -> None:
    """Apply."""
    op.add_column(_INVOICES, sa.Column("referenced_invoice_id", sa.String(length=36), nullable=True))
    op.add_column(_INVOICES, sa.Column("reason", sa.String(length=500), nullable=True))
    for name in ("credited_net_cents", "credited_tax_cents"):
        op.add_column(_INVOICES, sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    for name in ("credited_lines", "credited_note_ids"):
        op.add_column(_INVOICES, sa.Column(name, JsonText(), nullable=False, server_default="[]"))
    op.create_index(op.f(_REFERENCE), _INVOICES, ["referenced_invoice_id", "id"], unique=False)
    _keep_what_was_credited()
    _ask_for_the_invoice()


def downgrade() -> None:
    """Take back."""
    drop_triggers(op, _TRIGGERS)
    op.drop_index(op.f(_REFERENCE), _INVOICES)
    for name in (
        "credited_note_ids",
        "credited_lines",
        "credited_tax_cents",
        "credited_net_cents",
        "reason",
        "referenced_invoice_id",
    ):
        op.drop_column(_INVOICES, name)


def _keep_what_was_credited() -> None:
    """Let nobody change what a credit note corrects and why, credit less again, or more than there is."""
    other = " OR ".join(f"NOT (NEW.{column} <=> OLD.{column})" for column in ("referenced_invoice_id", "reason"))
    less = "ABS(NEW.credited_net_cents) < ABS(OLD.credited_net_cents)"
    more = (
        "ABS(NEW.credited_net_cents) > ABS(NEW.net_cents) "
        "OR ABS(NEW.credited_net_cents + NEW.credited_tax_cents) > ABS(NEW.gross_cents)"
    )
    changed = f"OLD.number IS NOT NULL AND ({other} OR {less} OR {more})"
    refuse_when(op, _TRIGGERS[0], _INVOICES, "UPDATE", changed, IMMUTABLE)


def _ask_for_the_invoice() -> None:
    """Take a credit note only with its number, its reason, and an issued invoice to refer to."""
    invoice = (
        "EXISTS (SELECT 1 FROM invoices WHERE id = NEW.referenced_invoice_id AND seller_id = NEW.seller_id "
        "AND tenant_id = NEW.tenant_id AND document_type = 'invoice' AND number IS NOT NULL)"
    )
    refused = f"NEW.document_type = 'credit_note' AND (NEW.number IS NULL OR NEW.reason IS NULL OR NOT {invoice})"
    refuse_when(op, _TRIGGERS[1], _INVOICES, "INSERT", refused, IMMUTABLE)
