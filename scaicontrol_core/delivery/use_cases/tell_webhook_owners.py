"""Write to the owners of subscriptions that were disabled."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.ports import OwnerNotices
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.errors import Stale
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class TellWebhookOwners:
    """Hand over each notice, then note that its owner knows: at least once, under the same key.

    Raises ``Unavailable`` while mail is away; run again it goes on.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    owner_notices: OwnerNotices

    async def __call__(self, actor: Actor, limit: int = 20) -> int:
        """Return how many owners were written to."""
        actor.require_platform()
        async with self.work.begin(actor, read_only=True) as work:
            owing = await work.webhook_subscriptions.owing_notices(limit)
        for each in owing:
            await self.owner_notices.disabled(each)
            try:
                async with self.work.begin(actor) as work:
                    subscription = await work.webhook_subscriptions.get(each.id)
                    if subscription.owes_a_notice:
                        subscription.note_owner_told()
                        await work.webhook_subscriptions.save(subscription)
                        await work.commit()
            except Stale:
                continue  # somebody edits it: the next round looks again, and the key is the same
        return len(owing)
