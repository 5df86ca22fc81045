"""What an audit reads of payments: what invoices say of them, and what they sum to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from scaicontrol_adapters.sql.reads.payments import OWED
from scaicontrol_adapters.sql.rows.billing import InvoiceRow
from scaicontrol_adapters.sql.rows.payments import PaymentRow
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.integrity.settling import SettledInvoice
from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentStatus

_REFUND = aliased(PaymentRow)
_COUNTS = PaymentRow.status == PaymentStatus.SUCCEEDED.value
_IS_PAYMENT = PaymentRow.kind == PaymentKind.PAYMENT.value
_FOREIGN = and_(
    PaymentRow.id.is_not(None),
    or_(
        PaymentRow.currency != InvoiceRow.currency,
        PaymentRow.seller_id != InvoiceRow.seller_id,
        func.coalesce(PaymentRow.tenant_id, "") != func.coalesce(InvoiceRow.tenant_id, ""),
    ),
)


def _sum(which: Any, cents: Any) -> Any:
    return func.coalesce(func.sum(case((which, cents), else_=0)), 0)


SETTLED: Any = (
    select(
        InvoiceRow.id,
        InvoiceRow.number,
        InvoiceRow.status,
        InvoiceRow.gross_cents,
        InvoiceRow.credited_net_cents + InvoiceRow.credited_tax_cents,
        InvoiceRow.paid_cents,
        InvoiceRow.refunded_cents,
        _sum(and_(_COUNTS, _IS_PAYMENT), PaymentRow.amount_cents),
        _sum(and_(_COUNTS, ~_IS_PAYMENT), PaymentRow.amount_cents),
        _sum(_FOREIGN, 1),
    )
    .outerjoin(PaymentRow, PaymentRow.invoice_id == InvoiceRow.id)
    .where(InvoiceRow.number.is_not(None), InvoiceRow.document_type.in_(OWED))
    .group_by(InvoiceRow.id)
    .order_by(InvoiceRow.id)
)
_RETURNED = func.coalesce(func.sum(_REFUND.amount_cents), 0)
#: Payments that say otherwise than their refunds and chargebacks, and by how much.
MISRETURNED: Any = (
    select(PaymentRow.id, PaymentRow.returned_cents - _RETURNED)
    .outerjoin(_REFUND, and_(_REFUND.payment_id == PaymentRow.id, _REFUND.status == PaymentStatus.SUCCEEDED.value))
    .group_by(PaymentRow.id, PaymentRow.returned_cents)
    .having(PaymentRow.returned_cents != _RETURNED)
    .order_by(PaymentRow.id)
)


def settled_invoice(row: Any) -> SettledInvoice:
    """Read a row of ``SETTLED``."""
    return SettledInvoice(
        invoice_id=row[0],
        number=row[1],
        status=InvoiceStatus(row[2]),
        gross_cents=row[3],
        credited_cents=int(row[4]),
        paid_cents=row[5],
        refunded_cents=row[6],
        received_cents=int(row[7]),
        returned_cents=int(row[8]),
        foreign=int(row[9]),
    )
