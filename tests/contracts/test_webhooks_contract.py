"""What every store promises of webhooks: the feed's order, one delivery each, claims that only one worker gets."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, evolve, field, frozen

from scaicontrol_adapters.sql.retry import retried
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.delivery.errors import DeliveryUnderWay, WebhookDisabledAlready
from scaicontrol_core.delivery.feed import LATEST
from scaicontrol_core.delivery.health import OPEN_FOR
from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import DeliveryStatus, WebhookStatus
from scaicontrol_core.delivery.outbox_ports import PlacedEvent
from scaicontrol_core.delivery.outcome import Answer, ErrorClass
from scaicontrol_core.delivery.parcel import Answered, Parcel
from scaicontrol_core.delivery.ports import DeliveryFilter, SubscriptionFilter
from scaicontrol_core.delivery.secret_keeping import IssuedSecret, NewWebhookSubscription
from scaicontrol_core.delivery.signature import key_of
from scaicontrol_core.delivery.use_cases.claim_webhook_deliveries import ClaimWebhookDeliveries
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.delete_webhook_subscription import DeleteWebhookSubscription
from scaicontrol_core.delivery.use_cases.disable_webhook_subscription import DisableWebhookSubscription
from scaicontrol_core.delivery.use_cases.enable_webhook_subscription import EnableWebhookSubscription
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.forget_webhook_deliveries import ForgetWebhookDeliveries
from scaicontrol_core.delivery.use_cases.get_webhook_delivery import GetWebhookDelivery
from scaicontrol_core.delivery.use_cases.get_webhook_subscription import GetWebhookSubscription
from scaicontrol_core.delivery.use_cases.list_webhook_deliveries import ListWebhookDeliveries
from scaicontrol_core.delivery.use_cases.list_webhook_subscriptions import ListWebhookSubscriptions
from scaicontrol_core.delivery.use_cases.measure_delivery import MeasureDelivery
from scaicontrol_core.delivery.use_cases.read_events import ReadEvents
from scaicontrol_core.delivery.use_cases.record_webhook_answers import RecordWebhookAnswers
from scaicontrol_core.delivery.use_cases.replay_dead_deliveries import ReplayDeadDeliveries
from scaicontrol_core.delivery.use_cases.replay_deliveries_since import ReplayDeliveriesSince
from scaicontrol_core.delivery.use_cases.replay_webhook_delivery import ReplayWebhookDelivery
from scaicontrol_core.delivery.use_cases.rotate_webhook_secret import RotateWebhookSecret
from scaicontrol_core.delivery.use_cases.send_test_event import SendTestEvent
from scaicontrol_core.delivery.use_cases.tell_webhook_owners import TellWebhookOwners
from scaicontrol_core.delivery.use_cases.update_webhook_subscription import UpdateWebhookSubscription
from scaicontrol_core.delivery.webhook_subscription import DisableReason, WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookChanges, WebhookTerms
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound, OutOfScope, Retryable, Stale
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from scaicontrol_core.testing.clock import DEFAULT_START as NOW
from scaicontrol_core.testing.memory_outbox import MemoryOutbox
from scaicontrol_core.testing.secrets import MemorySecrets

PLATFORM = Actor.system("contract")
SELLER, RIVAL_ID = PartnerId("prt_reseller"), PartnerId("prt_rival")
PARTNER, RIVAL = Actor.partner_admin("rita", SELLER), Actor.partner_admin("rob", RIVAL_ID)
TENANT = Actor.tenant_user("tim", TenantId("tnt_1"), SELLER, Role.TENANT_ADMIN)
URL = "https://hooks.example.com/scai"
OK = Answer(latency_ms=12, status=200, text="thanks")
BROKEN = Answer(latency_ms=3, status=503, text="no")


@frozen
class Chance:
    """Chance that is none: keys of one letter, and the middle of every wait."""

    def key(self, size: int) -> bytes:
        return b"k" * size

    def below(self, bound: int) -> int:
        return bound // 2


@frozen
class Anywhere:
    """Sends wherever it is told to."""

    async def require(self, url: str) -> None:
        del url


@define
class Notices:
    """Remembers whom it wrote to."""

    told: list[WebhookSubscription] = field(factory=list)

    async def disabled(self, subscription: WebhookSubscription) -> None:
        self.told.append(subscription)


@define
class Office:
    """Webhooks over one store, with a clock to turn."""

    work: Any
    clock: FixedClock = field(factory=lambda: FixedClock(NOW))
    ids: SequentialIds = field(factory=SequentialIds)
    secrets: MemorySecrets = field(factory=MemorySecrets)
    randomness: Chance = field(factory=Chance)
    destinations: Anywhere = field(factory=Anywhere)
    owner_notices: Notices = field(factory=Notices)
    retry: Any = None

    def use(self, use_case: Any) -> Any:
        names = [attribute.name for attribute in use_case.__attrs_attrs__]
        return use_case(**{name: getattr(self, name) for name in names})

    async def subscribe(self, *topics: str, actor: Actor = PLATFORM, **terms: Any) -> WebhookSubscriptionId:
        command = NewWebhookSubscription(terms=WebhookTerms(url=URL, topics=topics or ("*",), **terms))
        issued: IssuedSecret = await self.use(CreateWebhookSubscription)(actor, command)
        return issued.subscription.id

    async def happen(self, number: int = 1, partner_id: PartnerId = SELLER) -> None:
        """A tenant is given its billing profile, which is announced."""
        tenant_id = TenantId(f"tnt_{number}")
        async with self.work.begin(PLATFORM) as work:
            await work.tenants.add(builders.new_tenant(tenant_id, partner_id))
            await work.billing_profiles.add(builders.new_profile(tenant_id, partner_id))
            await work.commit()

    async def change(self, number: int = 1, city: str = "Gent") -> None:
        """The profile changes, which is announced too."""
        async with self.work.begin(PLATFORM) as work:
            profile = await work.billing_profiles.get(TenantId(f"tnt_{number}"))
            profile.change(evolve(profile.details, city=city), self.clock.now())
            await work.billing_profiles.save(profile)
            await work.commit()

    def wait(self, span: timedelta) -> None:
        self.clock.set(self.clock.now() + span)

    async def fan_out(self, limit: int = 200) -> Any:
        return await self.use(FanOutEvents)(PLATFORM, limit)

    async def claim(self, capacity: int = 100) -> list[Parcel]:
        return list(await self.use(ClaimWebhookDeliveries)(PLATFORM, capacity))

    async def answer(self, answer: Answer, *parcels: Parcel) -> None:
        await self.use(RecordWebhookAnswers)(PLATFORM, [Answered(each, answer) for each in parcels])

    async def deliveries(self, actor: Actor = PLATFORM, **criteria: Any) -> Any:
        page = await self.use(ListWebhookDeliveries)(actor, PageRequest(sort="created_at"), DeliveryFilter(**criteria))
        return page.items


async def at_once(attempt: Any) -> Any:
    return await attempt()


@pytest.fixture
async def office(work_factory: Any) -> Office:
    made = Office(work_factory, retry=at_once)
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        for partner_id, prefix in ((SELLER, "RES"), (RIVAL_ID, "RIV")):
            await work.partners.add(
                builders.new_partner(partner_id, operator=False, name=prefix, invoice_number_prefix=prefix)
            )
        await work.commit()
    while (await made.fan_out()).events:  # partners that become billable are told of, before anybody listens
        pass
    return made


async def test_a_subscription_reads_back_as_it_was(office: Office) -> None:
    issued = await office.use(CreateWebhookSubscription)(
        PLATFORM,
        NewWebhookSubscription(
            terms=WebhookTerms(
                url=URL + "?tag=1",
                topics=("invoice.*", "tenant.billing_linked.v1"),
                description="Büro",
                owner_email="anna@example.com",
                only_partner_id=SELLER,
                headers={"authorization": "Bearer x"},
                max_in_flight=3,
                ordered=False,
                secret_overlap_hours=2,
            )
        ),
    )
    standing = await office.use(GetWebhookSubscription)(PLATFORM, issued.subscription.id)
    kept = standing.subscription
    assert kept.terms == issued.subscription.terms
    assert (kept.secrets, kept.version, kept.status) == (issued.subscription.secrets, 1, WebhookStatus.ACTIVE)
    assert (await office.secrets.get(kept.secrets[0].path)).value == issued.secret
    assert (kept.terms.headers, kept.header_names) == ({}, ("authorization",))
    assert kept.kept_headers == issued.subscription.kept_headers
    assert key_of(issued.secret) == b"k" * 32
    assert "Bearer" not in repr(kept)
    assert issued.secret not in repr(issued)


async def test_partners_see_their_own_and_tenants_none(office: Office) -> None:
    ours = await office.subscribe(actor=PARTNER)
    platforms = await office.subscribe()
    page = await office.use(ListWebhookSubscriptions)(PARTNER, PageRequest())
    assert [each.subscription.id for each in page.items] == [ours]
    assert (await office.use(ListWebhookSubscriptions)(RIVAL, PageRequest())).items == ()
    everything = await office.use(ListWebhookSubscriptions)(PLATFORM, PageRequest(), SubscriptionFilter())
    assert {each.subscription.id for each in everything.items} == {ours, platforms}
    for foreign in (platforms, WebhookSubscriptionId("whs_none")):
        with pytest.raises(NotFound):
            await office.use(GetWebhookSubscription)(PARTNER, foreign)
    with pytest.raises(Forbidden):
        await office.subscribe(actor=TENANT)
    with pytest.raises(Forbidden):
        await office.use(CreateWebhookSubscription)(
            PARTNER, NewWebhookSubscription(terms=WebhookTerms(url=URL, topics=("*",)), partner_id=RIVAL_ID)
        )
    with pytest.raises((Invalid, NotFound)):
        await office.subscribe(actor=PARTNER, only_partner_id=RIVAL_ID)


async def test_events_get_places_and_each_subscription_that_wants_one_a_delivery(office: Office) -> None:
    everything, ours = await office.subscribe(), await office.subscribe(actor=PARTNER)
    await office.subscribe("invoice.*")
    rivals = await office.subscribe(actor=RIVAL)
    await office.happen()
    report = await office.fan_out()
    assert (report.events, report.deliveries, report.more) == (1, 2, False)
    found = await office.deliveries()
    assert sorted(each.subscription_id for each in found) == sorted([everything, ours])
    assert {each.partner_id for each in found} == {None, SELLER}
    assert await office.deliveries(RIVAL) == ()
    assert await office.deliveries(subscription_id=rivals) == ()
    assert (await office.fan_out()).events == 0


async def test_the_feed_is_read_by_whom_it_concerns_and_its_order_never_changes(office: Office) -> None:
    read = office.use(ReadEvents)
    start = (await read(PLATFORM)).next_cursor
    await office.happen(1)
    await office.happen(2, RIVAL_ID)
    await office.fan_out()
    first = await read(PLATFORM, start, 1)
    assert (len(first.events), first.more) == (1, True)
    await office.happen(3)
    rest = await read(PLATFORM, first.next_cursor)
    assert ([each["tenant_id"] for each in rest.events], rest.more) == (["tnt_2"], False)
    await office.fan_out()
    assert [each["tenant_id"] for each in (await read(PLATFORM, rest.next_cursor)).events] == ["tnt_3"]
    ours = [each["tenant_id"] for each in (await read(PARTNER, start)).events]
    assert ours == ["tnt_1", "tnt_3"]
    assert [each["tenant_id"] for each in (await read(TENANT, start)).events] == ["tnt_1"]
    assert (await read(PLATFORM, start, types=["invoice.*"])).events == ()
    assert len((await read(PLATFORM, start, types=["tenant.*"])).events) == 3
    for wrong in ("x", "eA"):
        with pytest.raises(Invalid):
            await read(PLATFORM, wrong)
    with pytest.raises(Invalid):
        await read(PLATFORM, None, types=["nonsense"])


async def test_what_waits_is_measured(office: Office) -> None:
    measure = office.use(MeasureDelivery)
    nothing = await measure(PLATFORM)
    assert (nothing.events, nothing.oldest_event_seconds, nothing.deliveries) == (0, 0, 0)
    await office.subscribe()
    await office.happen()
    office.wait(timedelta(seconds=5))
    waiting = await measure(PLATFORM)
    assert (waiting.events, waiting.oldest_event_seconds) == (1, 5)
    await office.fan_out()
    office.wait(timedelta(seconds=7))
    sent = await measure(PLATFORM)
    assert (sent.events, sent.deliveries, sent.oldest_delivery_seconds) == (0, 1, 7)


async def test_of_two_relays_one_gives_the_places(office: Office) -> None:
    await office.happen()
    async with office.work.begin(PLATFORM) as work:
        head, events = await work.outbox.head(), await work.outbox.unplaced(10)
    assert (await office.fan_out()).events == 1
    async with office.work.begin(PLATFORM) as work:
        with pytest.raises(Retryable):
            await work.outbox.place(head, [PlacedEvent.of(each) for each in events], NOW)
    async with office.work.begin(PLATFORM) as work:
        now_head = await work.outbox.head()
        with pytest.raises(Retryable):
            await work.outbox.place(now_head, [PlacedEvent.of(each) for each in events], NOW)


async def test_many_relays_at_once_place_everything_once(office: Office) -> None:
    await office.subscribe()
    start = (await office.use(ReadEvents)(PLATFORM)).next_cursor
    for number in range(12):
        await office.happen(number)

    async def relay() -> int:
        fan_out, count = retried(office.use(FanOutEvents)), 0
        while done := (await fan_out(PLATFORM, 3)).events:
            count += done
        return count

    assert sum(await asyncio.gather(*(relay() for _ in range(3)))) == 12
    feed = await office.use(ReadEvents)(PLATFORM, start)
    assert len({each["id"] for each in feed.events}) == 12
    assert len(await office.deliveries()) == 12


async def test_a_claim_is_one_workers_until_its_lease_is_over(office: Office) -> None:
    await office.subscribe()
    await office.happen()
    await office.fan_out()
    (parcel,) = await office.claim()
    assert await office.claim() == []
    assert (parcel.attempt, parcel.url) == (1, URL)
    assert json.loads(parcel.body)["type"] == "tenant.billing_linked.v1"
    office.wait(timedelta(seconds=61))
    (again,) = await office.claim()
    assert (again.event_id, again.delivery_id, again.body) == (parcel.event_id, parcel.delivery_id, parcel.body)
    await office.answer(BROKEN, parcel)  # the first worker is late: it is not its delivery any more
    await office.answer(OK, again)
    story = await office.use(GetWebhookDelivery)(PLATFORM, again.delivery_id)
    assert (story.delivery.status, story.delivery.attempts, story.delivery.last_status) == (
        DeliveryStatus.DISPATCHED,
        2,
        200,
    )
    assert [(each.ordinal, each.status, each.answer) for each in story.attempts] == [(2, 200, "thanks")]
    assert story.body == parcel.body


async def test_of_workers_that_claim_at_once_each_delivery_has_one(office: Office) -> None:
    await office.subscribe(max_in_flight=5)
    for number in range(8):
        await office.happen(number)
    await office.fan_out()

    claim = retried(office.use(ClaimWebhookDeliveries))
    claimed = [each for found in await asyncio.gather(*(claim(PLATFORM, 4) for _ in range(3))) for each in found]
    claimed += await office.claim()  # one of them may have come away with nothing
    assert len({each.delivery_id for each in claimed}) == len(claimed) == 5
    await office.answer(OK, *claimed)
    assert len(await office.claim()) == 3


async def test_of_two_who_counted_the_same_in_flight_one_begins_again(office: Office) -> None:
    subscription_ids = [await office.subscribe(), await office.subscribe()]
    async with office.work.begin(PLATFORM) as work:
        healths = [*(await work.webhook_healths.of(subscription_ids)).values()]
        await work.webhook_healths.count_each(healths)
        await work.commit()
    async with office.work.begin(PLATFORM) as work:
        counted = await work.webhook_healths.of(subscription_ids)
        assert [*counted.values()] == [evolve(each, serial=each.serial + 1) for each in healths]
        with pytest.raises(Retryable):
            await work.webhook_healths.count_each([counted[healths[0].subscription_id], healths[1]])


async def test_what_another_took_over_is_left_to_it_and_the_rest_written_down(office: Office) -> None:
    await office.subscribe()
    await office.happen(1)
    await office.fan_out()
    (late,) = await office.claim()
    office.wait(timedelta(seconds=61))
    await office.happen(2)
    await office.fan_out()
    again, fresh = sorted(await office.claim(), key=lambda each: each.delivery_id != late.delivery_id)
    await office.answer(OK, late, fresh)
    status = {each.id: each.status for each in await office.deliveries()}
    assert (status[late.delivery_id], status[fresh.delivery_id]) == (DeliveryStatus.PENDING, DeliveryStatus.DISPATCHED)
    await office.answer(OK, again)
    assert {each.status for each in await office.deliveries()} == {DeliveryStatus.DISPATCHED}


async def test_a_failure_is_tried_again_and_dies_after_the_seventh(office: Office) -> None:
    subscription_id = await office.subscribe()
    await office.happen()
    await office.fan_out()
    waits: list[timedelta] = []
    (delivery,) = await office.deliveries()
    for attempt in range(1, 8):
        (parcel,) = await office.claim()
        assert parcel.attempt == attempt
        await office.answer(BROKEN, parcel)
        (delivery,) = await office.deliveries()
        if attempt < 7:
            waits.append(delivery.due_at - office.clock.now())
            assert await office.claim() == []
            office.wait(waits[-1])
    assert [wait.total_seconds() / 60 for wait in waits] == [1, 5, 30, 120, 720, 1440]
    assert (delivery.status, delivery.last_error) == (DeliveryStatus.DEAD, ErrorClass.SERVER)
    story = await office.use(GetWebhookDelivery)(PLATFORM, delivery.id)
    assert [each.ordinal for each in story.attempts] == list(range(1, 8))
    standing = await office.use(GetWebhookSubscription)(PLATFORM, subscription_id)
    assert (standing.pending, standing.dead, standing.health.failures_in_row) == (0, 1, 7)


async def test_an_aggregates_events_keep_their_order_until_the_first_retries_are_over(office: Office) -> None:
    await office.subscribe()
    loose = await office.subscribe(ordered=False)
    await office.happen()
    await office.change(city="Gent")
    await office.happen(2)
    await office.fan_out()
    claimed = await office.claim()
    ordered = [each for each in claimed if each.subscription_id != loose]
    assert len(claimed) - len(ordered) == 3
    assert sorted(json.loads(each.body)["aggregate"]["sequence"] for each in ordered) == [1, 1]
    first = next(each for each in ordered if json.loads(each.body)["tenant_id"] == "tnt_1")
    await office.answer(BROKEN, first)
    await office.answer(OK, *(each for each in claimed if each != first))
    assert await office.claim() == []
    for _ in range(2):
        office.wait(timedelta(hours=1))
        (first,) = await office.claim()
        await office.answer(BROKEN, first)
    office.wait(timedelta(hours=1))
    (first,) = await office.claim()
    (second,) = await office.claim()  # its fourth attempt is on its way: it has been waited for long enough
    assert [json.loads(each.body)["aggregate"]["sequence"] for each in (first, second)] == [1, 2]


async def test_ten_failures_open_the_breaker_and_one_probe_closes_it(office: Office) -> None:
    subscription_id = await office.subscribe(max_in_flight=10)
    for number in range(14):
        await office.happen(number)
    await office.fan_out()
    claimed = await office.claim()
    assert len(claimed) == 10
    await office.answer(BROKEN, *claimed)
    assert await office.claim() == []
    standing = await office.use(GetWebhookSubscription)(PLATFORM, subscription_id)
    assert standing.health.open_until == NOW + OPEN_FOR
    office.wait(OPEN_FOR)
    (probe,) = await office.claim()
    assert await office.claim() == []
    await office.answer(BROKEN, probe)
    assert await office.claim() == []
    office.wait(OPEN_FOR)
    (probe,) = await office.claim()
    await office.answer(OK, probe)
    assert len(await office.claim()) == 10
    assert {each.attempts for each in await office.deliveries()} <= {0, 1, 2}


async def test_a_receiver_that_is_gone_gets_nothing_any_more(office: Office) -> None:
    subscription_id = await office.subscribe(owner_email="anna@example.com")
    other = await office.subscribe("webhook.disabled.v1")
    await office.happen(1)
    await office.happen(2)
    await office.fan_out()
    one, two = await office.claim()
    await office.answer(Answer(latency_ms=1, status=410), one)
    await office.answer(OK, two)
    kept = (await office.use(GetWebhookSubscription)(PLATFORM, subscription_id)).subscription
    assert (kept.status, kept.disabled_reason) == (WebhookStatus.DISABLED, DisableReason.GONE)
    await office.happen(3)
    await office.fan_out()
    (told,) = await office.claim()
    assert (told.subscription_id, told.topic) == (other, "webhook.disabled.v1")
    assert json.loads(told.body)["data"]["reason"] == "gone"
    with pytest.raises(WebhookDisabledAlready):
        await office.use(ReplayWebhookDelivery)(PLATFORM, one.delivery_id)
    with pytest.raises(WebhookDisabledAlready):
        await office.use(SendTestEvent)(PLATFORM, subscription_id)
    for expected in (1, 0):
        assert await office.use(TellWebhookOwners)(PLATFORM) == expected
    assert [each.id for each in office.owner_notices.told] == [subscription_id]
    await office.use(EnableWebhookSubscription)(PLATFORM, subscription_id)
    report = await office.use(ReplayDeliveriesSince)(PLATFORM, subscription_id, NOW)
    assert (report.more, report.deliveries) == (False, 7)  # three partners, three tenants, and the news of itself


async def test_five_days_of_only_failures_disable(office: Office) -> None:
    subscription_id = await office.subscribe()
    await office.happen()
    await office.fan_out()
    for _ in range(2):
        (parcel,) = await office.claim()
        await office.answer(BROKEN, parcel)
        office.wait(timedelta(days=5))
    kept = (await office.use(GetWebhookSubscription)(PLATFORM, subscription_id)).subscription
    assert (kept.status, kept.disabled_reason) == (WebhookStatus.DISABLED, DisableReason.ONLY_FAILURES)


async def test_secrets_rotate_with_an_overlap(office: Office) -> None:
    subscription_id = await office.subscribe(secret_overlap_hours=1)
    await office.use(RotateWebhookSecret)(PLATFORM, subscription_id)
    await office.happen(1)
    await office.fan_out()
    (parcel,) = await office.claim()
    assert len(parcel.secret_paths) == 2
    await office.answer(OK, parcel)
    office.wait(timedelta(hours=1))
    await office.happen(2)
    await office.fan_out()
    (parcel,) = await office.claim()
    assert len(parcel.secret_paths) == 1
    await office.use(RotateWebhookSecret)(PLATFORM, subscription_id)
    assert len(await office.secrets.list("webhooks")) == 2


async def test_what_is_not_sent_for_reasons_of_our_own_is_no_attempt(office: Office) -> None:
    subscription_id = await office.subscribe()
    await office.happen()
    await office.fan_out()
    (parcel,) = await office.claim()
    await office.answer(Answer(latency_ms=0, error=ErrorClass.SECRETS), parcel)
    (delivery,) = await office.deliveries()
    assert (delivery.attempts, delivery.status) == (0, DeliveryStatus.PENDING)
    health = (await office.use(GetWebhookSubscription)(PLATFORM, subscription_id)).health
    assert health.failures_in_row == 0
    office.wait(timedelta(minutes=1))
    (parcel,) = await office.claim()
    assert parcel.attempt == 1


async def test_replays_are_new_deliveries_of_the_same_event(office: Office) -> None:
    subscription_id = await office.subscribe()
    await office.happen(1)
    await office.happen(2)
    await office.fan_out()
    one, two = await office.claim()
    with pytest.raises(DeliveryUnderWay):
        await office.use(ReplayWebhookDelivery)(PLATFORM, one.delivery_id)
    await office.answer(Answer(latency_ms=1, status=400), one)
    await office.answer(OK, two)
    report = await office.use(ReplayDeadDeliveries)(PLATFORM, subscription_id)
    assert (report.deliveries, report.more) == (1, False)
    assert (await office.use(ReplayDeadDeliveries)(PLATFORM, subscription_id)).deliveries == 0
    (again,) = await office.claim()
    assert (again.event_id, again.body) == (one.event_id, one.body)
    assert again.delivery_id != one.delivery_id
    await office.answer(OK, again)
    new = await office.use(ReplayWebhookDelivery)(PLATFORM, two.delivery_id)
    assert (new.replay, new.replay_of, new.event_id) == (1, two.delivery_id, two.event_id)
    with pytest.raises(NotFound):
        await office.use(ReplayWebhookDelivery)(PARTNER, two.delivery_id)


async def test_a_test_goes_to_one_subscription_and_not_into_the_feed(office: Office) -> None:
    one, _other = await office.subscribe("invoice.*"), await office.subscribe()
    start = (await office.use(ReadEvents)(PLATFORM)).next_cursor
    key = await office.use(SendTestEvent)(PLATFORM, one)
    await office.fan_out()
    (delivery,) = await office.deliveries(idempotency_key=key)
    assert (delivery.subscription_id, delivery.topic) == (one, "webhook.test.v1")
    assert len(await office.deliveries()) == 1
    assert (await office.use(ReadEvents)(PLATFORM, start)).events == ()


async def test_who_begins_at_the_end_hears_of_what_comes_next(office: Office) -> None:
    await office.happen(1)
    await office.fan_out()
    end = await office.use(ReadEvents)(PLATFORM, LATEST)
    assert (end.events, end.more) == ((), False)
    await office.happen(2)
    await office.fan_out()
    assert len((await office.use(ReadEvents)(PLATFORM, end.next_cursor)).events) == 1
    nothing = await office.use(ReadEvents)(RIVAL, LATEST)
    assert (await office.use(ReadEvents)(RIVAL, nothing.next_cursor)).events == ()


async def test_edits_are_checked_against_the_version_and_sending_makes_none_stale(office: Office) -> None:
    subscription_id = await office.subscribe()
    await office.happen()
    await office.fan_out()
    await office.answer(BROKEN, *await office.claim())
    update = office.use(UpdateWebhookSubscription)
    kept = await update(PLATFORM, subscription_id, WebhookChanges(url=URL + "/2"), 1)
    assert (kept.version, kept.terms.url) == (2, URL + "/2")
    health = (await office.use(GetWebhookSubscription)(PLATFORM, subscription_id)).health
    assert health.failures_in_row == 0
    with pytest.raises(Stale):
        await update(PLATFORM, subscription_id, WebhookChanges(ordered=False), 1)
    with pytest.raises(NotFound):
        await update(RIVAL, subscription_id, WebhookChanges(ordered=False))
    await office.use(DisableWebhookSubscription)(PLATFORM, subscription_id)
    with pytest.raises(Stale):
        await office.use(DeleteWebhookSubscription)(PLATFORM, subscription_id, 2)


async def test_what_is_deleted_is_gone_with_its_secrets_and_its_log_stays(office: Office) -> None:
    subscription_id = await office.subscribe()
    await office.happen()
    await office.fan_out()
    await office.use(DeleteWebhookSubscription)(PLATFORM, subscription_id)
    with pytest.raises(NotFound):
        await office.use(GetWebhookSubscription)(PLATFORM, subscription_id)
    assert await office.secrets.list("webhooks") == []
    assert await office.claim() == []
    (delivery,) = await office.deliveries()
    assert delivery.status is DeliveryStatus.DEAD


async def test_the_log_is_kept_for_ninety_days(office: Office) -> None:
    await office.subscribe()
    await office.happen(1)
    await office.happen(2)
    await office.fan_out()
    one, _two = await office.claim()
    await office.answer(OK, one)
    office.wait(timedelta(days=90))
    assert await office.use(ForgetWebhookDeliveries)(PLATFORM) == 0
    office.wait(timedelta(seconds=1))
    assert await office.use(ForgetWebhookDeliveries)(PLATFORM) == 1
    (left,) = await office.deliveries()
    assert left.is_pending
    with pytest.raises(NotFound):
        await office.use(GetWebhookDelivery)(PLATFORM, WebhookDeliveryId(one.delivery_id))


async def test_nobody_but_the_platform_moves_events(office: Office) -> None:
    for use_case, argument in ((FanOutEvents, 1), (ClaimWebhookDeliveries, 1), (RecordWebhookAnswers, [])):
        with pytest.raises(Forbidden):
            await office.use(use_case)(PARTNER, argument)
    async with office.work.begin(PARTNER) as work:
        if not isinstance(work.outbox, MemoryOutbox):
            with pytest.raises(OutOfScope):
                await work.outbox.place(0, [], NOW)
