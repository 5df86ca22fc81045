"""What tax needs of the outside: the exchange rates that were published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.kernel.paging import Sorting
from scaicontrol_core.kernel.work import UnitOfWork

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.tax.exchange_rates import ExchangeRate, ExchangeRateImport

EXCHANGE_RATES = Sorting("exchange_rates", ("day",), "-day")


@frozen
class ExchangeRateFilter:
    """Narrows a list of rates; None does not narrow."""

    currency: str | None = None
    day: date | None = None


class ExchangeRates(Protocol):
    """All rates ever imported: every scope reads them, only the platform adds some, nobody changes any."""

    async def between(
        self, first: date, last: date, currencies: Collection[str] | None = None
    ) -> Sequence[ExchangeRate]:
        """Return the rates of these days (both included), of these currencies (None: all), by day and currency."""
        ...

    async def add(self, batch: ExchangeRateImport) -> None:
        """Append all rates of an import; ``Retryable`` if others added one of them meanwhile."""
        ...

    async def list(self, wanted: ExchangeRateFilter, page: PageRequest) -> Page[ExchangeRate]:
        """Return part of the list, newest first unless sorted otherwise (``day``)."""
        ...


class ExchangeRatesWork(UnitOfWork, Protocol):
    """A unit of work over the exchange rates."""

    @property
    def exchange_rates(self) -> ExchangeRates:
        """The exchange rates."""
        ...
