"""Write a draft by hand."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.draft_input import DraftInput, build_lines
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, InvoiceId, TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.selling import seller_for


@frozen
class DraftInvoice:
    """Write a new draft for a tenant; it has no number and no legal force.

    Raises ``NotFound`` (tenant), ``NotYourSeries``, ``Invalid`` with the offending fields.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, tenant_id: TenantId, draft: DraftInput) -> Invoice:
        """Write and return it."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            tenant = await work.tenants.get(tenant_id)
            seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
            require_own_name(actor, seller.id)
            invoice = Invoice(
                id=InvoiceId(self.ids.new("inv")),
                partner_id=tenant.partner_id,
                tenant_id=tenant.id,
                seller_id=seller.id,
                currency=draft.currency or seller.configuration.default_currency,
                created_at=self.clock.now(),
                lines=build_lines(draft.lines or (), self.ids),
                period=draft.period,
                notes=draft.notes,
                buyer_reference=draft.buyer_reference,
                invoice_date=draft.invoice_date,
                due_date=draft.due_date,
            )
            invoice.record_draft()
            await work.invoices.add(invoice)
            await work.commit()
        return invoice
