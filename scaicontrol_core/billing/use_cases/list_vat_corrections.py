"""List the invoices that a seller may credit and issue anew without VAT."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.reporting import DocumentSpan, reporting_seller
from scaicontrol_core.billing.vat_corrections import CorrectionSearch, VatCorrection
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import RateTable

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.billing_profile import BillingProfile

_PAGE = 500
_DEFAULT_SPAN = timedelta(days=366)
#: What a document of interest has in its canonical text; most have neither, and are not even read.
_SIGNS = ('"state":"pending"', '"state":"never_checked"', '"document_type":"credit_note"')


@frozen
class ListVatCorrections:
    """Invoices that bear VAT only because the buyer's number was unverified, and now is proven; none is credited here.

    Those issued since a day (a year ago without one), not voided, not credited in full. Raises
    ``NotFound`` (seller), ``NotYourSeries``.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    rates: RateTable

    async def __call__(
        self, actor: Actor, *, seller_id: PartnerId | None = None, since: date | None = None
    ) -> tuple[VatCorrection, ...]:
        """Return the offers of a seller (None: the actor's own, or the operator's), oldest invoice first."""
        actor.require(Permission.ADMIN_BILLING)
        now = self.clock.now()
        async with self.work.begin(actor, read_only=True) as work:
            seller = await reporting_seller(work, actor, seller_id)
            today = local_date(now, seller.configuration.billing_timezone)
            span = DocumentSpan(seller_id=seller.id, first_day=since or today - _DEFAULT_SPAN, last_issue=today)
            search = await _search(work, span, self.rates)
            buyers = await _buyers(work, search.invoice_ids)
        valid_days = seller.configuration.vat_evidence_valid_days
        return tuple(search.offers(buyers, now, valid_days=valid_days))


async def _search(work: BillingWork, span: DocumentSpan, rates: RateTable) -> CorrectionSearch:
    search = CorrectionSearch(rates)
    after: tuple[date, InvoiceId] | None = None
    while page := await work.invoices.documents(span, after=after, limit=_PAGE):
        for each in page:
            if each.voided_at is None and any(sign in each.canonical for sign in _SIGNS):
                search.add(each.invoice_id, json.loads(each.canonical))
        after = page[-1].issue_date, page[-1].invoice_id
    return search


async def _buyers(work: BillingWork, invoice_ids: tuple[InvoiceId, ...]) -> dict[InvoiceId, BillingProfile]:
    invoices = await work.invoices.get_many(invoice_ids) if invoice_ids else {}
    tenant_ids = tuple(dict.fromkeys(each.tenant_id for each in invoices.values() if each.tenant_id is not None))
    profiles = await work.billing_profiles.of_tenants(tenant_ids) if tenant_ids else {}
    return {
        each.id: profiles[each.tenant_id]
        for each in invoices.values()
        if each.tenant_id is not None and each.tenant_id in profiles
    }
