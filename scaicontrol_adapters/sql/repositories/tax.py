"""Exchange rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from scaicontrol_adapters.sql.errors import DUPLICATE
from scaicontrol_adapters.sql.mapping import Fields
from scaicontrol_adapters.sql.reads.tax import page_of_exchange_rates
from scaicontrol_adapters.sql.repositories.base import refuse_foreign
from scaicontrol_adapters.sql.rows.tax import ExchangeRateRow
from scaicontrol_core.kernel.errors import Conflict, Retryable
from scaicontrol_core.tax.exchange_rates import ExchangeRate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy import Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.tax.exchange_rates import ExchangeRateImport
    from scaicontrol_core.tax.ports import ExchangeRateFilter

_RATES = Fields(ExchangeRate)
_ALL: Select[Any] = select(*(getattr(ExchangeRateRow, name) for name in _RATES.columns))
#: Rows of one INSERT: the whole history of the ECB has more than 200,000.
_AT_ONCE = 5000


class SqlExchangeRates:
    """The exchange rates (port ``ExchangeRates``); triggers refuse every change of one."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def between(
        self, first: date, last: date, currencies: Collection[str] | None = None
    ) -> Sequence[ExchangeRate]:
        """Return the rates of these days, by day and currency."""
        wanted = _ALL.where(ExchangeRateRow.day >= first, ExchangeRateRow.day <= last)
        if currencies is not None:
            wanted = wanted.where(ExchangeRateRow.currency.in_(sorted(currencies)))
        rows = await self._transaction.execute(wanted.order_by(ExchangeRateRow.day, ExchangeRateRow.currency))
        return [_restored(row) for row in rows]

    async def add(self, batch: ExchangeRateImport) -> None:
        """Append all rates of an import; raises ``Retryable`` if others added one of them meanwhile."""
        rows = [_RATES.write(rate) | {"import_id": batch.id, "imported_at": batch.imported_at} for rate in batch.rates]
        refuse_foreign(ExchangeRateRow, self._transaction.scope, rows[0])
        try:
            for start in range(0, len(rows), _AT_ONCE):
                await self._transaction.insert(ExchangeRateRow, rows[start : start + _AT_ONCE])
        except Conflict as conflict:
            if conflict.code != DUPLICATE:
                raise
            raise Retryable("Somebody else imported exchange rates meanwhile.") from None
        self._transaction.journal.take(batch, 1)

    async def list(self, wanted: ExchangeRateFilter, page: PageRequest) -> Page[ExchangeRate]:
        """Return part of the list, newest first unless sorted otherwise."""
        return await page_of_exchange_rates(self._transaction, _ALL, _restored, wanted, page)


def _restored(row: Any) -> ExchangeRate:  # a row of the columns above
    rate: ExchangeRate = _RATES.read(dict(zip(_RATES.columns, row, strict=True)))
    return rate
