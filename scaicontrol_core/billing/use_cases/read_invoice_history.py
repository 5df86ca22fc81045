"""Read an invoice's history from the audit log."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ReadInvoiceHistory:
    """Return what happened to an invoice, newest first, or raise ``NotFound``."""

    work: UnitOfWorkFactory[BillingWork]

    async def __call__(self, actor: Actor, invoice_id: InvoiceId, page: PageRequest) -> Page[AuditEntry]:
        """Return the page of entries."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            await work.invoices.get(invoice_id)
            return await work.audit_log.history("invoice", invoice_id, page)
