"""Take over exchange rates that the European Central Bank published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax.exchange_rates import ExchangeRate, ExchangeRateDiffers, ExchangeRateImport

#: The ECB's own, and the furthest east a day of it may already have begun.
_ECB_ZONE, _DAY = "Europe/Berlin", timedelta(days=1)


@frozen(kw_only=True)
class ImportedRates:
    """What an import did: how many rates were new and how many known, and which days the file has."""

    added: int
    known: int
    first_day: date
    last_day: date


@frozen
class ImportExchangeRates:
    """Keep the rates that are not known yet; the same file again changes nothing.

    All or nothing: raises ``ExchangeRateDiffers`` if a known day has another rate, ``Invalid``
    for an empty publication, one that contradicts itself, or one from the future.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, rates: Sequence[ExchangeRate]) -> ImportedRates:
        """Return what was new."""
        actor.require(Permission.ADMIN_BILLING)
        actor.require_platform()
        told = _told(rates)
        now = self.clock.now()
        last = told[-1].day
        if last > local_date(now, _ECB_ZONE) + _DAY:
            raise Invalid.field("/day", f"{last} lies in the future.", code="exchange_rate_invalid")
        async with self.work.begin(actor) as work:
            fresh = await _fresh(work, told)
            if fresh:
                batch = ExchangeRateImport(id=self.ids.new("xri"), rates=tuple(fresh), imported_at=now)
                batch.record_import()
                await work.exchange_rates.add(batch)
                await work.commit()
        return ImportedRates(added=len(fresh), known=len(told) - len(fresh), first_day=told[0].day, last_day=last)


def _told(rates: Sequence[ExchangeRate]) -> list[ExchangeRate]:
    """Return the rates by day, each once."""
    if not rates:
        raise Invalid("There are no exchange rates in it.", code="exchange_rates_empty")
    told: dict[tuple[str, date, str], ExchangeRate] = {}
    for rate in rates:
        before = told.setdefault((rate.source, rate.day, rate.currency), rate)
        if before != rate:
            raise ExchangeRateDiffers.between(before, rate)
    return sorted(told.values(), key=lambda rate: (rate.day, rate.currency))


async def _fresh(work: BillingWork, told: Sequence[ExchangeRate]) -> list[ExchangeRate]:
    """Return those that are not known; a year at a time, for the whole history has 200,000."""
    fresh: list[ExchangeRate] = []
    for _, group in groupby(told, key=lambda rate: rate.day.year):
        of_year = list(group)
        known = {
            (rate.source, rate.day, rate.currency): rate
            for rate in await work.exchange_rates.between(of_year[0].day, of_year[-1].day)
        }
        for rate in of_year:
            before = known.get((rate.source, rate.day, rate.currency))
            if before is None:
                fresh.append(rate)
            elif before.rate != rate.rate:
                raise ExchangeRateDiffers.between(before, rate)
    return fresh
