"""How subscriptions stand by the payments of their invoices: past due once one failed, active when it is made good.

One that is past due is written even where it stays so: whoever judges it at the same time, by another
invoice, meets that there and looks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import PackSubscriptionId
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.pack_situation import keep, load_pack_situation

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import SubscriptionId

_S = SubscriptionStatus


async def fall_behind(work: BillingWork, invoice: Invoice, now: datetime) -> None:
    """Make what an invoice charges past due, as far as it is active: a scheduled payment failed."""
    for subscription_id in charged_by(invoice):
        await _stand(work, subscription_id, now, behind=True)


async def catch_up(work: BillingWork, invoice: Invoice, now: datetime) -> None:
    """Make active again what was past due, unless another invoice whose payment failed is still open."""
    charged = charged_by(invoice)
    behind = await work.invoices.failing(charged, apart_from=invoice.id) if charged else frozenset()
    for subscription_id in charged:
        await _stand(work, subscription_id, now, behind=subscription_id in behind)


def charged_by(invoice: Invoice) -> tuple[SubscriptionId, ...]:
    """Return the subscriptions, plain or to packs, that an invoice charges, by id."""
    return tuple(sorted({line.subscription_id for line in invoice.lines if line.subscription_id is not None}))


async def _stand(work: BillingWork, subscription_id: SubscriptionId, now: datetime, *, behind: bool) -> None:
    try:
        subscription = await work.subscriptions.get(subscription_id)
    except NotFound:
        await _let_pack_stand(work, PackSubscriptionId(subscription_id), now, behind=behind)
        return
    if subscription.pack_subscription_id is not None:
        return
    plan = await work.plans.get(subscription.plan_id)
    if subscription.status is _S.ACTIVE and behind:
        subscription.mark_past_due(plan, now)
    elif subscription.status is _S.PAST_DUE and behind:
        subscription.stay_past_due(plan)
    elif subscription.status is _S.PAST_DUE:
        subscription.recover(plan)
    if subscription.has_changed:
        await work.subscriptions.save(subscription)


async def _let_pack_stand(
    work: BillingWork, subscription_id: PackSubscriptionId, now: datetime, *, behind: bool
) -> None:
    here = await load_pack_situation(work, subscription_id, now)
    it, was = here.subscription, here.subscription.status
    if it.status is _S.ACTIVE and behind:
        it.mark_past_due(now)
    elif it.status is _S.PAST_DUE and behind:
        it.stay_past_due()
    elif it.status is _S.PAST_DUE:
        it.recover()
    if it.has_changed:
        if not (behind and was is _S.PAST_DUE):
            here.let_follow()
        await keep(work, here)
