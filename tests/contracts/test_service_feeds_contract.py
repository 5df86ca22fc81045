"""A service reads of the feed what names it, on every backend: nothing of another service, and nothing out of order."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from attrs import define, evolve, field

from scaicontrol_adapters.sql.retry import retried
from scaicontrol_core.access import Actor, ActorKind, Permission
from scaicontrol_core.delivery.feed import LATEST
from scaicontrol_core.delivery.outbox_ports import FeedFilter
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.read_events import ReadEvents
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.ids import PackId, PackSubscriptionId, PlanId, ServiceId, SubscriptionId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.subscriptions.pack_events import PackIncludes
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, SERVICE_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START as NOW

PLATFORM = Actor.system("contract")
VAULT = ServiceId("svc_vault")


def service(app_id: str, permission: Permission = Permission.REGISTRY_MANAGE) -> Actor:
    """Return a service's own actor."""
    return Actor(ActorKind.SERVICE, app_id, Scope.service(app_id), frozenset({permission}))


def member(service_id: ServiceId, number: int) -> PackIncludes:
    """Return a service's part of a pack."""
    return PackIncludes(
        service_id=service_id,
        plan_id=PlanId(f"pln_{number}"),
        plan_key=f"s{number}.pro",
        subscription_id=SubscriptionId(f"sub_{number}"),
    )


@define
class Market:
    """A catalogue of two services, customers of both, and the feed."""

    work: Any
    clock: FixedClock = field(factory=FixedClock)
    ids: SequentialIds = field(factory=SequentialIds)

    async def sell(self, plan_key: str) -> Subscription:
        """Put the customer on a plan."""
        create = CreateSubscription(work=self.work, clock=self.clock, ids=self.ids)
        sold: Subscription = await create(PLATFORM, NewSubscription(TENANT_ID, plan_key))
        return sold

    async def keep(self, pack: PackSubscription, *, new: bool = False) -> None:
        """Store a subscription to a pack."""
        async with self.work.begin(PLATFORM) as work:
            await (work.pack_subscriptions.add(pack) if new else work.pack_subscriptions.save(pack))
            await work.commit()

    async def fan_out(self) -> None:
        """Give every event its place."""
        relay = retried(FanOutEvents(work=self.work, clock=self.clock, ids=self.ids))
        while (await relay(PLATFORM)).more:
            pass

    async def read(self, actor: Actor, after: str | None = None, limit: int = 100, **criteria: Any) -> Any:
        """Read a part of the feed."""
        return await ReadEvents(work=self.work)(actor, after, limit, **criteria)


