"""A page of a billing run: a stretch of tenants that one worker bills, under a lease that ends by itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from attrs import define, evolve, field, frozen

from scaicontrol_core.billing.billing_run import RunTotals
from scaicontrol_core.kernel.events import Event
from scaicontrol_core.kernel.ids import PartnerId, RunId, TenantId

#: How long a worker may say nothing before others take its page over. Each transaction renews it.
LEASE = timedelta(seconds=60)
#: Stands for a tenant in the page that closes a run.
CLOSING = TenantId("")


@define(kw_only=True, eq=False)
class RunPage:
    """The tenants after ``cursor`` up to ``upto`` are still to be billed by ``worker``.

    ``number`` counts a run's pages from 1. ``tenants`` is how many owed something when the page
    was claimed. ``totals`` is what came of it so far: cursor, totals and invoices are kept in
    one transaction, so that a page taken over goes on exactly where it stopped.
    """

    id: str
    run_id: RunId
    number: int
    partner_id: PartnerId | None = None
    seller_id: PartnerId
    cutoff: date
    cursor: TenantId | None
    upto: TenantId
    tenants: int
    worker: str
    workers: tuple[str, ...]
    claimed_at: datetime
    leased_until: datetime
    finished_at: datetime | None = None
    totals: RunTotals = field(factory=RunTotals)
    version: int = 0

    def collect_events(self) -> tuple[Event, ...]:
        """Return nothing: the audit log tells of runs and invoices, not of who shared the work."""
        return ()

    @property
    def is_finished(self) -> bool:
        """Tell whether all its tenants were looked at."""
        return self.finished_at is not None

    @property
    def is_closing(self) -> bool:
        """Tell whether it is the last step of a run, after all tenants."""
        return self.upto == CLOSING

    def is_of(self, worker: str) -> bool:
        """Tell whether the worker still has something to do here."""
        return not self.is_finished and self.worker == worker

    def take_over(self, worker: str, at: datetime, lease: timedelta) -> None:
        """Let another worker go on with it."""
        self.worker, self.leased_until = worker, at + lease
        self.workers = tuple(dict.fromkeys((*self.workers, worker)))

    def advance(self, totals: RunTotals, last: TenantId, at: datetime, lease: timedelta) -> None:
        """Note what came of the tenants up to ``last``, and go on having it."""
        self.cursor, self.totals, self.leased_until = last, self.totals.plus(totals), at + lease

    def finish(self, at: datetime, totals: RunTotals | None = None) -> None:
        """Note that nothing is left of it, and what came of its last part."""
        self.finished_at = at
        self.totals = self.totals.plus(totals) if totals else self.totals


@frozen(kw_only=True)
class RunWorker:
    """What one worker has to do with a run: the pages it has or had last, and their sums."""

    name: str
    pages: int
    finished: int
    tenants: int
    invoices: int
    failures: int
    leased_until: datetime | None
    """Until when it is trusted to be at work; None if nothing waits for it."""


@frozen(kw_only=True)
class RunProgress:
    """How far a run is; ``taken_over`` counts pages whose first worker did not finish them."""

    pages: int = 0
    finished: int = 0
    taken_over: int = 0
    workers: tuple[RunWorker, ...] = ()


def sum_of(pages: tuple[RunPage, ...]) -> RunTotals:
    """Add up all pages.

    A run that was taken up on a later day looked at all tenants again: who had failed before
    was tried once more, and counts as it went last.
    """
    last: dict[PartnerId, date] = {}
    for page in pages:
        last[page.seller_id] = max(page.cutoff, last.get(page.seller_id, page.cutoff))
    totals = RunTotals()
    for page in pages:
        own = page.totals
        if page.cutoff < last[page.seller_id]:
            own = evolve(own, tenants=own.tenants - len(own.failures), failures=())
        totals = totals.plus(own)
    return totals


def progress_of(pages: tuple[RunPage, ...]) -> RunProgress:
    """Tell who did what."""
    names = sorted({page.worker for page in pages})
    return RunProgress(
        pages=len(pages),
        finished=sum(page.is_finished for page in pages),
        taken_over=sum(len(page.workers) > 1 for page in pages),
        workers=tuple(_worker(name, [page for page in pages if page.worker == name]) for name in names),
    )


def _worker(name: str, pages: list[RunPage]) -> RunWorker:
    return RunWorker(
        name=name,
        pages=len(pages),
        finished=sum(page.is_finished for page in pages),
        tenants=sum(page.totals.tenants for page in pages),
        invoices=sum(page.totals.invoices + page.totals.drafts for page in pages),
        failures=sum(len(page.totals.failures) for page in pages),
        leased_until=max((page.leased_until for page in pages if not page.is_finished), default=None),
    )
