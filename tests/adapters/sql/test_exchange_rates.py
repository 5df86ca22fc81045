"""Exchange rates stay as they were published: the database refuses, whoever writes; and a whole history fits in."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, update

from scaicontrol_adapters.sql.rows.tax import ExchangeRateRow
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.use_cases.import_exchange_rates import ImportExchangeRates
from scaicontrol_core.kernel.errors import Refused
from scaicontrol_core.tax.exchange_rates import ExchangeRate
from scaicontrol_core.testing import FixedClock, SequentialIds

PLATFORM = Actor.system("test")
CURRENCIES = ("CHF", "GBP", "JPY", "SEK", "USD")


def history(days: int) -> list[ExchangeRate]:
    first = date(2026, 1, 14)
    return [
        ExchangeRate(day=first - timedelta(days=back), currency=currency, rate=Decimal(f"1.{back + 1:05}"))
        for back in range(days)
        for currency in CURRENCIES
    ]


async def test_a_long_history_is_imported_at_once_and_known_afterwards(work: SqlUnitOfWorkFactory) -> None:
    imports = ImportExchangeRates(work, FixedClock(), SequentialIds())
    told = history(1100)
    first = await imports(PLATFORM, told)
    assert (first.added, first.known) == (5500, 0)
    again = await imports(
        PLATFORM, [*reversed(told), ExchangeRate(day=date(2026, 1, 15), currency="USD", rate=Decimal(1))]
    )
    assert (again.added, again.known) == (1, 5500)
    async with work.begin(PLATFORM, read_only=True) as begun:
        kept = await begun.exchange_rates.between(date(2020, 1, 1), date(2026, 1, 14), ["USD"])
    assert list(kept) == sorted((each for each in told if each.currency == "USD"), key=lambda each: each.day)


@pytest.mark.parametrize("statement", [update(ExchangeRateRow).values(rate=Decimal(2)), delete(ExchangeRateRow)])
async def test_nobody_changes_or_removes_a_rate(work: SqlUnitOfWorkFactory, statement: Any) -> None:
    await ImportExchangeRates(work, FixedClock(), SequentialIds())(PLATFORM, history(1))
    with pytest.raises(Refused) as refused:
        async with work.begin(PLATFORM) as begun:
            await begun.transaction.update(statement, {})
    assert refused.value.code == "exchange_rates_append_only"
    with pytest.raises(Refused):
        async with work.database.writer.begin() as connection:
            await connection.execute(statement)
