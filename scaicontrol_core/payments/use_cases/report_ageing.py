"""Report how old a seller's receivables are."""

from __future__ import annotations

from datetime import date, timedelta

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.reporting import reporting_seller
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.period import local_date, start_of_day
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.ageing import AgeingReport, aged_buyers, totals_of
from scaicontrol_core.payments.open_items import open_items
from scaicontrol_core.payments.ports import PaymentsWork
from scaicontrol_core.payments.receivable import EndOfDay


@frozen
class ReportAgeing:
    """List what customers owe a seller at the end of one of its days, by how long it is past due.

    Raises ``NotFound``, ``NotYourSeries``.
    """

    work: UnitOfWorkFactory[PaymentsWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, as_of: date | None = None, seller_id: PartnerId | None = None
    ) -> AgeingReport:
        """Return the report as of today or another day; without a seller the actor's own, or the operator's."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            seller = await reporting_seller(work, actor, seller_id)
            zone = seller.configuration.billing_timezone
            today = local_date(self.clock.now(), zone)
            day = as_of or today
            items = await open_items(
                work, seller.id, EndOfDay(day=day, ends=start_of_day(day + timedelta(days=1), zone))
            )
            tenants = await work.tenants.get_many(sorted({item.tenant_id for item in items if item.tenant_id}))
            partners = await work.sellers.everyone()
        names: dict[str, str] = {each.id: each.name for each in partners}
        names |= {each.id: each.name for each in tenants.values()}
        rows = aged_buyers(items, day, names)
        ties = all(item.balance_cents == item.stated_cents for item in items)
        return AgeingReport(
            seller_id=seller.id,
            seller_name=seller.configuration.legal_name or seller.name,
            as_of=day,
            rows=rows,
            totals=totals_of(rows),
            ties=ties if day >= today else None,
        )
