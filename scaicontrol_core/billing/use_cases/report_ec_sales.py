"""Report the services supplied to businesses of other member states: the EC sales list."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.reporting import gather, header_of, reporting_seller
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax.report_periods import PeriodKind, parse_period
from scaicontrol_core.tax.reports import EcSalesList, ec_sales_list, place_sales


@frozen
class ReportEcSales:
    """List what a seller supplied under the reverse charge, per buyer's VAT number (art. 262 to 264).

    ``period`` is ``2026-01`` or ``2026-Q1``. Raises ``Invalid`` (``period_invalid``),
    ``NotFound``, ``NotYourSeries``.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock

    async def __call__(self, actor: Actor, period: str, seller_id: PartnerId | None = None) -> EcSalesList:
        """Return the list; without a seller the actor's own, or the operator's."""
        actor.require(Permission.ADMIN_BILLING)
        wanted = parse_period(period, PeriodKind.MONTH, PeriodKind.QUARTER)
        async with self.work.begin(actor, read_only=True) as work:
            seller = await reporting_seller(work, actor, seller_id)
            gathering = await gather(work, seller, wanted, place_sales)
        return ec_sales_list(header_of(seller, wanted, self.clock.now()), gathering)
