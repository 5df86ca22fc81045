"""Walk the number series: numbers, gaps, dates, and the chain's state, for the year-end audit."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.chain import ChainFault, ChainWalk
from scaicontrol_core.billing.numbering import NumberSeries
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

_PAGE = 500


@frozen
class SeriesAudit:
    """What the walk over one series found; an intact series has no faults."""

    series: NumberSeries
    documents: int
    first_number: str | None
    last_number: str | None
    faults: tuple[ChainFault, ...]


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
            return tuple([await _audit(work, series) for series in wanted])


async def _audit(work: BillingWork, series: NumberSeries) -> SeriesAudit:
    walk = ChainWalk(str(series.key), first_number=series.first_number)
    while links := await work.invoices.chain(series.key, after=walk.last_sequence, limit=_PAGE):
        for link in links:
            walk.step(link)
    walk.finish(series.next_number, series.last_hash)
    for now in await work.number_series.list(series.key.seller_id):
        if now.key == series.key:
            walk.check_counter(now.next_number)
    return SeriesAudit(series, walk.documents, walk.first, walk.last, tuple(walk.faults))
