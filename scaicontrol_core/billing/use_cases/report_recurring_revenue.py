"""Report recurring revenue and churn by month and currency."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.reporting import reporting_seller
from scaicontrol_core.billing.revenue import RevenueBooks, RevenueReport
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.period import Cadence, Period, local_date, period_at
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.recurring_level import PriceLists
from scaicontrol_core.tax.report_periods import PeriodKind, ReportPeriod, parse_period
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.selling import seller_for

_PAGE = 500
_DAY = timedelta(days=1)


@frozen
class ReportRecurringRevenue:
    """Tell what a seller's customers come to a month: at the start, what moved, at the end; and who left.

    ``period`` is ``2026-01``, ``2026-Q1`` or ``2026``; ``partner_id`` narrows to one partner's
    customers, and is a partner's own where the operator sells for it. A month that is over
    never changes. Raises ``Invalid`` (``period_invalid``), ``NotFound``, ``NotYourSeries``.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, period: str, seller_id: PartnerId | None = None, *, partner_id: PartnerId | None = None
    ) -> RevenueReport:
        """Return the report; without a seller the actor's own, or the operator's."""
        actor.require(Permission.ADMIN_BILLING)
        wanted = parse_period(period, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
        now = self.clock.now()
        async with self.work.begin(actor, read_only=True) as work:
            seller, partner_id = await _whose(work, actor, seller_id, partner_id)
            timezone = seller.configuration.billing_timezone
            until = min(wanted.end, local_date(now, timezone) + _DAY)
            if until <= wanted.start:
                raise Invalid.field("/period", f"{period} has not begun yet.", code="period_invalid")
            lists = await _price_lists(work, timezone)
            books = RevenueBooks(seller.id, _months(wanted, until), until, lists, partner_id)
            await _fill(work, books)
        return RevenueReport(
            period=wanted.name,
            seller_id=seller.id,
            seller_name=seller.name,
            partner_id=partner_id,
            timezone=timezone,
            as_of=until - _DAY,
            final=local_date(now, timezone) >= wanted.end,
            generated_at=now,
            months=books.rows(),
        )


async def _whose(
    work: BillingWork, actor: Actor, seller_id: PartnerId | None, partner_id: PartnerId | None
) -> tuple[Partner, PartnerId | None]:
    if seller_id is None and partner_id is None and actor.scope.kind is ScopeKind.PARTNER:
        partner_id = actor.scope.partner_id
    if partner_id is None:
        return await reporting_seller(work, actor, seller_id), None
    partner = await work.partners.get(partner_id)
    if seller_id is not None:
        return await reporting_seller(work, actor, seller_id), partner.id
    return seller_for(*await work.sellers.own_and_operator(partner.id)), partner.id


async def _price_lists(work: BillingWork, timezone: str) -> PriceLists:
    plans = {plan.id: plan for plan in await work.plans.all()}
    packs = {pack.id: pack for pack in await work.packs.all()}
    return PriceLists(plans, packs, timezone)


async def _fill(work: BillingWork, books: RevenueBooks) -> None:
    after: TenantId | None = None
    while True:
        rows = await work.recurrences.of_next_tenants(
            books.seller_id, partner_id=books.partner_id, before=books.until, after=after, tenants=_PAGE
        )
        if not rows:
            return
        for _, own in groupby(rows, key=lambda row: row.tenant_id):
            books.add_customer(own)
        after = rows[-1].tenant_id


def _months(wanted: ReportPeriod, until: date) -> tuple[Period, ...]:
    months = (period_at(wanted.start, Cadence.MONTHLY, number) for number in range(wanted.kind.months))
    return tuple(month for month in months if month.start < until)
