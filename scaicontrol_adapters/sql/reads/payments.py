"""What is open on invoices, now and at the end of a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from scaicontrol_adapters.sql.rows.billing import InvoiceRow
from scaicontrol_adapters.sql.rows.payments import PaymentRow
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentStatus
from scaicontrol_core.payments.receivable import Receivable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
    from scaicontrol_core.payments.receivable import EndOfDay

#: The documents that somebody owes.
OWED = [kind.value for kind in DocumentType if not kind.is_credit_note]
_NOTE = aliased(InvoiceRow)
#: What an invoice says is open on it; 0 for one that is void.
STATED_CENTS: Any = case(
    (InvoiceRow.status == InvoiceStatus.VOID.value, 0),
    else_=InvoiceRow.gross_cents
    - InvoiceRow.credited_net_cents
    - InvoiceRow.credited_tax_cents
    - InvoiceRow.paid_cents
    + InvoiceRow.refunded_cents,
)
_CREDITED = (
    select(func.coalesce(func.sum(_NOTE.gross_cents), 0))
    .where(
        _NOTE.referenced_invoice_id == InvoiceRow.id,
        _NOTE.number.is_not(None),
        _NOTE.order_date <= bindparam("day"),
    )
    .correlate(InvoiceRow)
    .scalar_subquery()
)
_SIGNED = case((PaymentRow.kind == PaymentKind.PAYMENT.value, PaymentRow.amount_cents), else_=-PaymentRow.amount_cents)
_RECEIVED = (
    select(func.coalesce(func.sum(_SIGNED), 0))
    .where(
        PaymentRow.invoice_id == InvoiceRow.id,
        PaymentRow.status == PaymentStatus.SUCCEEDED.value,
        PaymentRow.received_on <= bindparam("day"),
    )
    .correlate(InvoiceRow)
    .scalar_subquery()
)
_BALANCE: Any = InvoiceRow.gross_cents + _CREDITED - _RECEIVED
_WHOSE = (
    InvoiceRow.id,
    InvoiceRow.seller_id,
    InvoiceRow.tenant_id,
    InvoiceRow.buyer_partner_id,
    InvoiceRow.number,
    InvoiceRow.currency,
    InvoiceRow.due_date,
)
_INVOICES = (InvoiceRow.document_type.in_(OWED), InvoiceRow.number.is_not(None))
_OF_SELLER = (
    select(*_WHOSE, _BALANCE, STATED_CENTS)
    .where(
        *_INVOICES,
        InvoiceRow.seller_id == bindparam("seller"),
        InvoiceRow.order_date <= bindparam("day"),
        or_(InvoiceRow.voided_at.is_(None), InvoiceRow.voided_at >= bindparam("ends")),
        or_(_BALANCE != 0, STATED_CENTS != 0),
        InvoiceRow.id > bindparam("last_id"),
    )
    .order_by(InvoiceRow.id)
    .limit(bindparam("at_most"))
)
_OF_TENANT = (
    select(*_WHOSE, STATED_CENTS, STATED_CENTS)
    .where(*_INVOICES, InvoiceRow.tenant_id == bindparam("tenant"), STATED_CENTS != 0)
    .order_by(InvoiceRow.id)
)


class SqlReceivables:
    """What is open on invoices within scope (port ``Receivables``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of_seller(
        self, seller_id: PartnerId, when: EndOfDay, *, after: InvoiceId | None, limit: int
    ) -> Sequence[Receivable]:
        """Return a seller's invoices that are not settled at the end of a day, by id."""
        wanted = {"seller": seller_id, "day": when.day, "ends": when.ends, "last_id": after or "", "at_most": limit}
        return [_receivable(row) for row in (await self._transaction.execute(_OF_SELLER, wanted)).all()]

    async def of_tenant(self, tenant_id: TenantId) -> Sequence[Receivable]:
        """Return a tenant's invoices that say they are not settled, by id."""
        return [_receivable(row) for row in (await self._transaction.execute(_OF_TENANT, {"tenant": tenant_id})).all()]


def _receivable(row: Any) -> Receivable:
    return Receivable(
        invoice_id=row[0],
        seller_id=row[1],
        tenant_id=row[2],
        buyer_partner_id=row[3],
        number=row[4],
        currency=row[5],
        due_date=row[6],
        balance_cents=int(row[7]),
        stated_cents=int(row[8]),
    )
