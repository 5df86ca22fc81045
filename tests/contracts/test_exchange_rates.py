"""What every store promises of exchange rates: appended by the platform, read by all, changed by nobody."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Invalid, OutOfScope, Retryable
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tax.exchange_rates import ExchangeRate, ExchangeRateImport
from scaicontrol_core.tax.ports import ExchangeRateFilter
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("contract")
RESELLER = Actor.partner_admin("rita", PartnerId("prt_1"))


def rate(day: int, currency: str, text: str) -> ExchangeRate:
    return ExchangeRate(day=date(2026, 1, day), currency=currency, rate=Decimal(text))


FIRST = (rate(14, "USD", "1.0834"), rate(14, "JPY", "162.5"), rate(15, "USD", "1.09"), rate(16, "SEK", "11.2345"))


async def imported(work_factory: Any, *rates: ExchangeRate, actor: Actor = PLATFORM, name: str = "xri_1") -> None:
    batch = ExchangeRateImport(id=name, rates=rates, imported_at=DEFAULT_START)
    batch.record_import()
    async with work_factory.begin(actor) as work:
        await work.exchange_rates.add(batch)
        await work.commit()


async def test_rates_read_back_exactly_by_day_and_currency(work_factory: Any) -> None:
    await imported(work_factory, *FIRST)
    async with work_factory.begin(RESELLER, read_only=True) as work:
        assert list(await work.exchange_rates.between(date(2026, 1, 14), date(2026, 1, 15))) == [
            FIRST[1],
            FIRST[0],
            FIRST[2],
        ]
        assert list(await work.exchange_rates.between(date(2026, 1, 1), date(2026, 2, 1), ["SEK", "CHF"])) == [FIRST[3]]
        assert list(await work.exchange_rates.between(date(2026, 1, 1), date(2026, 1, 13))) == []


async def test_a_rate_stands_once(work_factory: Any) -> None:
    await imported(work_factory, *FIRST)
    with pytest.raises(Retryable):
        await imported(work_factory, rate(17, "USD", "1.1"), rate(15, "USD", "1.09"), name="xri_2")
    async with work_factory.begin(PLATFORM, read_only=True) as work:
        assert len(await work.exchange_rates.between(date(2026, 1, 1), date(2026, 2, 1))) == 4


async def test_only_the_platform_adds_rates(work_factory: Any) -> None:
    with pytest.raises(OutOfScope):
        await imported(work_factory, *FIRST, actor=RESELLER)


async def test_the_list_is_paged_newest_first(work_factory: Any) -> None:
    await imported(work_factory, *FIRST)
    async with work_factory.begin(RESELLER, read_only=True) as work:
        first = await work.exchange_rates.list(ExchangeRateFilter(), PageRequest(limit=3))
        rest = await work.exchange_rates.list(ExchangeRateFilter(), PageRequest(limit=3, cursor=first.next_cursor))
        assert (first.total, [*first.items, *rest.items]) == (4, [FIRST[3], FIRST[2], FIRST[0], FIRST[1]])
        dollars = await work.exchange_rates.list(ExchangeRateFilter(currency="USD"), PageRequest(sort="day"))
        assert dollars.items == (FIRST[0], FIRST[2])
        day = await work.exchange_rates.list(ExchangeRateFilter(day=date(2026, 1, 14)), PageRequest())
        assert day.total == 2
        with pytest.raises(Invalid):
            await work.exchange_rates.list(ExchangeRateFilter(), PageRequest(sort="rate"))
