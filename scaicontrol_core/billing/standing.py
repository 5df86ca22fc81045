"""How subscriptions stand by the payments of their invoices: past due once one failed, active when it is made good.

Each writes its subscriptions even where they stay as they are: whoever judges the same one at the
same time, by another invoice, meets it there and looks again.
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
_JUDGED = (_S.ACTIVE, _S.PAST_DUE)


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
    if subscription.status not in _JUDGED or subscription.pack_subscription_id is not None:
        return
    plan = await work.plans.get(subscription.plan_id)
    if behind and subscription.status is _S.ACTIVE:
        subscription.mark_past_due(plan, now)
    elif not behind and subscription.status is _S.PAST_DUE:
        subscription.recover(plan)
    await work.subscriptions.save(subscription)


async def _let_pack_stand(
    work: BillingWork, subscription_id: PackSubscriptionId, now: datetime, *, behind: bool
) -> None:
    here = await load_pack_situation(work, subscription_id, now)
    if here.subscription.status not in _JUDGED:
        return
    if behind and here.subscription.status is _S.ACTIVE:
        here.subscription.mark_past_due(now)
        here.let_follow()
    elif not behind and here.subscription.status is _S.PAST_DUE:
        here.subscription.recover()
        here.let_follow()
    await keep(work, here)
