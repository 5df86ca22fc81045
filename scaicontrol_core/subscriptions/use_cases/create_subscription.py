"""Create a subscription: the sale itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from attrs import Factory, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import Ids, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.errors import (
    BillingProfileRequired,
    PlanUnavailable,
    SubscriptionExists,
    TrialUsed,
)
from scaicontrol_core.subscriptions.offering import TRIAL_TIER, require_offered
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.subscription import Subscription, check_quantity
from scaicontrol_core.tenancy.selling import seller_for

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.tenancy.tenant import Tenant

#: Nobody bills further back: an earlier start is a slip of the keyboard.
_EARLIEST = timedelta(days=3653)
_CHECKS: dict[str, checks.Check] = {
    "plan_key": checks.required(121),
    "quantity": check_quantity,
    "metadata": checks.json_object,
}


@frozen
class NewSubscription:
    """What is sold to whom. ``plan_key`` is ``{service}.{plan}``.

    ``start_date`` (local to the seller; default today) lies in the past only for an
    administrator, who thereby has the periods since then billed by the next run.
    ``term_ends_on`` is the local day it expires on, if it has a fixed term.
    """

    tenant_id: TenantId
    plan_key: str
    quantity: int = 1
    start_date: date | None = None
    term_ends_on: date | None = None
    metadata: dict[str, Any] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse what is wrong, all at once."""
        checks.check_fields(self, _CHECKS)


@frozen
class CreateSubscription:
    """Put a tenant on a plan: trialing if a first trial is due, else active.

    Raises ``NotFound`` (tenant, plan), ``BillingProfileRequired``, ``SubscriptionExists``,
    ``TrialUsed``, ``Invalid`` (``start_date_invalid``) and what ``require_offered`` raises.
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, wanted: NewSubscription) -> Subscription:
        """Create and activate; ``subscription.activated.v1`` leaves with the commit."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            tenant = await work.tenants.get(wanted.tenant_id)
            partner, operator = await work.sellers.own_and_operator(tenant.partner_id)
            plan = await work.plans.by_key(wanted.plan_key)
            service = await work.services.get(plan.service_id)
            require_offered(plan, service, partner, public_only=actor.scope.kind is ScopeKind.TENANT)
            await _require_free(work, tenant, service)
            trial = await _has_trial(work, tenant, service, plan)
            timezone = seller_for(partner, operator).configuration.billing_timezone
            starts_on = _start_date(actor, wanted.start_date, local_date(now, timezone))
            subscription = self._subscription(wanted, tenant, service, plan, starts_on, now)
            subscription.record_creation(plan)
            if wanted.term_ends_on is not None:
                actor.require(Permission.ADMIN_SUBSCRIPTIONS)
                subscription.begin_with_term(wanted.term_ends_on, local_date(now, timezone), timezone)
            subscription.activate(plan, now, timezone, trial=trial)
            await work.subscriptions.add(subscription)
            await work.commit()
        return subscription

    def _subscription(
        self, wanted: NewSubscription, tenant: Tenant, service: Service, plan: Plan, starts_on: date, now: datetime
    ) -> Subscription:
        return Subscription(
            id=SubscriptionId(self.ids.new("sub")),
            partner_id=tenant.partner_id,
            tenant_id=tenant.id,
            service_id=service.id,
            plan_id=plan.id,
            plan_key=plan.plan_key,
            starts_on=starts_on,
            created_at=now,
            quantity=wanted.quantity,
            exclusive=not service.allows_multiple,
            metadata=wanted.metadata,
        )


async def _require_free(work: SubscriptionsWork, tenant: Tenant, service: Service) -> None:
    if not await work.billing_profiles.exists(tenant.id):
        raise BillingProfileRequired(tenant.id)
    if not service.allows_multiple and await work.subscriptions.find_live(tenant.id, service.id):
        raise SubscriptionExists(service.slug)


async def _has_trial(work: SubscriptionsWork, tenant: Tenant, service: Service, plan: Plan) -> bool:
    """Tell whether this begins as a trial; a plan that is nothing but a trial has to."""
    first = not await work.subscriptions.had_trial(tenant.id, service.id)
    if plan.tier == TRIAL_TIER and not first:
        raise TrialUsed(service.slug)
    if plan.tier == TRIAL_TIER and not plan.trial_days:
        raise PlanUnavailable.field("/plan_key", f"{plan.plan_key} is a trial of no days.", code=PlanUnavailable.code)
    return first and plan.trial_days > 0


def _start_date(actor: Actor, wanted: date | None, today: date) -> date:
    if wanted is None or wanted == today:
        return today
    if wanted > today:
        raise Invalid.field("/start_date", "A subscription cannot start in the future.", code="start_date_invalid")
    if not actor.may(Permission.ADMIN_SUBSCRIPTIONS):
        raise Invalid.field("/start_date", "Only an administrator may date back a start.", code="start_date_invalid")
    if wanted < today - _EARLIEST:
        raise Invalid.field("/start_date", "This lies more than ten years back.", code="start_date_invalid")
    return wanted
