"""Reading what was used in the periods to bill, and closing them once they are billed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.terms import OwedUsage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from scaicontrol_core.billing.charges import Charge
    from scaicontrol_core.billing.due import Due
    from scaicontrol_core.billing.usage_charges import Used
    from scaicontrol_core.kernel.ids import PackSubscriptionId
    from scaicontrol_core.kernel.period import Period
    from scaicontrol_core.metering.ports import MeteringWork
    from scaicontrol_core.metering.rollup import Total
    from scaicontrol_core.subscriptions.ports import SubscriptionsWork


async def load_children(work: SubscriptionsWork, due: Due) -> Mapping[PackSubscriptionId, Sequence[Subscription]]:
    """Return the children of the due packs; those that are due themselves are the same objects."""
    known = {each.id: each for each in due.subscriptions}
    children: dict[PackSubscriptionId, list[Subscription]] = {}
    for child in await work.subscriptions.of_packs([each.id for each in due.packs]):
        if child.pack_subscription_id is not None:
            children.setdefault(child.pack_subscription_id, []).append(known.get(child.id, child))
    return children


async def read_used(work: MeteringWork, due: Iterable[tuple[Subscription, OwedUsage]], *, keep: bool) -> Used:
    """Return what was used in each period whose usage is due.

    With ``keep`` no event comes in between this and the end of the unit of work: ``close_used``
    must follow for what is billed.
    """
    wanted: dict[Period, dict[SubscriptionId, int]] = {}
    owners: dict[SubscriptionId, Subscription] = {}
    for subscription, usage in due:
        owners[subscription.id] = subscription
        wanted.setdefault(usage.period, {})[subscription.id] = usage.ordinal
    if keep and owners:
        await work.usage_closings.alone(*owners.values())
    used: dict[tuple[SubscriptionId, int], dict[str, dict[str, Total]]] = {}
    for period, ordinals in wanted.items():
        for (owner, metric, rate), total in (await work.usage_rollups.totals(sorted(ordinals), period)).items():
            used.setdefault((owner, ordinals[owner]), {}).setdefault(metric, {})[rate] = total
    return used


async def close_used(work: MeteringWork, charges: Iterable[Charge]) -> None:
    """Let no usage of the billed periods in any more."""
    closed: dict[SubscriptionId, tuple[Subscription, date]] = {}
    for charge in charges:
        if isinstance(charge.owed, OwedUsage) and isinstance(charge.subscription, Subscription):
            before = closed.get(charge.subscription.id)
            until = charge.owed.end if before is None else max(before[1], charge.owed.end)
            closed[charge.subscription.id] = (charge.subscription, until)
    await work.usage_closings.close_many([closed[key] for key in sorted(closed)])
