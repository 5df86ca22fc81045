"""Exchange rates in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import ClassVar

from scaicontrol_core.kernel.errors import OutOfScope, Retryable
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.tax.exchange_rates import ExchangeRate, ExchangeRateImport
from scaicontrol_core.tax.ports import EXCHANGE_RATES, ExchangeRateFilter
from scaicontrol_core.testing.memory_paging import SortKey, paged
from scaicontrol_core.testing.memory_store import Transaction


class MemoryExchangeRates:
    """All rates; only the platform adds some."""

    _TABLE = "exchange_rates"
    _SORTS: ClassVar[Mapping[str, SortKey[ExchangeRate]]] = {
        "day": lambda row: (row.day.isoformat(), row.currency, row.source),
    }

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def between(
        self, first: date, last: date, currencies: Collection[str] | None = None
    ) -> Sequence[ExchangeRate]:
        """Return the rates of these days."""
        rows: list[ExchangeRate] = self._transaction.rows(self._TABLE)
        found = [row for row in rows if first <= row.day <= last and (currencies is None or row.currency in currencies)]
        return sorted(found, key=lambda row: (row.day, row.currency))

    async def add(self, batch: ExchangeRateImport) -> None:
        """Append, or raise ``Retryable``."""
        if self._transaction.scope.kind is not ScopeKind.PLATFORM:
            raise OutOfScope("only the platform adds exchange rates")
        for rate in batch.rates:
            key = (rate.source, rate.day, rate.currency)
            self._transaction.watch(self._TABLE, key, _taken)
            if self._transaction.row(self._TABLE, key) is not None:
                raise _taken()
            self._transaction.write(self._TABLE, key, rate)
        self._transaction.record(batch.collect_events(), 1)

    async def list(self, wanted: ExchangeRateFilter, page: PageRequest) -> Page[ExchangeRate]:
        """Return part of the list."""
        rows: list[ExchangeRate] = self._transaction.rows(self._TABLE)
        found = [row for row in rows if wanted.currency in (None, row.currency) and wanted.day in (None, row.day)]
        return paged(found, page, EXCHANGE_RATES, self._SORTS, wanted)


def _taken() -> Retryable:
    return Retryable("Somebody else imported exchange rates meanwhile.")
