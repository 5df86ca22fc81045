"""List exchange rates."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax.exchange_rates import ExchangeRate
from scaicontrol_core.tax.ports import ExchangeRateFilter


@frozen
class ListExchangeRates:
    """Return part of the exchange rates that invoices are converted with, newest first."""

    work: UnitOfWorkFactory[BillingWork]

    async def __call__(self, actor: Actor, wanted: ExchangeRateFilter, page: PageRequest) -> Page[ExchangeRate]:
        """Return the page."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.exchange_rates.list(wanted, page)
