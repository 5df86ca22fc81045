"""Payments, refunds and chargebacks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from scaicontrol_adapters.sql.mapping import Fields, enum
from scaicontrol_adapters.sql.reads.paging import Key, Orders, count_of, days, equals, instant, page_of
from scaicontrol_adapters.sql.repositories.base import Repository, Table, telling
from scaicontrol_adapters.sql.rows.payments import PaymentRow
from scaicontrol_core.payments.errors import PaymentReferenceTaken
from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentMethod, PaymentStatus
from scaicontrol_core.payments.payment import Payment
from scaicontrol_core.payments.ports import PAYMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, PaymentId, TenantId
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.payments.ports import PaymentFilter

_ROW = PaymentRow
_PAYMENTS: Table[Payment] = Table(
    _ROW,
    Fields(
        Payment,
        codecs={"kind": enum(PaymentKind), "method": enum(PaymentMethod), "status": enum(PaymentStatus)},
    ),
    what="payment",
    fixed=(
        "seller_id",
        "invoice_id",
        "kind",
        "method",
        "amount_cents",
        "currency",
        "received_on",
        "created_at",
        "payment_id",
        "credit_note_id",
        "idempotency_key",
    ),
)
_ORDERS = Orders(
    PAYMENTS,
    {
        "created_at": (Key(_ROW.created_at, instant), Key(_ROW.id)),
        "received_on": (Key(_ROW.received_on, date.fromisoformat), Key(_ROW.id)),
    },
)
_FILTERS = ("tenant_id", "partner_id", "seller_id", "invoice_id", "kind", "status", "method", "reference", "currency")
_BY_AGE = (_ROW.created_at, _ROW.id)


class SqlPayments(Repository[Payment]):
    """Payments within scope (port ``Payments``)."""

    table = _PAYMENTS

    async def get(self, payment_id: PaymentId) -> Payment:
        """Return one, or raise ``NotFound``."""
        return await self.load(payment_id)

    async def find(self, payment_id: PaymentId) -> Payment | None:
        """Return one if it is there."""
        return await self.load_if_there(payment_id)

    async def with_key(self, seller_id: PartnerId, idempotency_key: str) -> Payment | None:
        """Return the seller's payment of that key, if there is one."""
        return await self.find_where(_ROW.seller_id == seller_id, _ROW.idempotency_key == idempotency_key)

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Payment]:
        """Return all of an invoice, oldest first."""
        return await self.all_where(_ROW.invoice_id == invoice_id, order=_BY_AGE)

    async def of_tenant(self, tenant_id: TenantId, seller_id: PartnerId) -> Sequence[Payment]:
        """Return all that counts between a tenant and a seller, oldest first."""
        return await self.all_where(
            _ROW.tenant_id == tenant_id,
            _ROW.seller_id == seller_id,
            _ROW.status == PaymentStatus.SUCCEEDED.value,
            order=_BY_AGE,
        )

    async def add(self, payment: Payment) -> None:
        """Store a new one; ``PaymentReferenceTaken`` if the seller has its reference already."""
        async with telling(PaymentReferenceTaken(payment.reference)):
            await super().add(payment)

    async def list(self, wanted: PaymentFilter, page: PageRequest) -> Page[Payment]:
        """Return part of the list."""
        predicates = equals(_ROW, wanted, _FILTERS)
        predicates += days(_ROW.received_on, wanted.received_from, wanted.received_to)
        order = _ORDERS.of(page, wanted)
        return await page_of(
            self._transaction, self.table.select, predicates, order, page, self.table.restore, total=count_of(_ROW)
        )
