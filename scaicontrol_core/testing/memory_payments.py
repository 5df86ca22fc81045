"""Payments, refunds and chargebacks in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.kernel.errors import Refused, Retryable
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.payments.errors import PaymentReferenceTaken
from scaicontrol_core.payments.payment import Payment
from scaicontrol_core.payments.ports import PAYMENTS, PaymentFilter
from scaicontrol_core.payments.receivable import EndOfDay, Receivable
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable, within
from scaicontrol_core.testing.memory_store import MemoryCollection, Transaction, UniqueKey

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, PaymentId, TenantId
    from scaicontrol_core.kernel.scope import Scope

_FILTERS = ("tenant_id", "partner_id", "seller_id", "invoice_id", "kind", "status", "method", "reference", "currency")
_MAY_CHANGE = {"status", "failure_code", "settled_at", "returned_cents", "provider", "reference", "version"}


class MemoryPayments(MemoryCollection[Payment]):
    """All payments within scope."""

    table = "payments"
    what = "payment"
    _SORTS: ClassVar[Mapping[str, SortKey[Payment]]] = {
        "created_at": lambda row: (sortable(row.created_at), row.id),
        "received_on": lambda row: (row.received_on.isoformat(), row.id),
    }

    async def find(self, payment_id: PaymentId) -> Payment | None:
        """Return one if it is there."""
        return self._find(payment_id)

    async def with_key(self, seller_id: PartnerId, idempotency_key: str) -> Payment | None:
        """Return the seller's payment of that key, if there is one."""
        own = (row for row in self._visible() if row.seller_id == seller_id)
        return next((row for row in own if row.idempotency_key == idempotency_key), None)

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Payment]:
        """Return all of an invoice, oldest first."""
        return _by_age(row for row in self._visible() if row.invoice_id == invoice_id)

    async def of_tenant(self, tenant_id: TenantId, seller_id: PartnerId) -> Sequence[Payment]:
        """Return all that counts between a tenant and a seller, oldest first."""
        owners = (tenant_id, seller_id)
        return _by_age(row for row in self._visible() if row.counts and (row.tenant_id, row.seller_id) == owners)

    async def save(self, row: Payment) -> None:
        """Store a changed one; what it says of the money stays, as triggers have it in a database."""
        stored = self._find(row.id)
        if stored is not None:
            names = [name for name in stored.__attrs_attrs__ if name.name not in _MAY_CHANGE]
            kept = all(
                each.name == "_events" or getattr(stored, each.name) == getattr(row, each.name) for each in names
            )
            if not kept or (stored.settled_at is not None and stored.status is not row.status):
                raise Refused("A payment stays as it was recorded.", code="payment_immutable")
        await super().save(row)

    async def list(self, wanted: PaymentFilter, page: PageRequest) -> Page[Payment]:
        """Return part of the list."""
        narrowed = [name for name in _FILTERS if getattr(wanted, name) is not None]
        found = [
            row
            for row in self._visible()
            if all(getattr(row, name) == getattr(wanted, name) for name in narrowed)
            and within(row.received_on, wanted.received_from, wanted.received_to)
        ]
        return paged(found, page, PAYMENTS, self._SORTS, wanted)

    def _reaches(self, scope: Scope, row: Payment) -> bool:
        return scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)

    def _unique_keys(self, row: Payment) -> Iterable[UniqueKey]:
        if row.reference is not None:
            yield ("reference", row.seller_id, row.reference), lambda: PaymentReferenceTaken(row.reference)
        if row.idempotency_key is not None:
            taken = "A payment of this key was recorded already."
            yield ("key", row.seller_id, row.idempotency_key), lambda: Retryable(taken)


class MemoryReceivables:
    """What is open on invoices within scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of_seller(
        self, seller_id: PartnerId, when: EndOfDay, *, after: InvoiceId | None, limit: int
    ) -> Sequence[Receivable]:
        """Return a seller's invoices that are not settled at the end of a day."""
        issued = [row for row in self._numbered() if row.issue_date is not None and row.issue_date <= when.day]
        own = [row for row in issued if row.seller_id == seller_id and not row.document_type.is_credit_note]
        standing = [row for row in own if row.voided_at is None or row.voided_at >= when.ends]
        payments: list[Payment] = self._transaction.rows("payments")
        found = [
            _receivable(
                row,
                row.gross_cents
                + sum(note.gross_cents for note in issued if note.referenced_invoice_id == row.id)
                - sum(
                    each.signed_cents for each in payments if each.invoice_id == row.id and each.received_on <= when.day
                ),
            )
            for row in standing
            if row.id > (after or "")
        ]
        return [each for each in found if each.balance_cents or each.stated_cents][:limit]

    async def of_tenant(self, tenant_id: TenantId) -> Sequence[Receivable]:
        """Return a tenant's invoices that say they are not settled."""
        own = (row for row in self._numbered() if row.tenant_id == tenant_id and row.balance_cents)
        return [_receivable(row, row.balance_cents) for row in own]

    def _numbered(self) -> list[Invoice]:
        scope = self._transaction.scope
        rows: list[Invoice] = self._transaction.rows("invoices")
        seen = (row for row in rows if scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id))
        return sorted((row for row in seen if row.number is not None), key=lambda row: row.id)


def _receivable(row: Invoice, balance_cents: int) -> Receivable:
    assert row.due_date is not None  # noqa: S101  # it has a number
    return Receivable(
        invoice_id=row.id,
        seller_id=row.seller_id,
        tenant_id=row.tenant_id,
        buyer_partner_id=row.buyer_partner_id,
        number=row.number or "",
        currency=row.currency,
        due_date=row.due_date,
        balance_cents=balance_cents,
        stated_cents=row.balance_cents,
    )


def _by_age(rows: Iterable[Payment]) -> list[Payment]:
    return sorted(rows, key=lambda row: (row.created_at, row.id))
