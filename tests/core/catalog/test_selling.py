"""The catalogue in use: what visitors see, what the operator changes, what can no longer be taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.errors import PlanInUse, SlugTaken
from scaicontrol_core.catalog.use_cases.deactivate_plan import DeactivatePlan
from scaicontrol_core.catalog.use_cases.delete_plan import DeletePlan
from scaicontrol_core.catalog.use_cases.get_service import GetService
from scaicontrol_core.catalog.use_cases.list_packs import ListPacks
from scaicontrol_core.catalog.use_cases.list_plans import ListPlans
from scaicontrol_core.catalog.use_cases.list_services import ListServices
from scaicontrol_core.catalog.use_cases.save_plan import MUST_BE_NEW, PlanOffer, SavePlan
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound, Stale
from scaicontrol_core.kernel.ids import PartnerId, SubscriptionId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, builders

VISITOR = Actor.anonymous()


class TestWhatVisitorsSee:
    """Only what is active and public; nobody needs an account for that."""

    async def test_services_plans_and_packs(self, imported: Any, call: Any) -> None:
        services = await call(ListServices)(VISITOR, PageRequest())
        assert [service.slug for service in services.items] == ["notes", "post"]
        plans = await call(ListPlans)(VISITOR, PageRequest())
        assert {plan.plan_key for plan in plans.items} == {"notes.trial", "notes.pro", "post.basic"}
        own = await call(ListPlans)(VISITOR, PageRequest(), "post")
        assert [plan.slug for plan in own.items] == ["basic"]
        packs = await call(ListPacks)(VISITOR, PageRequest())
        assert [(each.pack.slug, each.price_cents) for each in packs.items] == [("both", 2187)]  # 2499 × 0.875
        assert (await call(GetService)(VISITOR, "notes")).name == "Notes"

    async def test_a_hidden_service_is_not_there(
        self, imported: Any, call: Any, people: Any, world: MemoryUnitOfWorkFactory
    ) -> None:
        async with world.begin(people.platform) as work:
            service = await work.services.by_slug("post")
            service.revise(builders.service_terms(app_id="post", name="Post", is_public=False))
            await work.services.save(service)
            await work.commit()
        for lookup in (call(GetService)(VISITOR, "post"), call(ListPlans)(VISITOR, PageRequest(), "post")):
            with pytest.raises(NotFound) as missing:
                await lookup
            assert missing.value.code == "service_not_found"
        assert "post.basic" not in {plan.plan_key for plan in (await call(ListPlans)(VISITOR, PageRequest())).items}
        assert (await call(GetService)(people.platform, "post", include_hidden=True)).slug == "post"

    async def test_looking_behind_the_counter_needs_a_permission(self, imported: Any, call: Any, people: Any) -> None:
        everything = await call(ListPlans)(people.platform, PageRequest(), include_hidden=True)
        assert everything.total == 4
        for browse in (call(ListServices), call(ListPlans), call(ListPacks)):
            with pytest.raises(Forbidden):
                await browse(VISITOR, PageRequest(), include_hidden=True)
        with pytest.raises(Forbidden):
            await call(GetService)(VISITOR, "notes", include_hidden=True)

    async def test_a_service_that_does_not_exist(self, imported: Any, call: Any) -> None:
        with pytest.raises(NotFound):
            await call(GetService)(VISITOR, "nope")


class TestSavingAPlan:
    """One use case creates and edits; nobody overwrites what they have not seen."""

    async def test_a_new_plan(self, imported: Any, call: Any, people: Any, world: MemoryUnitOfWorkFactory) -> None:
        offer = PlanOffer(service_slug="notes", slug="team", terms=builders.plan_terms(), expected_version=MUST_BE_NEW)
        plan = await call(SavePlan)(people.platform, offer)
        assert (plan.plan_key, plan.version) == ("notes.team", 1)
        assert world.store.audit[-1].action == "plan.created"
        with pytest.raises(SlugTaken):
            await call(SavePlan)(people.platform, offer)

    async def test_a_new_price(self, imported: Any, call: Any, people: Any, world: MemoryUnitOfWorkFactory) -> None:
        terms = builders.plan_terms(base_price_cents=2499)
        plan = await call(SavePlan)(people.platform, PlanOffer(service_slug="notes", slug="pro", terms=terms))
        assert (plan.base_price_cents, plan.version) == (2499, 2)
        changes = world.store.audit[-1].details["changes"]
        assert changes["base_price_cents"] == {"before": 1999, "after": 2499}
        before = len(world.store.audit)
        await call(SavePlan)(people.platform, PlanOffer(service_slug="notes", slug="pro", terms=terms))
        assert len(world.store.audit) == before

    async def test_an_edit_of_an_old_version_is_stale(self, imported: Any, call: Any, people: Any) -> None:
        first = PlanOffer(service_slug="notes", slug="pro", terms=builders.plan_terms(), expected_version=1)
        await call(SavePlan)(people.platform, first)
        with pytest.raises(Stale):
            await call(SavePlan)(people.platform, first)

    async def test_an_edit_of_a_plan_that_is_gone(self, imported: Any, call: Any, people: Any) -> None:
        gone = PlanOffer(service_slug="notes", slug="gone", terms=builders.plan_terms(), expected_version=3)
        with pytest.raises(NotFound):
            await call(SavePlan)(people.platform, gone)

    async def test_usage_of_a_metric_the_service_does_not_report(self, imported: Any, call: Any, people: Any) -> None:
        priced = builders.plan_terms(
            usage_pricing=(builders.usage_tier(metric="pages"), builders.usage_tier(metric="stamps"))
        )
        with pytest.raises(Invalid) as refusal:
            await call(SavePlan)(people.platform, PlanOffer(service_slug="notes", slug="pro", terms=priced))
        assert refusal.value.code == "metric_unknown"
        assert refusal.value.fields[0].pointer == "/usage_pricing/1/metric"

    async def test_an_unknown_service(self, imported: Any, call: Any, people: Any) -> None:
        with pytest.raises(NotFound):
            await call(SavePlan)(
                people.platform, PlanOffer(service_slug="nope", slug="pro", terms=builders.plan_terms())
            )

    async def test_a_reseller_sets_no_list_prices(self, imported: Any, call: Any, people: Any) -> None:
        rita = people.reseller(PartnerId("prt_r"))
        offer = PlanOffer(service_slug="notes", slug="pro", terms=builders.plan_terms(base_price_cents=1))
        with pytest.raises(Forbidden):
            await call(SavePlan)(rita, offer)
        for stop_selling in (call(DeactivatePlan), call(DeletePlan)):
            with pytest.raises(Forbidden):
                await stop_selling(rita, "notes.pro")


class TestTakingAPlanOffSale:
    """What somebody pays for stays; what nobody ever chose may go."""

    async def test_a_deactivated_plan_is_no_longer_shown(
        self, imported: Any, call: Any, people: Any, world: MemoryUnitOfWorkFactory
    ) -> None:
        plan = await call(DeactivatePlan)(people.platform, "notes.pro")
        assert (plan.is_active, plan.is_public) == (False, False)
        shown = await call(ListPlans)(VISITOR, PageRequest(), "notes")
        assert [each.slug for each in shown.items] == ["trial"]
        before = len(world.store.audit)
        await call(DeactivatePlan)(people.platform, "notes.pro")
        assert len(world.store.audit) == before

    async def test_a_plan_nobody_is_on_is_deleted(
        self, imported: Any, call: Any, people: Any, world: MemoryUnitOfWorkFactory
    ) -> None:
        await call(DeletePlan)(people.platform, "post.yearly")
        assert world.store.audit[-1].action == "plan.deleted"
        with pytest.raises(NotFound):
            await call(DeletePlan)(people.platform, "post.yearly")

    async def test_a_plan_in_a_pack_is_not(self, imported: Any, call: Any, people: Any) -> None:
        with pytest.raises(PlanInUse, match="both") as refusal:
            await call(DeletePlan)(people.platform, "notes.pro")
        assert refusal.value.code == "plan_in_use"
        assert refusal.value.hint is not None
        assert "Deactivate" in refusal.value.hint

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (SubscriptionStatus.SUSPENDED, "1 live subscription"),
            (SubscriptionStatus.CANCELLED, "subscriptions that are over still name it"),
        ],
    )
    @pytest.mark.usefixtures("set_up_by_hand")
    async def test_a_plan_somebody_is_or_was_on_is_not(
        self,
        imported: Any,
        call: Any,
        people: Any,
        world: MemoryUnitOfWorkFactory,
        clock: FixedClock,
        status: SubscriptionStatus,
        reason: str,
    ) -> None:
        async with world.begin(people.platform) as work:
            await work.partners.add(builders.new_partner())
            await work.tenants.add(builders.new_tenant())
            plan = await work.plans.by_key("post.yearly")
            subscription = Subscription(
                id=SubscriptionId("sub_1"),
                partner_id=builders.OPERATOR_ID,
                tenant_id=builders.TENANT_ID,
                service_id=plan.service_id,
                plan_id=plan.id,
                plan_key=plan.plan_key,
                starts_on=date(2026, 1, 1),
                created_at=clock.now(),
                status=status,
            )
            await work.subscriptions.add(subscription)
            await work.commit()
        with pytest.raises(PlanInUse, match=reason) as refusal:
            await call(DeletePlan)(people.platform, "post.yearly")
        assert refusal.value.code == "plan_in_use"
