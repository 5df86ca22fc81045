"""What time does to a pack subscription: trials end, periods begin with what the pack is then, ends come."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.offering import TRIAL_TIER
from scaicontrol_core.subscriptions.pack_situation import Begins, members_of, new_child, price_of

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.subscriptions.pack_situation import PackSituation
    from scaicontrol_core.subscriptions.ports import SubscriptionsWork

_S = SubscriptionStatus


async def move_pack_on(work: SubscriptionsWork, here: PackSituation, now: datetime, ids: Ids) -> bool:
    """Make the move that is due at ``now``, dated when it fell due; tell whether there was one.

    A bundle with any trial-tier plan ends with its trial; another becomes active if the tenant
    pays by invoice or it costs nothing, else it is cancelled for want of a payment method.
    """
    it = here.subscription
    due = it.ripe_at
    if due is None or due > now:
        return False
    day = local_date(due, here.timezone)
    if it.status is _S.CANCELLING:
        it.cancel(due, day)
    elif it.status is _S.TRIALING:
        is_bundle = any(here.plan_of(child).tier == TRIAL_TIER for child in here.children.values())
        _, price_cents = price_of(it, here.pack, here.plans, day, here.timezone)
        if not is_bundle and (here.tenant.pays_by_invoice or price_cents == 0):
            it.end_trial(day, here.timezone)
            await _renew(work, here, day, due, ids)
        else:
            it.cancel(due, day, "trial_ended" if is_bundle else "no_payment_method")
    else:
        await _renew(work, here, day, due, ids)
    here.let_follow()
    return True


async def _renew(work: SubscriptionsWork, here: PackSituation, day: date, due: datetime, ids: Ids) -> None:
    it = here.subscription
    items, price_cents = price_of(it, here.pack, here.plans, day, here.timezone)
    wanted = {item.service_id for item in items}
    going = [service_id for service_id in here.children if service_id not in wanted]
    members = dict(here.children)
    for service_id in going:
        child = members.pop(service_id)
        child.drop_out(here.plan_of(child), due, day)
    services = {service.id: service for service in await work.services.all()}
    for item in items:
        if item.service_id in members:
            continue
        service = services[item.service_id]
        if not service.allows_multiple and await work.subscriptions.find_live(it.tenant_id, service.id):
            continue  # the tenant has it by itself, and keeps it
        child = new_child(it, item, service, here.plans[item.plan_id], Begins(due, day, ids))
        here.children[service.id] = members[service.id] = child
    it.renew(day, members_of(items, members), price_cents, here.timezone)
