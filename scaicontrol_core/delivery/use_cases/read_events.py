"""Read the feed of events."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.feed import LATEST, EventFeed, cursor_at, feed_of, position_of
from scaicontrol_core.delivery.outbox_ports import FeedFilter
from scaicontrol_core.delivery.topic_patterns import topics_of
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ReadEvents:
    """Return events in the order of the feed: nothing is lost, however long the reader was away.

    After ``LATEST`` there is nothing yet; its cursor is where what happens from now on begins. No event ever appears
    behind a cursor that was handed out. Each reader sees what its scope reaches: a service the events that
    name it, and of packs its own part. Raises ``Invalid`` (``cursor_invalid``, ``topic_unknown``).
    """

    work: UnitOfWorkFactory[DeliveryWork]

    async def __call__(
        self,
        actor: Actor,
        after: str | None = None,
        limit: int = 50,
        types: Sequence[str] = (),
        criteria: FeedFilter | None = None,
    ) -> EventFeed:
        """Return the events after a cursor, oldest first; ``types`` are topics or patterns of topics."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ, Permission.REGISTRY_MANAGE)
        if actor.scope.kind is not ScopeKind.SERVICE:
            actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        limit = PageRequest(limit=limit).limit
        wanted = evolve(criteria or FeedFilter(), topics=topics_of(types))
        async with self.work.begin(actor, read_only=True) as work:
            if after == LATEST:
                after = cursor_at(await work.outbox.end())
            items = await work.outbox.feed(position_of(after), limit + 1, wanted)
        return feed_of(items, limit, after)
