"""Gathering what a statement of account says."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import asdict

from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.snapshots import buyer_snapshot, seller_snapshot
from scaicontrol_core.documents.statement import Statement, StatementEntry, StatementPeriod, accounts_of, entries_of
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.tenancy.selling import seller_for

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
    from scaicontrol_core.payments.payment import Payment
    from scaicontrol_core.payments.ports import PaymentsWork


async def account_statement(
    work: PaymentsWork, tenant_id: TenantId, now: datetime, first: date | None, last: date | None
) -> Statement:
    """Return a tenant's account with the seller that bills it today.

    Without a first day it begins with the calendar year of the last; without a last day it ends on
    the seller's today. Raises ``NotFound`` (tenant, billing profile), ``Invalid`` (``period_invalid``).
    """
    tenant = await work.tenants.get(tenant_id)
    profile = await work.billing_profiles.get(tenant_id)
    seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
    timezone = seller.configuration.billing_timezone
    today = local_date(now, timezone)
    ends = last or today
    period = StatementPeriod(first=first or date(ends.year, 1, 1), last=ends)
    entries = await _entries(work, tenant_id, seller.id, timezone)
    return Statement(
        issue_date=today,
        language=profile.details.preferred_language,
        period=period,
        seller=asdict(seller_snapshot(seller)),
        buyer=asdict(buyer_snapshot(profile, tenant)),
        accounts=accounts_of(entries, period, currency=seller.configuration.default_currency),
    )


async def _entries(
    work: PaymentsWork, tenant_id: TenantId, seller_id: PartnerId, timezone: str
) -> list[StatementEntry]:
    wanted = InvoiceFilter(tenant_id=tenant_id, seller_id=seller_id, issued=True)
    paid: dict[InvoiceId, list[Payment]] = defaultdict(list)
    for payment in await work.payments.of_tenant(tenant_id, seller_id):
        paid[payment.invoice_id].append(payment)
    entries: list[StatementEntry] = []
    cursor: str | None = None
    while True:
        page = await work.invoices.list(wanted, PageRequest(limit=MAX_LIMIT, cursor=cursor))
        for invoice in page.items:
            entries += entries_of(invoice, paid.get(invoice.id, ()), timezone)
        if page.next_cursor is None:
            return entries
        cursor = page.next_cursor
