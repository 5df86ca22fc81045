"""What a month came to: customers, MRR, invoices, VAT by country; read from the database at its end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_cli.simulation.metering import served
from scaicontrol_core.billing.use_cases.report_vat import ReportVat
from scaicontrol_core.payments.ageing import Age
from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from scaicontrol_cli.simulation.company import Company
    from scaicontrol_core.kernel.period import Period

_PAYING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE, SubscriptionStatus.CANCELLING)


@frozen(kw_only=True)
class MonthReport:
    """A month, or what of it was lived through; amounts in minor units.

    ``documents`` and their sums, and ``vat`` (net and tax by country of the tax), are those of the sellers' VAT
    reports; ``ageing`` are open amounts by how long they are past due, at the end of the last day.
    """

    month: str
    until: date
    customers: int
    live: int
    trials: int
    churned: int
    mrr_cents: int
    documents: int
    net_cents: int
    tax_cents: int
    vat: Mapping[str, tuple[int, int]] = field(factory=dict)
    ageing: Mapping[str, int] = field(factory=dict)


async def report_month(company: Company, month: Period) -> MonthReport:
    """Report the month that ends now."""
    name = f"{month.start:%Y-%m}"
    live, trials, mrr = await _subscribed(company)
    documents = net = tax = 0
    vat: Counter[str] = Counter()
    nets: Counter[str] = Counter()
    for seller_id in company.sellers:
        report = await company.use(ReportVat)(company.actor, name, seller_id)
        for heap in report.tie_out.included:
            documents, net, tax = documents + heap.documents, net + heap.net_cents, tax + heap.tax_cents
        for row in (*report.rows, *report.corrections):
            nets[row.country] += row.net_cents
            vat[row.country] += row.tax_cents
    return MonthReport(
        month=name,
        until=company.today,
        customers=len(company.accounts),
        live=live,
        trials=trials,
        churned=0,
        mrr_cents=mrr,
        documents=documents,
        net_cents=net,
        tax_cents=tax,
        vat={country: (nets[country], vat[country]) for country in sorted(nets)},
        ageing=await _ageing(company),
    )


async def _subscribed(company: Company) -> tuple[int, int, int]:
    """Return how many subscriptions are live, how many of them are trials, and the MRR."""
    mrr = live = trials = 0
    services = company.scenario.catalogue.services
    prices = {f"{each.slug}.{plan.slug}": plan.terms.mrr_cents for each in services for plan in each.plans}
    async for subscription in served(company):
        live += 1
        trials += subscription.status is SubscriptionStatus.TRIALING
        if subscription.status in _PAYING and subscription.pack_subscription_id is None:
            mrr += prices[subscription.plan_key] * subscription.quantity
    return live, trials, mrr


async def _ageing(company: Company) -> dict[str, int]:
    """Return what is owed to all sellers by age, and what they owe their customers."""
    sums = dict.fromkeys((*(age.value for age in Age), "credit_cents"), 0)
    for seller_id in company.sellers:
        report = await company.use(ReportAgeing)(company.actor, None, seller_id)
        for total in report.totals:
            for name in sums:
                sums[name] += getattr(total, name)
    return sums
