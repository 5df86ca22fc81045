"""Walking one number series from its first document to its last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.billing.chain import ChainFault, ChainWalk
from scaicontrol_core.billing.numbering import NumberSeries

if TYPE_CHECKING:
    from scaicontrol_core.billing.ports import BillingWork

_PAGE = 500


@frozen
class SeriesAudit:
    """What the walk over one series found; an intact series has no faults."""

    series: NumberSeries
    documents: int
    first_number: str | None
    last_number: str | None
    faults: tuple[ChainFault, ...]


async def audit_series(work: BillingWork, series: NumberSeries) -> SeriesAudit:
    """Walk a series page by page: numbers, dates, hashes, stored columns, and its counter."""
    walk = ChainWalk(str(series.key), first_number=series.first_number)
    while links := await work.invoices.chain(series.key, after=walk.last_sequence, limit=_PAGE):
        for link in links:
            walk.step(link)
    walk.finish(series.next_number, series.last_hash)
    for now in await work.number_series.list(series.key.seller_id):
        if now.key == series.key:
            walk.check_counter(now.next_number)
    return SeriesAudit(series, walk.documents, walk.first, walk.last, tuple(walk.faults))
