"""Change a subscription's plan or quantity: now or at the end of the period, prorated or not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.facts import DocumentCheck, Rules
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.invoicing_now import invoice_now
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.seller import may_write_for
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import Ids, SubscriptionId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.change_policy import when_effective
from scaicontrol_core.subscriptions.changing import Effective, Moment
from scaicontrol_core.subscriptions.errors import PlanUnavailable
from scaicontrol_core.subscriptions.offering import TRIAL_TIER, require_offered
from scaicontrol_core.subscriptions.pack_leaving import load_for_another_plan
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.situation import Situation
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.terms import Adjustment
from scaicontrol_core.tax import RateTable

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan


@frozen(kw_only=True)
class SubscriptionChange:
    """What to change: plan, quantity or both; None leaves it. ``preview`` writes nothing."""

    plan_key: str | None = None
    quantity: int | None = None
    effective: Effective = Effective.NOW
    proration: Proration = Proration.NONE
    preview: bool = False


@frozen(kw_only=True)
class ChangeOutcome:
    """What came of it.

    ``effective`` may differ from what was asked, where a policy makes a change wait;
    ``effective_on`` is a local day. ``adjustments`` are the parts of the running period that are
    credited and charged; ``invoice`` is the one written now, None if they wait for the next.
    """

    subscription: Subscription
    effective: Effective
    effective_on: date
    adjustments: tuple[Adjustment, ...]
    invoice: Invoice | None


@frozen
class ChangeSubscription:
    """Change what a customer has bought; another plan for one service of a trial bundle takes it out of the bundle.

    With ``proration=immediate`` the invoice is part of the same transaction, if the actor may
    write in the seller's name; else the next billing run writes it. Raises ``NotFound``,
    ``PlanFixed``, ``NotAccruing``, ``Invalid`` and what ``require_offered`` raises.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids
    rates: RateTable
    document_check: DocumentCheck

    async def __call__(
        self, actor: Actor, subscription_id: SubscriptionId, wanted: SubscriptionChange
    ) -> ChangeOutcome:
        """Change it, or with ``preview`` tell what would come of it."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
        now = self.clock.now()
        async with self.work.begin(actor, read_only=wanted.preview) as work:
            here, left = await load_for_another_plan(work, subscription_id, wanted.plan_key, now)
            outcome = await _change(work, actor, here, wanted, Moment(at=now, timezone=here.timezone))
            if wanted.preview or not here.subscription.has_changed:
                return outcome
            await work.subscriptions.save(here.subscription)
            if left is not None:
                await work.pack_subscriptions.save(left)
            invoice = None
            immediate = wanted.proration is Proration.IMMEDIATE and outcome.adjustments
            if immediate and may_write_for(actor, here.seller.id):
                rules = Rules(rates=self.rates, document_check=self.document_check)
                invoice = await invoice_now(work, here, now, self.ids, rules)
            subscription = await work.subscriptions.get(subscription_id)
            await work.commit()
        return ChangeOutcome(
            subscription=subscription,
            effective=outcome.effective,
            effective_on=outcome.effective_on,
            adjustments=outcome.adjustments,
            invoice=invoice,
        )


async def _change(
    work: BillingWork, actor: Actor, here: Situation, wanted: SubscriptionChange, moment: Moment
) -> ChangeOutcome:
    it = here.subscription
    if wanted.plan_key is None and wanted.quantity is None:
        raise Invalid.field("", "Name a plan_key or a quantity to change.", code="nothing_to_change")
    plan = here.plan if wanted.plan_key is None else await work.plans.by_key(wanted.plan_key)
    if plan.id != it.plan_id:
        await _require_offered(work, actor, here, plan)
    quantity = it.quantity if wanted.quantity is None else wanted.quantity
    effective = when_effective(here.plan, plan, wanted.effective)
    known = {adjustment.number for adjustment in it.adjustments}
    if effective is Effective.PERIOD_END:
        it.change_at_period_end(plan, quantity, moment, here.plan)
    else:
        plans = {here.plan.id: here.plan, **await work.plans.get_many(sorted(it.plan_ids))}
        it.change_now(plan, quantity, moment, wanted.proration, plans)
    return ChangeOutcome(
        subscription=it,
        effective=effective,
        effective_on=it.pending_change.effective_on if it.pending_change else moment.today,
        adjustments=tuple(each for each in it.adjustments if each.number not in known),
        invoice=None,
    )


async def _require_offered(work: BillingWork, actor: Actor, here: Situation, plan: Plan) -> None:
    service = await work.services.get(plan.service_id)
    require_offered(plan, service, here.partner, public_only=actor.scope.kind is ScopeKind.TENANT)
    if plan.tier == TRIAL_TIER:
        text = f"{plan.plan_key} is a trial, which only begins a subscription."
        raise PlanUnavailable.field("/plan_key", text, code=PlanUnavailable.code)
