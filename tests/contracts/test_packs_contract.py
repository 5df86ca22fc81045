"""What every store of pack subscriptions promises."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import fields

from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import NotFound, Stale
from scaicontrol_core.kernel.ids import (
    PackId,
    PackSubscriptionId,
    PartnerId,
    PlanId,
    ServiceId,
    SubscriptionId,
    TenantId,
)
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.pack_events import PackIncludes
from scaicontrol_core.subscriptions.pack_ports import PackSubscriptionFilter
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("contract")
RESELLER, RIVAL = PartnerId("prt_reseller"), PartnerId("prt_rival")
OURS, THEIRS = TenantId("tnt_ours"), TenantId("tnt_theirs")
BEGAN = date(2026, 1, 31)
ZONE = "Europe/Amsterdam"


@pytest.fixture
async def market(work_factory: Any) -> Any:
    """Two resellers with a customer each."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        for partner_id, tenant_id, prefix in ((RESELLER, OURS, "RES"), (RIVAL, THEIRS, "RIV")):
            await work.partners.add(
                builders.new_partner(partner_id, operator=False, name=prefix, invoice_number_prefix=prefix)
            )
            await work.tenants.add(builders.new_tenant(tenant_id, partner_id))
        await work.commit()
    return work_factory


def sold(number: int, tenant_id: TenantId = OURS) -> PackSubscription:
    it = PackSubscription(
        id=PackSubscriptionId(f"pks_{number}"),
        partner_id=RESELLER if tenant_id == OURS else RIVAL,
        tenant_id=tenant_id,
        pack_id=PackId("pck_1"),
        pack_slug="growth",
        cadence=Cadence.MONTHLY,
        currency="EUR",
        price_cents=9900,
        members=(
            PackIncludes(
                service_id=ServiceId("svc_1"),
                plan_id=PlanId("pln_1"),
                plan_key="scaikey.pro",
                subscription_id=SubscriptionId(f"sub_{number}"),
            ),
        ),
        starts_on=BEGAN,
        created_at=DEFAULT_START + timedelta(minutes=number),
    )
    it.activate(DEFAULT_START, ZONE, trial_days=0)
    return it


async def keep(market: Any, *things: PackSubscription) -> None:
    async with market.begin(PLATFORM) as work:
        for each in things:
            await work.pack_subscriptions.add(each)
        await work.commit()


async def test_every_field_survives_and_every_change(market: Any) -> None:
    it = sold(1)
    await keep(market, it)
    it.suspend(date(2026, 2, 3), "unpaid")
    async with market.begin(PLATFORM) as work:
        await work.pack_subscriptions.save(it)
        await work.commit()
    async with market.begin(PLATFORM, read_only=True) as work:
        seen = await work.pack_subscriptions.get(it.id)
    for field in fields(PackSubscription):
        if field.name != "_events":
            assert getattr(seen, field.name) == getattr(it, field.name), field.name


async def test_two_writers_never_both_win(market: Any) -> None:
    await keep(market, sold(1))
    async with market.begin(PLATFORM) as mine, market.begin(PLATFORM, read_only=True) as theirs:
        late = await theirs.pack_subscriptions.get(PackSubscriptionId("pks_1"))
        first = await mine.pack_subscriptions.get(PackSubscriptionId("pks_1"))
        first.suspend(BEGAN)
        await mine.pack_subscriptions.save(first)
        await mine.commit()
    late.suspend(BEGAN)
    async with market.begin(PLATFORM) as work:
        with pytest.raises(Stale):
            await work.pack_subscriptions.save(late)


async def test_a_partner_sees_its_own(market: Any) -> None:
    await keep(market, sold(1), sold(2, THEIRS))
    async with market.begin(Actor.partner_admin("rita", RESELLER), read_only=True) as work:
        page = await work.pack_subscriptions.list(PackSubscriptionFilter(), PageRequest())
        assert [each.id for each in page.items] == ["pks_1"]
        with pytest.raises(NotFound):
            await work.pack_subscriptions.get(PackSubscriptionId("pks_2"))


async def test_who_is_due_and_ripe(market: Any) -> None:
    await keep(market, sold(1), sold(2), sold(3, THEIRS))
    partners, cutoff = [RESELLER, RIVAL], date(2026, 1, 31)
    async with market.begin(PLATFORM, read_only=True) as work:
        packs = work.pack_subscriptions
        first = await packs.due(partners, cutoff, after=None, tenants=1)
        assert [each.id for each in first] == ["pks_1", "pks_2"]
        assert [each.id for each in await packs.due(partners, cutoff, after=OURS, tenants=1)] == ["pks_3"]
        assert await packs.due(partners, date(2026, 1, 30), after=None, tenants=9) == []
        assert await packs.count_other_due_tenants(partners, cutoff) == 2
        renews = datetime.fromisoformat("2026-02-27T23:00:00+00:00")
        assert await packs.ripe(renews - timedelta(seconds=1), after=None, limit=9) == []
        assert list(await packs.ripe(renews, after=PackSubscriptionId("pks_1"), limit=1)) == ["pks_2"]


async def test_children_are_found_by_their_pack_and_never_due(market: Any) -> None:
    it = sold(1)
    child = Subscription(
        id=SubscriptionId("sub_1"),
        partner_id=RESELLER,
        tenant_id=OURS,
        service_id=ServiceId("svc_1"),
        plan_id=PlanId("pln_1"),
        plan_key="scaikey.pro",
        starts_on=BEGAN,
        created_at=DEFAULT_START,
        pack_subscription_id=it.id,
    )
    child.follow(it, builders.new_plan(PlanId("pln_1")))
    async with market.begin(PLATFORM) as work:
        await work.pack_subscriptions.add(it)
        await work.subscriptions.add(child)
        await work.commit()
    async with market.begin(PLATFORM, read_only=True) as work:
        assert [each.id for each in await work.subscriptions.of_pack(it.id)] == [child.id]
        assert list(await work.subscriptions.due([RESELLER], date(2027, 1, 1), after=None, tenants=9)) == []
        assert list(await work.subscriptions.ripe(DEFAULT_START + timedelta(days=900), after=None, limit=9)) == []
