"""A worker of a billing run: claims a page, bills it, claims the next, and sees the run to its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from attrs import evolve, frozen

from scaicontrol_core.billing.billing_run import RunTotals, TenantFailure
from scaicontrol_core.billing.claiming import Claim, Claimant, Stamp, claim
from scaicontrol_core.billing.due import PageRequestOfRun, find_due
from scaicontrol_core.billing.errors import PeriodAlreadyBilled
from scaicontrol_core.billing.page import bill_page
from scaicontrol_core.kernel.errors import CommitUnknown, Retryable, ScaiControlError, Stale

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.facts import Rules
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.billing.run_page import RunPage
    from scaicontrol_core.billing.verifying import BuyerVerification
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.work import Rest, Retry, UnitOfWorkFactory

_ATTEMPTS = 5
#: How often a worker that waits for others looks at them, in parts of a lease, and at most so many seconds.
_LOOKS = 60
_LONGEST_REST = timedelta(seconds=1)


class Closing(Protocol):
    """What is done once all pages of a run are billed."""

    async def __call__(self, *, dry_run: bool) -> RunTotals:
        """Do it, and return what came of it; safe to repeat."""
        ...


@frozen(kw_only=True)
class PageWorker:
    """Bills pages of one run until it is over.

    A page is one or more transactions; each keeps invoices, numbers, ledger, schedules and how
    far the page is. Killed anywhere, another worker goes on with the page once its lease is
    over; one that only seemed dead finds its page changed and bills nothing of it twice.
    """

    actor: Actor
    who: Claimant
    rules: Rules
    verification: BuyerVerification
    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    retry: Retry
    rest: Rest
    closing: Closing | None = None

    async def pages(self) -> AsyncIterator[RunPage]:
        """Yield each page as it moves on, until the run is over."""
        exhausted: frozenset[str] = frozenset()
        seen: Counter[Stamp] = Counter()
        while True:
            stalled = frozenset(stamp for stamp, looks in seen.items() if looks > _LOOKS)
            claimed = await self._claim(stalled, exhausted)
            exhausted = claimed.exhausted
            if claimed.page is not None and claimed.page.is_closing:
                await self._close(claimed.page)
            elif claimed.page is not None:
                async for moved in self._billed(claimed.page):
                    yield moved
            elif claimed.others:
                seen = Counter({stamp: seen[stamp] + 1 for stamp in claimed.others})
                await self.rest(min(_LONGEST_REST, self.who.lease / _LOOKS))
            else:
                return

    # -- claiming ----------------------------------------------------------------------------

    async def _claim(self, stalled: frozenset[Stamp], exhausted: frozenset[str]) -> Claim:
        async def attempt() -> Claim:
            async with self.work.begin(self.actor) as work:
                claimed = await claim(work, self.who, self.clock.now(), stalled=stalled, exhausted=exhausted)
                if claimed.page is not None or not claimed.others:
                    await work.commit()
                return claimed

        for _ in range(_ATTEMPTS - 1):
            try:
                return await self.retry(attempt)
            except (Stale, CommitUnknown):
                continue  # an own page that is claimed already is found again
        return await self.retry(attempt)

    async def _close(self, page: RunPage) -> None:
        totals = await self.closing(dry_run=False) if self.closing else RunTotals()

        async def attempt() -> None:
            async with self.work.begin(self.actor) as work:
                kept = await work.billing_runs.get_page(page.id)
                if kept.is_of(self.who.name):
                    kept.finish(self.clock.now(), totals)
                    await work.billing_runs.save_page(kept)
                    await work.commit()

        for _ in range(_ATTEMPTS - 1):
            try:
                return await self.retry(attempt)
            except (Stale, CommitUnknown):
                continue
        return await self.retry(attempt)

    # -- billing -----------------------------------------------------------------------------

    async def _billed(self, page: RunPage) -> AsyncIterator[RunPage]:
        ask = next((each for each in self.who.asks if each.seller.id == page.seller_id), None)
        if ask is None:  # whoever began it could bill more than we can: nothing of it is ours
            await self.retry(partial(self._closed, page.id))
            return
        ask, singles = evolve(ask, upto=page.upto, tenants=2 * page.tenants), False
        while True:
            ask = evolve(ask, after=page.cursor, tenants=1 if singles else ask.tenants)
            await self.verification.before(self.actor, ask)
            try:
                moved = await self._chunk(page.id, ask)
            except Retryable:
                raise
            except ScaiControlError as error:
                if not singles:
                    singles = True  # one tenant spoils the page: find out which, one by one
                    continue
                moved = await self.retry(partial(self._failed, page.id, ask, error))
            if moved is None:
                return
            yield moved
            if moved.is_finished:
                return
            page = moved

    async def _chunk(self, page_id: str, ask: PageRequestOfRun) -> RunPage | None:
        """Bill what is left of a page, or its next tenant; None if it is no longer ours."""

        async def attempt() -> RunPage | None:
            async with self.work.begin(self.actor) as work:
                page = await work.billing_runs.get_page(page_id)
                if not page.is_of(self.who.name):
                    return page if page.is_finished and page.worker == self.who.name else None
                outcome = await bill_page(work, evolve(ask, after=page.cursor), self.who.ids, self.rules)
                now = self.clock.now()
                if outcome is not None:
                    page.advance(outcome.totals, outcome.last_tenant, now, self.who.lease)
                if outcome is None or outcome.totals.tenants < ask.tenants:
                    page.finish(now)
                await work.billing_runs.save_page(page)
                await work.commit()
                return page

        for _ in range(_ATTEMPTS - 1):
            try:
                return await self.retry(attempt)
            except (Stale, PeriodAlreadyBilled, CommitUnknown):
                continue  # others, or a customer's change, were faster: the page tells how far it is
        return await self.retry(attempt)

    async def _failed(self, page_id: str, ask: PageRequestOfRun, error: ScaiControlError) -> RunPage | None:
        """Pass over the one tenant that can't be billed, and say why."""
        async with self.work.begin(self.actor) as work:
            page = await work.billing_runs.get_page(page_id)
            if not page.is_of(self.who.name):
                return None
            due, now = await find_due(work, evolve(ask, after=page.cursor, tenants=1)), self.clock.now()
            if due.tenant_ids:
                failure = TenantFailure(tenant_id=due.tenant_ids[0], code=error.code, message=error.message)
                totals = RunTotals(tenants=1, failures=(failure,))
                page.advance(totals, failure.tenant_id, now, self.who.lease)
            else:
                page.finish(now)
            await work.billing_runs.save_page(page)
            await work.commit()
            return page

    async def _closed(self, page_id: str) -> None:
        async with self.work.begin(self.actor) as work:
            page = await work.billing_runs.get_page(page_id)
            if not page.is_finished:
                page.finish(self.clock.now())
                await work.billing_runs.save_page(page)
                await work.commit()
