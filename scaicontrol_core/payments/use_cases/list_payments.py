"""List payments."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.payment import Payment
from scaicontrol_core.payments.ports import PaymentFilter, PaymentsWork


@frozen
class ListPayments:
    """Return part of the payments, refunds and chargebacks within the actor's scope, failed ones included.

    Raises ``NotFound`` for an invoice beyond the scope that the filter names.
    """

    work: UnitOfWorkFactory[PaymentsWork]

    async def __call__(self, actor: Actor, wanted: PaymentFilter, page: PageRequest) -> Page[Payment]:
        """Return the page."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        async with self.work.begin(actor, read_only=True) as work:
            if wanted.invoice_id is not None:
                await work.invoices.get(wanted.invoice_id)
            return await work.payments.list(wanted, page)
