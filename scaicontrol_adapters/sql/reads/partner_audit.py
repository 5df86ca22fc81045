"""What an audit reads of commission statements and of what partners are billed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from scaicontrol_adapters.sql.rows.billing import BilledPeriodRow, InvoiceRow
from scaicontrol_adapters.sql.rows.commissions import CommissionEntryRow, CommissionStatementRow
from scaicontrol_adapters.sql.rows.wholesale import WholesaleChargeRow
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.integrity.partner_billing import PartnerInvoice, StatedCommissions
from scaicontrol_core.integrity.ports import Repeated, Repeats
from scaicontrol_core.kernel.ids import InvoiceId, StatementId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_adapters.sql.transaction import Transaction

_S, _E, _W, _L = CommissionStatementRow, CommissionEntryRow, WholesaleChargeRow, BilledPeriodRow
_STATED = (_S.id, _S.month, _S.entry_count, _S.net_cents, _S.commission_cents)
_STATEMENTS: Any = (
    select(*_STATED, func.count(_E.invoice_id), func.sum(_E.net_cents), func.sum(_E.commission_cents))
    .outerjoin(_E, _E.statement_id == _S.id)
    .group_by(*_STATED)
    .order_by(_S.id)
)
_SETTLED = (
    select(func.sum(_S.commission_cents)).where(_S.settled_by == InvoiceRow.id).correlate(InvoiceRow).scalar_subquery()
)
_CHARGED = select(func.sum(_W.net_cents)).where(_W.invoice_id == InvoiceRow.id).correlate(InvoiceRow).scalar_subquery()
_INVOICES: Any = (
    select(InvoiceRow.id, InvoiceRow.number, InvoiceRow.net_cents, _SETTLED, _CHARGED)
    .where(
        InvoiceRow.buyer_partner_id.is_not(None),
        InvoiceRow.number.is_not(None),
        InvoiceRow.document_type.in_([each.value for each in DocumentType if not each.is_credit_note]),
    )
    .order_by(InvoiceRow.id)
)
_CHARGES: Any = select(func.count()).select_from(_W)
#: Charges whose customer was never charged, or something else.
_UNFOUNDED: Any = (
    select(_W.invoice_id, func.count())
    .outerjoin(
        _L,
        and_(_L.subscription_id == _W.subscription_id, _L.charge_kind == _W.charge_kind, _L.ordinal == _W.ordinal),
    )
    .where(
        or_(
            _L.subscription_id.is_(None),
            _L.net_cents != _W.list_cents,
            _L.currency != _W.currency,
            _L.partner_id != _W.partner_id,
        )
    )
    .group_by(_W.invoice_id)
    .order_by(_W.invoice_id)
)


async def statements(transaction: Transaction, *, after: StatementId | None, limit: int) -> Sequence[StatedCommissions]:
    """Return closed statements with the sums of their entries, by id."""
    rows = await transaction.execute(_STATEMENTS.where(_S.id > (after or "")).limit(limit))
    return [_stated(row) for row in rows]


async def partner_invoices(
    transaction: Transaction, *, after: InvoiceId | None, limit: int
) -> Sequence[PartnerInvoice]:
    """Return invoices between the operator and partners with what stands behind them, by id."""
    rows = await transaction.execute(_INVOICES.where(InvoiceRow.id > (after or "")).limit(limit))
    return [_invoice(row) for row in rows]


async def unfounded_charges(transaction: Transaction) -> Repeats:
    """Look at all charges of partners for those that their customers were not charged."""
    rows: Sequence[Any] = (await transaction.execute(_UNFOUNDED)).all()
    found = [Repeated("invoice", row[0], row[1]) for row in rows]
    checked: int = (await transaction.execute(_CHARGES)).scalar_one()
    return Repeats(checked, found)


def _stated(row: Any) -> StatedCommissions:
    return StatedCommissions(
        statement_id=StatementId(row[0]),
        month=f"{row[1]:%Y-%m}",
        entry_count=row[2],
        net_cents=row[3],
        commission_cents=row[4],
        entries=row[5],
        entries_net_cents=int(row[6] or 0),
        entries_commission_cents=int(row[7] or 0),
    )


def _invoice(row: Any) -> PartnerInvoice:
    backed = int(row[3] or 0) + int(row[4] or 0)
    return PartnerInvoice(invoice_id=InvoiceId(row[0]), number=row[1], net_cents=row[2], backed_cents=backed)
