"""Reading what was used in the periods to bill, and closing them once they are billed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.billing.drafting import Known
from scaicontrol_core.billing.usage_charges import owing
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.terms import OwedUsage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from scaicontrol_core.billing.charges import Charge
    from scaicontrol_core.billing.usage_charges import Used
    from scaicontrol_core.kernel.period import Period
    from scaicontrol_core.metering.ports import MeteringWork
    from scaicontrol_core.metering.rollup import Total
    from scaicontrol_core.tenancy.seller import PartnerConfiguration


async def read_used(
    work: MeteringWork,
    subscriptions: Sequence[Subscription],
    known: Known,
    seller: PartnerConfiguration,
    cutoff: date,
    *,
    keep: bool,
) -> Used:
    """Return what was used in each period whose usage is due.

    With ``keep`` no event comes in between this and the end of the unit of work: ``close_used``
    must follow for what is billed.
    """
    wanted: dict[Period, list[tuple[SubscriptionId, int]]] = {}
    for subscription in sorted(subscriptions, key=lambda each: each.id):
        due = _due(subscription, known, seller, cutoff)
        if due and keep:
            await work.usage_closings.alone(subscription)
        for usage in due:
            wanted.setdefault(usage.period, []).append((subscription.id, usage.ordinal))
    used: dict[tuple[SubscriptionId, int], dict[str, dict[str, Total]]] = {}
    for period, owners in wanted.items():
        ordinals = dict(owners)
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
    for key in sorted(closed):
        await work.usage_closings.close(*closed[key])


def _due(subscription: Subscription, known: Known, seller: PartnerConfiguration, cutoff: date) -> tuple[OwedUsage, ...]:
    try:
        return owing(subscription, known, seller, cutoff).usage
    except NotFound:
        return ()  # drafting finds it again, and says so