@pytest.fixture
async def market(work_factory: Any) -> Market:
    """Nobody has bought anything yet, and the catalogue's events have their places."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.tenants.add(builders.new_tenant())
        await work.billing_profiles.add(builders.new_profile())
        await work.services.add(builders.new_service())
        await work.services.add(builders.new_service(VAULT, "scaivault"))
        await work.plans.add(builders.new_plan())
        await work.plans.add(builders.new_plan(PlanId("pln_vault"), (VAULT, "scaivault")))
        await work.commit()
    market = Market(work_factory)
    await market.fan_out()
    return market


def names(feed: Any) -> set[str]:
    """Return the services that stand anywhere in a part of the feed."""
    text = json.dumps(feed.events)
    return {each for each in (SERVICE_ID, VAULT) if f'"{each}"' in text}


async def test_a_service_reads_what_names_it_and_nothing_of_another(market: Market) -> None:
    for plan_key in ("scaikey.pro", "scaivault.pro"):
        await market.sell(plan_key)
    await market.fan_out()
    everything = await market.read(PLATFORM)
    for app_id, own in (("scaikey", SERVICE_ID), ("scaivault", VAULT)):
        feed = await market.read(service(app_id))
        assert [each["type"] for each in feed.events] == [
            "catalog.service_changed.v1",
            "catalog.plan_changed.v1",
            "subscription.activated.v1",
        ]
        assert names(feed) == {own}
        assert [each for each in everything.events if each in feed.events] == list(feed.events)
    for nobody in ("sheep", "svc_1", "SCAIKEY "):
        assert (await market.read(service(nobody))).events == ()


async def test_of_a_pack_a_service_reads_its_own_part(market: Market) -> None:
    pack = PackSubscription(
        id=PackSubscriptionId("pks_1"),
        partner_id=OPERATOR_ID,
        tenant_id=TENANT_ID,
        pack_id=PackId("pck_1"),
        pack_slug="growth",
        cadence=Cadence.MONTHLY,
        currency="EUR",
        price_cents=9900,
        members=(member(SERVICE_ID, 1), member(VAULT, 2)),
        starts_on=date(2026, 1, 15),
        created_at=NOW,
    )
    pack.activate(NOW, "Europe/Amsterdam", trial_days=14)
    await market.keep(pack, new=True)
    pack.release(VAULT)
    await market.keep(pack)
    await market.fan_out()
    for app_id, own, parts in (("scaikey", SERVICE_ID, (1, 1)), ("scaivault", VAULT, (1, 0))):
        feed = await market.read(service(app_id), types=["pack_subscription.*"])
        assert [each["type"].split(".")[1] for each in feed.events] == ["activated", "changed"]
        assert tuple(len(each["data"]["pack_includes"]) for each in feed.events) == parts
        assert names(feed) == {own}  # the vault hears that it is in no longer, and nobody which other is
        assert [each["service_id"] for each in feed.events[1]["data"]["previous"]["members"]] == [own]
    whole = await market.read(PLATFORM, types=["pack_subscription.activated.v1"])
    assert len(whole.events[0]["data"]["pack_includes"]) == 2


async def test_a_services_feed_goes_on_where_it_ended(market: Market) -> None:
    key = service("scaikey")
    first = await market.read(key, limit=1)
    assert (len(first.events), first.more) == (1, True)
    rest = await market.read(key, first.next_cursor)
    assert (len(rest.events), rest.more) == (1, False)
    latest = await market.read(key, LATEST)
    await market.sell("scaivault.pro")
    await market.sell("scaikey.pro")
    assert (await market.read(key, rest.next_cursor)).events == ()
    await market.fan_out()
    for cursor in (rest.next_cursor, latest.next_cursor):
        assert [each["type"] for each in (await market.read(key, cursor)).events] == ["subscription.activated.v1"]
    narrowed = FeedFilter(tenant_id=TENANT_ID)
    assert len((await market.read(key, criteria=narrowed)).events) == 1
    assert (await market.read(key, criteria=FeedFilter(tenant_id="tnt_other"))).events == ()
    assert (await market.read(key, types=["invoice.*"])).events == ()


async def test_a_service_whose_app_id_changed_reads_on_under_the_new_one(market: Market) -> None:
    async with market.work.begin(PLATFORM) as work:
        vault = await work.services.get(VAULT)
        vault.revise(evolve(vault.terms, app_id="vault-2"))
        await work.services.save(vault)
        await work.commit()
    await market.fan_out()
    assert len((await market.read(service("vault-2"))).events) == 3
    assert (await market.read(service("scaivault"))).events == ()


async def test_a_service_reads_events_and_nothing_else_of_the_outbox(market: Market) -> None:
    key = service("scaikey")
    mine = [each["id"] for each in (await market.read(key)).events]
    everybodys = [each["id"] for each in (await market.read(PLATFORM)).events]
    async with market.work.begin(key, read_only=True) as work:
        assert set(await work.outbox.bodies(everybodys)) == set(mine)


async def test_who_may_read(market: Market) -> None:
    user = Actor(ActorKind.USER, "uma", Scope.tenant(TENANT_ID, OPERATOR_ID), frozenset({Permission.REGISTRY_MANAGE}))
    for nobody in (service("scaikey", Permission.SERVICES_READ), user, Actor.anonymous()):
        with pytest.raises(Forbidden):
            await market.read(nobody)
