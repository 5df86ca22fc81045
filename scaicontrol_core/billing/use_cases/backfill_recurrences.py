"""Write down what recurs of subscriptions that are older than the history of it."""

from __future__ import annotations

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.subscriptions.pack_ports import PackSubscriptionFilter
from scaicontrol_core.subscriptions.pack_state import PackState
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.recurrence import Changed, recurrence_of
from scaicontrol_core.subscriptions.recurring_keeping import keep_recurrences
from scaicontrol_core.subscriptions.state import SubscriptionState

_PAGE = 200


@frozen
class BackfillRecurrences:
    """Give every subscription without a history one row: as it is now, since it was activated.

    For a database from before the history was kept. Earlier changes of plan or quantity are not
    known; what ended did end. Safe to repeat: who has a row keeps what it has.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    retry: Retry

    async def __call__(self, actor: Actor) -> int:
        """Return how many were written down."""
        actor.require(Permission.ADMIN_BILLING)
        actor.require_platform()
        written = 0
        for packs in (False, True):
            page: PageRequest | None = PageRequest(limit=_PAGE)
            while page is not None:
                count, page = await self._page(actor, page, packs=packs)
                written += count
        return written

    async def _page(self, actor: Actor, page: PageRequest, *, packs: bool) -> tuple[int, PageRequest | None]:
        async def attempt() -> tuple[int, PageRequest | None]:
            async with self.work.begin(actor) as work:
                found: tuple[SubscriptionState | PackState, ...]
                if packs:
                    sold = await work.pack_subscriptions.list(PackSubscriptionFilter(), page)
                    found, cursor = tuple(sold.items), sold.next_cursor
                else:
                    listed = await work.subscriptions.list(SubscriptionFilter(), page)
                    found, cursor = tuple(listed.items), listed.next_cursor
                known = await work.recurrences.known({each.id for each in found})
                missing = [made for each in found if each.id not in known and (made := _changed(each))]
                if missing:
                    await keep_recurrences(work, missing, self.clock.now())
                    await work.commit()
                return len(missing), evolve(page, cursor=cursor) if cursor else None

        return await self.retry(attempt)


def _changed(subscription: SubscriptionState | PackState) -> Changed | None:
    recurrence = recurrence_of(subscription)
    if recurrence is None:
        return None
    return Changed(
        subscription_id=subscription.id,
        version=subscription.version,
        partner_id=subscription.partner_id,
        tenant_id=subscription.tenant_id,
        recurrence=recurrence,
        since=subscription.activated_at or subscription.created_at,
    )
