"""The pump goes on while there is anything to do, and what it wrote down is nobody else's to lose."""

from __future__ import annotations

import asyncio
from typing import Any

from attrs import define, field, frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.webhooks.pump import WebhookPump
from scaicontrol_core.access import Actor
from scaicontrol_core.delivery.outcome import Answer
from scaicontrol_core.delivery.parcel import Parcel
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.claim_webhook_deliveries import ClaimWebhookDeliveries
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.delete_webhook_subscription import DeleteWebhookSubscription
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.testing import builders

ACTOR = Actor.system("test")


@define
class Postman:
    """A sender that is thanked at once, or first does what it was told to."""

    errand: Any = None
    brought: list[str] = field(factory=list)

    async def post(self, parcel: Parcel) -> Answer:
        """Bring it."""
        if self.errand is not None:
            errand, self.errand = self.errand, None
            await errand()
        self.brought.append(parcel.event_id)
        return Answer(latency_ms=1, status=204)


@frozen
class SlowToLook:
    """A container whose looks for more come back empty only once all that was under way is written down."""

    container: Container
    pumps: list[WebhookPump]

    def use(self, use_case: Any) -> Any:
        """Return the use case."""
        made = self.container.use(use_case)
        if use_case is not ClaimWebhookDeliveries:
            return made

        async def look(actor: Actor, room: int) -> Any:
            found = await made(actor, room)
            if not found:
                await self.pumps[0].drain()
            return found

        return look

    def __getattr__(self, name: str) -> Any:
        """Return all else as it is."""
        return getattr(self.container, name)


async def told_of(container: Container, events: int, **terms: Any) -> Any:
    """Let a subscriber be told of some events; return its subscription."""
    wish = NewWebhookSubscription(terms=WebhookTerms(url="https://192.0.32.7/", topics=("tenant.*",), **terms))
    issued = await container.use(CreateWebhookSubscription)(ACTOR, wish)
    async with container.work.begin(ACTOR) as work:
        await work.partners.add(builders.new_partner())
        for number in range(events):
            tenant_id = TenantId(f"tnt_{number}")
            await work.tenants.add(builders.new_tenant(tenant_id))
            await work.billing_profiles.add(builders.new_profile(tenant_id))
        await work.commit()
    await container.use(FanOutEvents)(ACTOR)
    return issued.subscription


async def test_what_is_answered_while_it_looks_for_more_is_followed_by_more() -> None:
    container = Container.in_memory()
    container.webhook_sender = postman = Postman()
    await told_of(container, 3, max_in_flight=1)
    pumps: list[WebhookPump] = []
    pumps.append(WebhookPump(SlowToLook(container, pumps)))  # type: ignore[arg-type]
    await pumps[0].run()
    assert len(postman.brought) == len(set(postman.brought)) == 3


async def test_whose_subscriber_left_meanwhile_that_answer_holds_up_no_other() -> None:
    container = Container.in_memory()
    subscription = await told_of(container, 2)

    async def leave() -> None:
        await container.use(DeleteWebhookSubscription)(ACTOR, subscription.id)

    container.webhook_sender = Postman(leave)
    async with asyncio.timeout(10):
        await container.webhook_pump.run()
    assert container.webhook_pump.under_way == 0
