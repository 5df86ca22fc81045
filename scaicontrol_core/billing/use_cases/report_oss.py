"""Report a quarter for the One Stop Shop."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.reporting import gather, header_of, reporting_seller
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax.exchange_rates import MAX_AGE_DAYS, ExchangeRate, ExchangeRateBook
from scaicontrol_core.tax.one_stop_shop import OssReport, ShopRates, currencies_to_convert, oss_report, place_oss
from scaicontrol_core.tax.report_periods import PeriodKind, parse_period
from scaicontrol_core.tax.report_sums import Gathering

_WEEK = timedelta(days=MAX_AGE_DAYS)


@frozen
class ReportOss:
    """Make a quarter's return of the Union scheme: per state of consumption and rate, in euro.

    ``period`` is ``2026-Q1``. Raises ``Invalid`` (``period_invalid``), ``NotFound``,
    ``NotYourSeries``, ``ExchangeRateMissing`` for the last day of a quarter with other currencies.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock

    async def __call__(self, actor: Actor, period: str, seller_id: PartnerId | None = None) -> OssReport:
        """Return the return; without a seller the actor's own, or the operator's."""
        actor.require(Permission.ADMIN_BILLING)
        wanted, now = parse_period(period, PeriodKind.QUARTER), self.clock.now()
        async with self.work.begin(actor, read_only=True) as work:
            seller = await reporting_seller(work, actor, seller_id)
            registered = seller.configuration.oss_registered
            gathering = await gather(work, seller, wanted, place_oss(registered=registered), own_currency=False)
            book = await _rates(work, gathering)
        rates = ShopRates.of(book, local_date(now, seller.configuration.billing_timezone))
        return oss_report(header_of(seller, wanted, now), gathering, rates, registered=registered)


async def _rates(work: BillingWork, gathering: Gathering) -> ExchangeRateBook:
    """Return the rates around the ends of the quarters at hand, and of the days since for one that still runs."""
    wanted = currencies_to_convert(gathering)
    rates: list[ExchangeRate] = []
    for quarter in sorted({quarter for _, quarter in wanted}):
        currencies = [currency for currency, of in wanted if of == quarter]
        rates += await work.exchange_rates.between(quarter.start - _WEEK, quarter.last_day + _WEEK, currencies)
    return ExchangeRateBook.of(rates)
