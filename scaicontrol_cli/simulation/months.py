"""What a month came to: customers, MRR, invoices, VAT by country; read from the database at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_cli.simulation.metering import served
from scaicontrol_core.billing.use_cases.report_vat import ReportVat
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from scaicontrol_cli.simulation.company import Company
    from scaicontrol_core.kernel.period import Period

_PAYING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE, SubscriptionStatus.CANCELLING)


@frozen(kw_only=True)
class MonthReport:
    """A month, or what of it was lived through; amounts in minor units, ``vat`` by country of the tax."""

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


async def report_month(company: Company, month: Period) -> MonthReport:
    """Report the month that ends now."""
    mrr = live = trials = 0
    prices = {
        f"{service.slug}.{plan.slug}": plan.terms.mrr_cents
        for service in company.scenario.catalogue.services
        for plan in service.plans
    }
    async for subscription in served(company):
        live += 1
        trials += subscription.status is SubscriptionStatus.TRIALING
        if subscription.status in _PAYING and subscription.pack_subscription_id is None:
            mrr += prices[subscription.plan_key] * subscription.quantity
    name = f"{month.start:%Y-%m}"
    documents = net = tax = 0
    vat: dict[str, tuple[int, int]] = {}
    for seller_id in company.sellers:
        report = await company.use(ReportVat)(company.actor, name, seller_id)
        for heap in report.tie_out.included:
            documents, net, tax = documents + heap.documents, net + heap.net_cents, tax + heap.tax_cents
        for row in (*report.rows, *report.corrections):
            before = vat.get(row.country, (0, 0))
            vat[row.country] = before[0] + row.net_cents, before[1] + row.tax_cents
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
        vat=dict(sorted(vat.items())),
    )
