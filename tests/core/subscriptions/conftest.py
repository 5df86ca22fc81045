"""A shop with one customer, and the people who come to it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from attrs import define

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.ids import PlanId, ServiceId, SubscriptionId
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, SERVICE_ID, TENANT_ID


@define
class Shop:
    """The world, and short ways to do what these stories begin with."""

    world: MemoryWorld
    admin: ClassVar[Actor] = Actor.system("shop")
    buyer: ClassVar[Actor] = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
    visitor: ClassVar[Actor] = Actor.tenant_user("vera", TENANT_ID, OPERATOR_ID)

    async def plan(self, slug: str, service: tuple[ServiceId, str] = (SERVICE_ID, "scaikey"), **terms: Any) -> str:
        """Offer another plan and return its key."""
        plan = builders.new_plan(PlanId(f"pln_{service[1]}_{slug}"), service, slug, **({"tier": slug} | terms))
        await self.world.keep(plan)
        return plan.plan_key

    async def subscribe(self, plan_key: str = "scaikey.pro", **wanted: Any) -> Subscription:
        """Put the customer on a plan."""
        sale = NewSubscription(TENANT_ID, plan_key, **wanted)
        return await self.world.use(CreateSubscription)(self.admin, sale)

    async def stored(self, subscription_id: SubscriptionId) -> Subscription:
        """Return it as it is stored."""
        async with self.world.work.begin(self.admin, read_only=True) as work:
            return await work.subscriptions.get(subscription_id)

    async def in_state(self, status: str) -> Subscription:
        """Return a subscription that got to the state by the ordinary road."""
        trial = await self.plan("starter", trial_days=14, base_price_cents=4900)
        subscription = await self.subscribe(trial if status == "trialing" else "scaikey.pro")
        if status in {"active", "trialing"}:
            return subscription
        plan = builders.new_plan()
        now, today, zone = self.world.clock.now(), subscription.starts_on, "Europe/Amsterdam"
        road = {
            "past_due": lambda: subscription.mark_past_due(plan, now),
            "cancelling": lambda: subscription.cancel_at_period_end(plan, today, zone),
            "suspended": lambda: subscription.suspend(plan, today),
            "cancelled": lambda: subscription.cancel(plan, now, today),
            "expired": lambda: subscription.expire(plan, now, today),
        }
        road[status]()
        async with self.world.work.begin(self.admin) as work:
            await work.subscriptions.save(subscription)
            await work.commit()
        return subscription

    def announced(self, topic: str) -> list[dict[str, Any]]:
        """Return the payloads of all public events of a topic."""
        return [event.data for event in self.world.store.outbox if event.topic == topic]


@pytest.fixture
async def shop() -> Shop:
    """The operator with one monthly plan at EUR 199.00 and one Dutch customer; it is 15 January 2026."""
    return Shop(await MemoryWorld.with_one_customer())
