"""List invoices."""

from __future__ import annotations

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import BillingWork, InvoiceFilter
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListInvoices:
    """Return part of the invoices within the actor's scope, without lines; a buyer sees no drafts."""

    work: UnitOfWorkFactory[BillingWork]

    async def __call__(self, actor: Actor, wanted: InvoiceFilter, page: PageRequest) -> Page[Invoice]:
        """Return the page."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        if actor.scope.kind is ScopeKind.TENANT:
            wanted = evolve(wanted, issued=True)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.invoices.list(wanted, page)
