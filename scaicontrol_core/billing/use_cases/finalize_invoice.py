"""Finalize a draft: give it its legal number and freeze it."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.errors import SellerNotBillable
from scaicontrol_core.billing.freezing import Facts, freeze, prepare
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import INVOICE_LIFECYCLE, InvoiceStatus
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Stale
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.errors import BillingProfileRequired
from scaicontrol_core.tax import RateTable
from scaicontrol_core.tenancy.selling import seller_for


@frozen
class FinalizeInvoice:
    """Give a draft its legal number and freeze it (Directive 2006/112/EC art. 226).

    Everything is checked and computed before the series is locked; the PDF follows from a job.
    Raises ``NotFound``, ``NotYourSeries``, ``EmptyInvoice``, ``BillingProfileRequired``,
    ``SellerNotBillable``, ``CurrencyUnsupported``, ``IssueDateInvalid``, ``InvalidTransition``
    (void): the draft is then still a draft and no number is spent.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    rates: RateTable

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> Invoice:
        """Return the finalized invoice; finalizing twice returns the same one."""
        actor.require(Permission.ADMIN_BILLING)
        try:
            return await self._finalize(actor, invoice_id)
        except Stale:
            # Another worker finalized, edited or voided the draft between our read and our write.
            return await self._finalize(actor, invoice_id)

    async def _finalize(self, actor: Actor, invoice_id: InvoiceId) -> Invoice:
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            invoice = await work.invoices.get(invoice_id)
            require_own_name(actor, invoice.seller_id)
            if invoice.number is not None and invoice.status is not InvoiceStatus.VOID:
                return invoice
            INVOICE_LIFECYCLE.require(invoice.status, InvoiceStatus.FINALIZED)
            facts = await self._facts(work, invoice)
            today = local_date(now, facts.seller.configuration.billing_timezone)
            prepared = prepare(facts, invoice.invoice_date or today)
            series = await work.number_series.lock(prepared.series_key, prepared.prefix)
            invoice.finalize(freeze(prepared, series, today, now))
            await work.invoices.save(invoice)
            await work.number_series.save(series)
            await work.commit()
        return invoice

    async def _facts(self, work: BillingWork, invoice: Invoice) -> Facts:
        tenant = await work.tenants.get(invoice.tenant_id)
        seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
        if seller.id != invoice.seller_id:
            raise SellerNotBillable(invoice.seller_id, ("billing_model",))
        buyer = await work.billing_profiles.find(tenant.id)
        if buyer is None:
            raise BillingProfileRequired(tenant.id)
        return Facts(invoice=invoice, seller=seller, tenant=tenant, buyer=buyer, rates=self.rates)
