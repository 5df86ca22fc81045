"""How the child of a pack goes on alone: its customer chose another plan of that one service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.subscriptions.errors import ChildOfPack
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.pack_situation import load_pack_situation
from scaicontrol_core.subscriptions.situation import Situation, situation_of

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.kernel.ids import SubscriptionId
    from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
    from scaicontrol_core.subscriptions.ports import SubscriptionsWork

#: Why a bundle ended before its trial did.
ALL_LEFT = "all_services_left"


async def load_for_another_plan(
    work: SubscriptionsWork, subscription_id: SubscriptionId, plan_key: str | None, now: datetime
) -> tuple[Situation, PackSubscription | None]:
    """Load a subscription whose plan is to change, and the pack it thereby leaves, to be saved with it.

    Raises ``ChildOfPack`` for a child of a pack that is no trial any more, or whose plan stays.
    """
    subscription = await work.subscriptions.get(subscription_id)
    if subscription.pack_subscription_id is None:
        return await situation_of(work, subscription, now), None
    here = await load_pack_situation(work, subscription.pack_subscription_id, now)
    pack, child = here.subscription, here.children.get(subscription.service_id)
    stays = plan_key in (None, subscription.plan_key)
    if child is None or stays or pack.status is not SubscriptionStatus.TRIALING:
        raise ChildOfPack(pack.id)
    pack.release(child.service_id)
    child.leave_pack(here.plan_of(child), now)
    if not pack.members:
        pack.cancel(now, here.today, ALL_LEFT)
    return await situation_of(work, child, now), pack
