"""Whatever receivers answer and whoever dies: nothing is lost, nothing overtakes, nobody is flooded."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve, fields
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.health import FAILURES_TO_OPEN, OPEN_FOR, WebhookHealth
from scaicontrol_core.delivery.lifecycle import DeliveryStatus
from scaicontrol_core.delivery.outcome import Answer, ErrorClass
from scaicontrol_core.delivery.parcel import Answered, Parcel
from scaicontrol_core.delivery.retry_schedule import MOST_ATTEMPTS, MOST_CLAIMS, ORDERED_ATTEMPTS
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.claim_webhook_deliveries import ClaimWebhookDeliveries
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.enable_webhook_subscription import EnableWebhookSubscription
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.record_webhook_answers import RecordWebhookAnswers
from scaicontrol_core.delivery.webhook_delivery import LEASE, WebhookDelivery
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds, builders
from scaicontrol_core.testing.secrets import MemorySecrets

ACTOR = Actor.system("machine")
T = TypeVar("T")
ANSWERS = st.one_of(
    st.sampled_from([200, 204, 409, 500, 503, 301, 400, 410]).map(lambda status: Answer(latency_ms=1, status=status)),
    st.sampled_from([ErrorClass.TIMEOUT, ErrorClass.SECRETS]).map(lambda error: Answer(latency_ms=1, error=error)),
)
IN_FLIGHT = 3


class Chance:
    """Keys of one letter; numbers that change."""

    count = 0

    def key(self, size: int) -> bytes:
        return b"k" * size

    def below(self, bound: int) -> int:
        self.count += 7
        return self.count % bound


class Anywhere:
    """Sends wherever it is told to."""

    async def require(self, url: str) -> None:
        del url


async def at_once(attempt: Any) -> Any:
    return await attempt()


class Delivering(RuleBasedStateMachine):
    """Two subscriptions, three aggregates, receivers of every mood, workers that never come back."""

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.ids, self.randomness = FixedClock(), SequentialIds(), Chance()
        self.work = MemoryUnitOfWorkFactory(self.clock, self.ids)
        self.secrets, self.destinations, self.retry = MemorySecrets(), Anywhere(), at_once
        self.flying: list[tuple[datetime, Parcel]] = []
        self.changes = 0
        self.bodies: dict[str, bytes] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something of the core."""
        return asyncio.run(work)

    def use(self, use_case: Any) -> Any:
        """Build a use case over this machine's ports."""
        return use_case(**{each.name: getattr(self, each.name) for each in fields(use_case)})

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """All deliveries."""
        return [row for _, row in self.work.store.tables.get("webhook_deliveries", {}).values()]

    @property
    def healths(self) -> dict[str, WebhookHealth]:
        """How each receiver fares."""
        return {row.subscription_id: row for _, row in self.work.store.tables["webhook_healths"].values()}

    @property
    def subscriptions(self) -> dict[str, WebhookSubscription]:
        """The subscriptions."""
        return {row.id: row for _, row in self.work.store.tables["webhook_subscriptions"].values()}

    @initialize()
    def open(self) -> None:
        """Two receivers; customers whose profiles change."""
        for ordered in (True, False):
            terms = WebhookTerms(
                url="https://example.com/", topics=("tenant.*",), ordered=ordered, max_in_flight=IN_FLIGHT
            )
            self.run(self.use(CreateWebhookSubscription)(ACTOR, NewWebhookSubscription(terms=terms)))
        self.run(self._begin())

    async def _begin(self) -> None:
        async with self.work.begin(ACTOR) as work:
            await work.partners.add(builders.new_partner())
            for number in range(3):
                await work.tenants.add(builders.new_tenant(TenantId(f"tnt_{number}")))
                await work.billing_profiles.add(builders.new_profile(TenantId(f"tnt_{number}")))
            await work.commit()

    @rule(number=st.integers(0, 2))
    def change(self, number: int) -> None:
        """Something happens."""
        self.changes += 1
        self.run(self._change(TenantId(f"tnt_{number}")))

    async def _change(self, tenant_id: TenantId) -> None:
        async with self.work.begin(ACTOR) as work:
            profile = await work.billing_profiles.get(tenant_id)
            profile.change(evolve(profile.details, city=f"City {self.changes}"), self.clock.now())
            await work.billing_profiles.save(profile)
            await work.commit()

    @rule(limit=st.integers(1, 5))
    def fan_out(self, limit: int) -> None:
        """Some events get their places."""
        self.run(self.use(FanOutEvents)(ACTOR, limit))

    @rule(capacity=st.integers(1, 10))
    def claim(self, capacity: int) -> None:
        """A worker takes what it may."""
        before = {each.id: each for each in self.deliveries}
        now = self.clock.now()
        pending = [each for each in before.values() if each.is_pending]
        healths, subscriptions = self.healths, self.subscriptions
        claimed = self.run(self.use(ClaimWebhookDeliveries)(ACTOR, capacity))
        assert len(claimed) <= capacity
        for parcel in claimed:
            taken, subscription = before[parcel.delivery_id], subscriptions[parcel.subscription_id]
            assert taken.is_due(now)
            assert subscription.is_active
            assert not healths[parcel.subscription_id].is_open(now)
            assert self.bodies.setdefault(parcel.event_id, parcel.body) == parcel.body
            if subscription.terms.ordered:
                older = [
                    each
                    for each in pending
                    if (each.subscription_id, each.order_key) == (taken.subscription_id, taken.order_key)
                    and each.sequence < taken.sequence
                ]
                assert all(each.attempts >= ORDERED_ATTEMPTS for each in older)
        self.flying += [(now, parcel) for parcel in claimed]
        self._nobody_is_flooded(healths)

    def _nobody_is_flooded(self, healths: dict[str, WebhookHealth]) -> None:
        now = self.clock.now()
        for key, health in healths.items():
            held = [
                each
                for each in self.deliveries
                if each.subscription_id == key and each.lease_until is not None and each.lease_until > now
            ]
            assert len(held) <= IN_FLIGHT
            probing = [each for each in held if health.open_until and each.claimed_at == now >= health.open_until]
            assert len(probing) <= 1

    @precondition(lambda self: self.flying)
    @rule(count=st.integers(1, 6), answer=ANSWERS)
    def answer(self, count: int, answer: Answer) -> None:
        """Receivers answer."""
        answered, self.flying = self.flying[:count], self.flying[count:]
        self.run(self.use(RecordWebhookAnswers)(ACTOR, [Answered(parcel, answer) for _, parcel in answered]))

    @precondition(lambda self: self.flying)
    @rule()
    def die(self) -> None:
        """A worker dies with all it holds."""
        self.flying = []

    @rule(minutes=st.sampled_from([1, 2, 6, 40, 150, 800, 1800]))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.clock.set(self.clock.now() + timedelta(minutes=minutes))

    @rule()
    def enable(self) -> None:
        """Somebody enables what was disabled."""
        for each in self.subscriptions.values():
            if not each.is_active:
                self.run(self.use(EnableWebhookSubscription)(ACTOR, each.id))

    @invariant()
    def attempts_have_a_number(self) -> None:
        """Nothing is tried for ever, and what ended holds no lease."""
        for each in self.deliveries:
            assert 0 <= each.attempts <= MOST_CLAIMS + 1
            assert each.is_pending or (each.lease_owner is None and each.finished_at is not None)
        settled = [row for _, row in self.work.store.tables.get("webhook_attempts", {}).values()]
        assert all(each.next_due_at is None for each in settled if each.ordinal >= MOST_ATTEMPTS)

    @invariant()
    def every_event_has_one_delivery(self) -> None:
        """No subscription hears of an event twice by itself, nor misses one while it is active."""
        keys = [(each.subscription_id, each.idempotency_key) for each in self.deliveries]
        assert len(keys) == len(set(keys))
        positions = [row.position for _, row in self.work.store.tables.get("outbox_places", {}).values()]
        assert sorted(positions) == list(range(1, len(positions) + 1))

    def teardown(self) -> None:
        """In the end, with receivers well, everything that is not dead has arrived."""
        if not self.work.store.tables:
            return
        self.flying = []
        self.enable()
        for _ in range(200):
            self.run(self.use(FanOutEvents)(ACTOR, 50))
            self.clock.set(self.clock.now() + max(LEASE, OPEN_FOR) + timedelta(seconds=1))
            claimed = self.run(self.use(ClaimWebhookDeliveries)(ACTOR, 50))
            answers = [Answered(parcel, Answer(latency_ms=1, status=200)) for parcel in claimed]
            self.run(self.use(RecordWebhookAnswers)(ACTOR, answers))
            if not claimed:
                self.clock.set(self.clock.now() + timedelta(hours=29))
            if not any(each.is_pending for each in self.deliveries):
                break
        assert not any(each.is_pending for each in self.deliveries)
        dead = [each for each in self.deliveries if each.status is DeliveryStatus.DEAD]
        assert all(each.last_error is not None for each in dead)


TestDelivering = Delivering.TestCase
TestDelivering.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_the_breaker_opens_after_ten_failures_and_a_success_closes_it() -> None:
    now = FixedClock().now()
    health = WebhookHealth(subscription_id="whs_1", partner_id=None)  # type: ignore[arg-type]
    for count in range(1, FAILURES_TO_OPEN):
        health = health.failed(now)
        assert health.may_send(now, in_flight=0, most=5) == 5, count
    health = health.failed(now)
    assert health.may_send(now, in_flight=0, most=5) == 0
    assert health.may_send(now + OPEN_FOR, in_flight=0, most=5) == 1
    assert health.may_send(now + OPEN_FOR, in_flight=1, most=5) == 0
    assert health.succeeded(now).may_send(now, in_flight=2, most=5) == 3
    again = health.failed(now + OPEN_FOR)
    assert again.is_open(now + OPEN_FOR)
    assert again.failing_since == now
    assert not again.has_only_failed(now + timedelta(days=4, hours=23))
    assert again.has_only_failed(now + timedelta(days=5))
