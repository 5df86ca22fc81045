"""Walk the number series: numbers, gaps, dates, and the chain's state, for the year-end audit."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.series_audit import SeriesAudit, audit_series
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class AuditNumbering:
    """Verify every series within the actor's scope: gap-free, chronological, chained, untampered.

    Raises ``Forbidden`` for the operator's series from any scope but the platform's.
    """

    work: UnitOfWorkFactory[BillingWork]

    async def __call__(self, actor: Actor, seller_id: PartnerId | None = None) -> tuple[SeriesAudit, ...]:
        """Return one audit per series."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            wanted = await work.number_series.list(seller_id)
            for seller in dict.fromkeys(series.key.seller_id for series in wanted):
                if (await work.sellers.own_and_operator(seller))[0].is_operator:
                    # Its series hold the invoices of other partners' tenants, which only the platform sees.
                    actor.require_platform()
            return tuple([await audit_series(work, series) for series in wanted])
