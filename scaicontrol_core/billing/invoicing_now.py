"""An invoice for one subscription, now: the same drafting that a billing run does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.billing.due import PageRequestOfRun
from scaicontrol_core.billing.page import bill_page
from scaicontrol_core.kernel.ids import RunId

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.billing.facts import Rules
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.subscriptions.situation import Situation


async def invoice_now(work: BillingWork, here: Situation, now: datetime, ids: Ids, rules: Rules) -> Invoice | None:
    """Bill whatever the subscription, as it is stored, owes up to today; the caller commits.

    None if that comes to nothing, or can't be invoiced yet: then it waits for the next run,
    which says why.
    """
    ask = PageRequestOfRun(
        seller=here.seller,
        partner_ids=(here.tenant.partner_id,),
        cutoff=here.today,
        today=here.today,
        now=now,
        run_id=RunId(ids.new("run")),
        only=here.tenant.id,
        subscription_id=here.subscription.id,
    )
    outcome = await bill_page(work, ask, ids, rules)
    if outcome is None or outcome.witness is None:
        return None
    return await work.invoices.get(outcome.witness)
