"""Who bills which tenants: workers of one run claim pages of it, one at a time, and the last one closes it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from scaicontrol_core.billing.billing_run import BillingRun, RunStatus, open_key
from scaicontrol_core.billing.due import PageRequestOfRun, next_due_tenants
from scaicontrol_core.billing.run_page import CLOSING, LEASE, RunPage, sum_of
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PartnerId, RunId, TenantId

if TYPE_CHECKING:
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import Ids

PAGE = 200
#: A page and how far it is: the same pair seen again means that nothing moved meanwhile.
Stamp = tuple[str, int]


@frozen(kw_only=True)
class Sharing:
    """How a worker takes part in a run: in which, under what name, and how long a lease lasts.

    Without ``run_id`` it joins the open run of the month, or begins one.
    """

    run_id: RunId | None = None
    worker: str | None = None
    lease: timedelta = LEASE


#: As most do.
JOINING = Sharing()


@frozen(kw_only=True)
class Claimant:
    """One worker of a run, what it may bill, and when it asks."""

    name: str
    run_id: RunId
    asks: Sequence[PageRequestOfRun]
    lease: timedelta
    ids: Ids
    closes: bool = False
    """Whether something is to be done once all pages are finished."""


@frozen(kw_only=True)
class Claim:
    """What a worker is to do: bill ``page``, or wait for ``others``, or neither, for ``run`` is over."""

    run: BillingRun
    page: RunPage | None = None
    others: tuple[Stamp, ...] = ()
    exhausted: frozenset[str] = field(default=frozenset())
    """Sellers (by id) that had no more tenants to claim."""


def require_same(named: BillingRun, wanted: BillingRun) -> None:
    """Refuse to join a run that bills something else than what was asked for."""
    same = (named.month, named.partner_id, named.tenant_id) == (wanted.month, wanted.partner_id, wanted.tenant_id)
    if not same:
        text = f"{named.id} bills {open_key(named.month, named.partner_id, named.tenant_id)}, not what is asked for."
        raise Invalid.field("/join", text, code="run_of_another_month")


async def claim(
    work: BillingWork, who: Claimant, now: datetime, *, stalled: Collection[Stamp], exhausted: frozenset[str]
) -> Claim:
    """Claim a page under the run's lock; the caller commits.

    First what another worker left: a page whose lease is over, or that is known to have
    ``stalled``. Then the next tenants that owe anything. If nothing is left and nobody is at
    work, the run is completed, here and only once.
    """
    run = await work.billing_runs.lock(who.run_id)
    if run.status is RunStatus.COMPLETED:
        return Claim(run=run)
    open_pages = await work.billing_runs.unfinished_pages(run.id)
    for page in open_pages:
        if page.leased_until <= now or (page.id, page.version) in stalled or page.worker == who.name:
            page.take_over(who.name, now, who.lease)
            await work.billing_runs.save_page(page)
            return Claim(run=run, page=page, exhausted=exhausted)
    for ask in who.asks:
        if ask.seller.id not in exhausted:
            found = await _next_page(work, who, run, ask, now)
            if found is not None:
                return Claim(run=run, page=found, exhausted=exhausted)
            exhausted |= {ask.seller.id}
    if open_pages:
        return Claim(run=run, others=tuple((page.id, page.version) for page in open_pages), exhausted=exhausted)
    pages = tuple(await work.billing_runs.pages(run.id))
    if who.closes and not (pages and pages[-1].is_closing):
        closing = _page(who, run, (PartnerId(""), now.date(), None), (), now, len(pages) + 1)
        await work.billing_runs.add_page(closing)
        return Claim(run=run, page=closing, exhausted=exhausted)
    run.complete(sum_of(pages), now)
    await work.billing_runs.save(run)
    return Claim(run=run, exhausted=exhausted)


async def _next_page(
    work: BillingWork, who: Claimant, run: BillingRun, ask: PageRequestOfRun, now: datetime
) -> RunPage | None:
    # A run taken up on a later day begins anew with each seller: more has fallen due since.
    last = await work.billing_runs.last_page(run.id, ask.seller.id, ask.cutoff)
    after = last.upto if last else None
    tenant_ids = await next_due_tenants(work, evolve(ask, after=after, tenants=PAGE))
    if not tenant_ids:
        return None
    number = await work.billing_runs.count_pages(run.id) + 1
    page = _page(who, run, (ask.seller.id, ask.cutoff, after), tenant_ids, now, number)
    await work.billing_runs.add_page(page)
    return page


def _page(
    who: Claimant,
    run: BillingRun,
    begins: tuple[PartnerId, date, TenantId | None],
    tenant_ids: tuple[TenantId, ...],
    now: datetime,
    number: int,
) -> RunPage:
    """Return a page; ``begins``: seller, cutoff, the tenant before the first. Without tenants it closes the run."""
    seller_id, cutoff, after = begins
    return RunPage(
        id=who.ids.new("rpg"),
        run_id=run.id,
        number=number,
        partner_id=run.partner_id,
        seller_id=seller_id,
        cutoff=cutoff,
        cursor=after,
        upto=tenant_ids[-1] if tenant_ids else CLOSING,
        tenants=len(tenant_ids),
        worker=who.name,
        workers=(who.name,),
        claimed_at=now,
        leased_until=now + who.lease,
    )
