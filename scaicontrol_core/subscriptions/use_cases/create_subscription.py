"""Create a subscription: the sale itself."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import Factory, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import Ids, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.errors import BillingProfileRequired, PlanUnavailable, SubscriptionExists
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.tenancy.selling import seller_for

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service


@frozen
class NewSubscription:
    """What is sold to whom. ``plan_key`` is ``{service}.{plan}``.

    ``start_date`` (local to the seller; default today) lies in the past only for an
    administrator, who thereby has the periods since then billed by the next run.
    """

    tenant_id: TenantId
    plan_key: str
    quantity: int = 1
    start_date: date | None = None
    metadata: dict[str, Any] = Factory(dict)


@frozen
class CreateSubscription:
    """Put a tenant on a plan: trialing if a first trial is due, else active.

    Raises ``NotFound`` (tenant, plan), ``BillingProfileRequired``, ``SubscriptionExists``,
    ``PlanUnavailable``, ``Invalid`` (``start_date_invalid``).
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
            seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
            plan = await work.plans.by_key(wanted.plan_key)
            service = await work.services.get(plan.service_id)
            _require_sold(plan, service, public_only=actor.scope.kind is ScopeKind.TENANT)
            if await work.billing_profiles.find(tenant.id) is None:
                raise BillingProfileRequired(tenant.id)
            if not service.allows_multiple and await work.subscriptions.find_live(tenant.id, service.id):
                raise SubscriptionExists(service.slug)
            timezone = seller.configuration.billing_timezone
            starts_on = _start_date(actor, wanted.start_date, local_date(now, timezone))
            subscription = Subscription(
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
                metadata=dict(wanted.metadata),
            )
            subscription.record_creation(plan)
            trial = plan.trial_days > 0 and not await work.subscriptions.had_trial(tenant.id, service.id)
            subscription.activate(plan, now, timezone, trial=trial)
            await work.subscriptions.add(subscription)
            await work.commit()
        return subscription


def _require_sold(plan: Plan, service: Service, *, public_only: bool) -> None:
    if not (plan.is_active and service.is_active) or (public_only and not plan.is_public):
        raise PlanUnavailable.field("/plan_key", f"{plan.plan_key} is not sold.", code="plan_unavailable")


def _start_date(actor: Actor, wanted: date | None, today: date) -> date:
    if wanted is None or wanted == today:
        return today
    if wanted > today:
        raise Invalid.field("/start_date", "A subscription cannot start in the future.", code="start_date_invalid")
    if not actor.may(Permission.ADMIN_SUBSCRIPTIONS):
        raise Invalid.field("/start_date", "Only an administrator may date back a start.", code="start_date_invalid")
    return wanted
