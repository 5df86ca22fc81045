"""What a month came to: customers, MRR, invoices, VAT by country; read from the database at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from scaicontrol_cli.simulation.metering import served
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.report_recurring_revenue import ReportRecurringRevenue
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.payments.ageing import Age
from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from scaicontrol_cli.simulation.company import Company
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.period import Period


@frozen(kw_only=True)
class Invoiced:
    """What a seller issued with VAT of a country, credit notes taken off."""

    seller: str
    country: str
    documents: int = 0
    net_cents: int = 0
    tax_cents: int = 0


@frozen(kw_only=True)
class Recurring:
    """What recurs at the month's end and what was lost in it, and of how many customers."""

    mrr_cents: int = 0
    churned_cents: int = 0
    paying: int = 0
    churned: int = 0


@frozen(kw_only=True)
class MonthReport:
    """A month, or what of it was lived through; amounts in minor units.

    ``documents``, their sums and ``vat`` are of what all sellers issued in the month; ``ageing`` are open
    amounts by how long they are past due, at the end of its last day.
    """

    month: str
    until: date
    customers: int
    live: int
    trials: int
    recurring: Recurring
    documents: int
    net_cents: int
    tax_cents: int
    vat: tuple[Invoiced, ...] = ()
    ageing: Mapping[str, int] = field(factory=dict)


async def report_month(company: Company, month: Period) -> MonthReport:
    """Report the month that ends now."""
    name = f"{month.start:%Y-%m}"
    live, trials = await _subscribed(company)
    invoiced = await _invoiced(company, month)
    return MonthReport(
        month=name,
        until=company.today,
        customers=len(company.accounts),
        live=live,
        trials=trials,
        recurring=await _recurring(company, name),
        documents=sum(row.documents for row in invoiced),
        net_cents=sum(row.net_cents for row in invoiced),
        tax_cents=sum(row.tax_cents for row in invoiced),
        vat=invoiced,
        ageing=await _ageing(company),
    )


async def _invoiced(company: Company, month: Period) -> tuple[Invoiced, ...]:
    """Add up what was issued in the month; what a buyer issues for its seller is no turnover of ours."""
    sums: dict[tuple[str, str], Invoiced] = {}
    cursor: str | None = None
    while True:
        page = PageRequest(limit=MAX_LIMIT, cursor=cursor)
        part = await company.use(ListInvoices)(company.actor, InvoiceFilter(issued=True), page)
        for invoice in part.items:
            if invoice.issue_date is not None and invoice.issue_date < month.start:
                return tuple(sums[key] for key in sorted(sums))
            if not invoice.document_type.is_self_billed:
                _add(sums, company.sellers[invoice.seller_id], invoice)
        cursor = part.next_cursor
        if cursor is None:
            return tuple(sums[key] for key in sorted(sums))


def _add(sums: dict[tuple[str, str], Invoiced], seller: str, invoice: Invoice) -> None:
    """Count an invoice under each country whose VAT it bears; as a document under the first of them."""
    entries = (invoice.document or {"vat_details": {"entries": []}})["vat_details"]["entries"]
    for place, entry in enumerate(entries):
        key = seller, entry["country"]
        known = sums.get(key) or Invoiced(seller=seller, country=entry["country"])
        sums[key] = evolve(
            known,
            documents=known.documents + (place == 0),
            net_cents=known.net_cents + entry["taxable_cents"],
            tax_cents=known.tax_cents + entry["amount_cents"],
        )


async def _subscribed(company: Company) -> tuple[int, int]:
    """Return how many subscriptions are served, and how many of them are trials."""
    statuses = [subscription.status async for subscription in served(company)]
    return len(statuses), statuses.count(SubscriptionStatus.TRIALING)


async def _recurring(company: Company, month: str) -> Recurring:
    """Add up what the sellers' customers come to a month."""
    sums = Recurring()
    for seller_id in company.sellers:
        report = await company.use(ReportRecurringRevenue)(company.actor, month, seller_id)
        for row in report.months:
            sums = Recurring(
                mrr_cents=sums.mrr_cents + row.end_cents,
                churned_cents=sums.churned_cents + row.churned_cents,
                paying=sums.paying + row.customers_at_end,
                churned=sums.churned + row.customers_churned,
            )
    return sums


async def _ageing(company: Company) -> dict[str, int]:
    """Return what is owed to all sellers by age, and what they owe their customers."""
    sums = dict.fromkeys((*(age.value for age in Age), "credit_cents"), 0)
    for seller_id in company.sellers:
        report = await company.use(ReportAgeing)(company.actor, None, seller_id)
        for total in report.totals:
            for name in sums:
                sums[name] += getattr(total, name)
    return sums
