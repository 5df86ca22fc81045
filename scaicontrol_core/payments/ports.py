"""What the payment use cases need from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.paging import Sorting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, PaymentId, PaymentMethodId, TenantId
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentMethod, PaymentStatus
    from scaicontrol_core.payments.payment import Payment
    from scaicontrol_core.payments.payment_method import StoredMethod
    from scaicontrol_core.payments.receivable import EndOfDay, Receivable

PAYMENTS = Sorting("payments", ("created_at", "received_on"), "-created_at")


@frozen
class PaymentFilter:
    """Narrows a list of payments; None does not narrow. The days are included, and ``reference`` matches exactly."""

    tenant_id: TenantId | None = None
    partner_id: PartnerId | None = None
    seller_id: PartnerId | None = None
    invoice_id: InvoiceId | None = None
    kind: PaymentKind | None = None
    status: PaymentStatus | None = None
    method: PaymentMethod | None = None
    reference: str | None = None
    currency: str | None = None
    received_from: date | None = None
    received_to: date | None = None


class Payments(Protocol):
    """The ledger of money that moved: nothing is ever taken away."""

    async def get(self, payment_id: PaymentId) -> Payment:
        """Return one, or raise ``NotFound`` (``payment_not_found``)."""
        ...

    async def find(self, payment_id: PaymentId) -> Payment | None:
        """Return one if it is there."""
        ...

    async def with_key(self, seller_id: PartnerId, idempotency_key: str) -> Payment | None:
        """Return the seller's payment of that key, if there is one."""
        ...

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Payment]:
        """Return all of an invoice, oldest first."""
        ...

    async def of_tenant(self, tenant_id: TenantId, seller_id: PartnerId) -> Sequence[Payment]:
        """Return all that a tenant paid a seller and got back, what did not succeed left out, oldest first."""
        ...

    async def add(self, payment: Payment) -> None:
        """Write a new one; ``PaymentReferenceTaken`` if the seller has its reference already."""
        ...

    async def save(self, payment: Payment) -> None:
        """Write a changed one, or raise ``Stale``."""
        ...

    async def list(self, wanted: PaymentFilter, page: PageRequest) -> Page[Payment]:
        """Return part of the list, newest first unless sorted otherwise (created_at, received_on)."""
        ...


class Receivables(Protocol):
    """What is open on invoices; the order is theirs by id."""

    async def of_seller(
        self, seller_id: PartnerId, when: EndOfDay, *, after: InvoiceId | None, limit: int
    ) -> Sequence[Receivable]:
        """Return a seller's invoices, after ``after``, that are not settled at the end of a day, or say they aren't.

        What counts: documents issued, voided and money received by that day.
        """
        ...

    async def of_tenant(self, tenant_id: TenantId) -> Sequence[Receivable]:
        """Return a tenant's invoices that say they are not settled, with the balance that they state."""
        ...


class PaymentMethods(Protocol):
    """What customers pay with, as far as it is recorded; nothing is ever taken away."""

    async def get(self, method_id: PaymentMethodId) -> StoredMethod:
        """Return one, or raise ``NotFound`` (``payment_method_not_found``)."""
        ...

    async def of_tenant(self, tenant_id: TenantId) -> Sequence[StoredMethod]:
        """Return all of a tenant, detached ones included, newest first."""
        ...

    async def add(self, method: StoredMethod) -> None:
        """Write a new one; ``MandateReferenceTaken`` if the creditor has its reference already."""
        ...

    async def save(self, method: StoredMethod) -> None:
        """Write a changed one, or raise ``Stale``. A second default of a tenant is never written."""
        ...


class PaymentsWork(BillingWork, Protocol):
    """A unit of work over invoices and what is paid for them."""

    @property
    def payments(self) -> Payments:
        """The payments within scope."""
        ...

    @property
    def payment_methods(self) -> PaymentMethods:
        """What customers within scope pay with."""
        ...

    @property
    def receivables(self) -> Receivables:
        """What is open within scope."""
        ...
