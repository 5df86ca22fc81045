"""Report the VAT of a month, quarter or year."""

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
from scaicontrol_core.tax.reports import VatReport, place_vat, vat_report


@frozen
class ReportVat:
    """Sum up a seller's VAT by treatment, category, country and rate, with corrections of earlier periods.

    ``period`` is ``2026-01``, ``2026-Q1`` or ``2026``. Raises ``Invalid`` (``period_invalid``),
    ``NotFound``, ``NotYourSeries``.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock

    async def __call__(self, actor: Actor, period: str, seller_id: PartnerId | None = None) -> VatReport:
        """Return the report; without a seller the actor's own, or the operator's."""
        actor.require(Permission.ADMIN_BILLING)
        wanted = parse_period(period, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
        async with self.work.begin(actor, read_only=True) as work:
            seller = await reporting_seller(work, actor, seller_id)
            gathering = await gather(work, seller, wanted, place_vat)
        return vat_report(header_of(seller, wanted, self.clock.now()), gathering)
