"""What an audit reads of commission statements and of what partners are billed, from memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scaicontrol_core.integrity.partner_billing import PartnerInvoice, StatedCommissions
from scaicontrol_core.integrity.ports import Repeated, Repeats

if TYPE_CHECKING:
    from scaicontrol_core.billing.commissions.statement import CommissionStatement
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.wholesale.charge import WholesaleCharge
    from scaicontrol_core.kernel.ids import InvoiceId, StatementId
    from scaicontrol_core.testing.memory_store import Transaction


def statements(transaction: Transaction, *, after: StatementId | None, limit: int) -> Sequence[StatedCommissions]:
    """Return closed statements with the sums of their entries, by id."""
    kept: list[CommissionStatement] = sorted(transaction.rows("commission_statements"), key=lambda row: row.id)
    return [
        StatedCommissions(
            statement_id=row.id,
            month=row.name,
            entry_count=row.entry_count,
            net_cents=row.net_cents,
            commission_cents=row.commission_cents,
            entries=len(row.entries),
            entries_net_cents=sum(entry.net_cents for entry in row.entries),
            entries_commission_cents=sum(entry.commission_cents for entry in row.entries),
        )
        for row in kept
        if row.id > (after or "")
    ][:limit]


def partner_invoices(transaction: Transaction, *, after: InvoiceId | None, limit: int) -> Sequence[PartnerInvoice]:
    """Return invoices between the operator and partners with what stands behind them, by id."""
    backed: Counter[str] = Counter()
    for statement in transaction.rows("commission_statements"):
        if statement.settled_by is not None:
            backed[statement.settled_by] += statement.commission_cents
    for charge in transaction.rows("wholesale_charges"):
        backed[charge.invoice_id] += charge.net_cents
    kept: list[Invoice] = sorted(transaction.rows("invoices"), key=lambda row: row.id)
    return [
        PartnerInvoice(invoice_id=row.id, number=row.number, net_cents=row.net_cents, backed_cents=backed[row.id])
        for row in kept
        if row.buyer_partner_id and row.number and not row.document_type.is_credit_note and row.id > (after or "")
    ][:limit]


def unfounded_charges(transaction: Transaction) -> Repeats:
    """Look at all charges of partners for those that their customers were not charged."""
    charges: list[WholesaleCharge] = transaction.rows("wholesale_charges")
    charged = {
        (row.subscription_id, row.ordinal, row.charge_kind): (row.net_cents, row.currency, row.partner_id)
        for row in transaction.rows("billed_periods")
    }
    wrong = Counter(
        row.invoice_id
        for row in charges
        if charged.get((row.subscription_id, row.ordinal, row.charge_kind))
        != (row.list_cents, row.currency, row.partner_id)
    )
    return Repeats(len(charges), [Repeated("invoice", key, count) for key, count in sorted(wrong.items())])
