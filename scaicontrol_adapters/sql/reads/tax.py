"""Lists of exchange rates."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from scaicontrol_adapters.sql.reads.paging import Key, Orders, count_of, page_of
from scaicontrol_adapters.sql.rows.tax import ExchangeRateRow
from scaicontrol_core.tax.ports import EXCHANGE_RATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.tax.exchange_rates import ExchangeRate
    from scaicontrol_core.tax.ports import ExchangeRateFilter

_DAY = (Key(ExchangeRateRow.day, date.fromisoformat), Key(ExchangeRateRow.currency), Key(ExchangeRateRow.source))
_ORDERS = Orders(EXCHANGE_RATES, {"day": _DAY})


async def page_of_exchange_rates(
    transaction: Transaction,
    columns: Select[Any],
    restore: Callable[[Any], ExchangeRate],
    wanted: ExchangeRateFilter,
    request: PageRequest,
) -> Page[ExchangeRate]:
    """Return a page of the rates that the filter lets pass, newest first without a wish."""
    predicates = [
        column == value
        for column, value in ((ExchangeRateRow.currency, wanted.currency), (ExchangeRateRow.day, wanted.day))
        if value is not None
    ]
    order = _ORDERS.of(request, wanted)
    return await page_of(transaction, columns, predicates, order, request, restore, total=count_of(ExchangeRateRow))
