"""The life of packs: any verbs in any order, edits of what is sold, clocks, reapers and billing runs that die half-way.

After each step the whole database is audited; after each whole billing run nothing may be left to bill.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.catalog.pack import DiscountType
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_core.kernel.ids import PackId, PlanId, ServiceId, TenantId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.period import Cadence, local_date, start_of_day
from scaicontrol_core.subscriptions import SUBSCRIPTION_LIFECYCLE, SubscriptionStatus
from scaicontrol_core.subscriptions.lifecycle import PACK_SUBSCRIPTION_LIFECYCLE
from scaicontrol_core.subscriptions.use_cases.cancel_pack_subscription import CancelPackSubscription
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.extend_pack_trial import ExtendPackTrial
from scaicontrol_core.subscriptions.use_cases.monitor_trials import MonitorTrials
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.reap_pack_subscriptions import ReapPackSubscriptions
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.resume_pack_subscription import ResumePackSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.subscriptions.use_cases.suspend_pack_subscription import SuspendPackSubscription
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.tenancy.tenant import CollectionMethod
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import SERVICE_ID, TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork, Killed

S = SubscriptionStatus
ZONE = "Europe/Amsterdam"
CARD = TenantId("tnt_card")
SERVICES = ((SERVICE_ID, "scaikey"), (ServiceId("svc_vault"), "scaivault"), (ServiceId("svc_send"), "scaisend"))
PLANS: dict[str, dict[str, Any]] = {
    "basic": {"base_price_cents": 3333},
    "max": {"base_price_cents": 9999},
    "trial": {"trial_days": 14, "base_price_cents": 0},
}
SHARE: dict[str, Any] = {"discount_type": DiscountType.PERCENTAGE, "discount_percentage": Decimal("12.5")}
#: By slug: terms, plan, and the services it includes.
PACKS: dict[str, tuple[dict[str, Any], str, tuple[int, ...]]] = {
    "growth": ({"base_price_cents": 9900}, "basic", (0, 1)),
    "share": (SHARE, "basic", (1, 2)),
    "weekly": ({"base_price_cents": 1999, "billing_period": Cadence.WEEKLY}, "max", (0, 2)),
    "taster": ({"base_price_cents": 4900, "trial_days": 14}, "basic", (0, 1, 2)),
    "bundle": ({"base_price_cents": 0, "trial_days": 14}, "trial", (0, 1, 2)),
}
PLAN_KEYS = [f"{service}.{slug}" for _, service in SERVICES for slug in PLANS]
#: What the machine may be told when it asks for something that makes no sense.
REFUSALS = {
    "child_of_pack",
    "invalid_transition",
    "no_running_period",
    "not_in_trial",
    "not_resumable",
    "nothing_to_change",
    "pack_overlaps",
    "pack_trial_used",
    "plan_fixed",
    "plan_of_other_service",
    "plan_unavailable",
    "subscription_exists",
    "trial_end_invalid",
    "trial_used",
}
Fate = tuple[str, int]
LIVES: Fate = ("", 0)
#: How a program ends: mostly well, else it dies before or after the commit of that number.
FATES = st.sampled_from(
    [LIVES] * 9 + [(when, commit) for when in ("kill_before", "kill_after") for commit in (1, 2, 3)]
)


def _plan(service: tuple[ServiceId, str], slug: str) -> Any:
    return builders.new_plan(PlanId(f"pln_{service[1]}_{slug}"), service, slug, **({"tier": slug} | PLANS[slug]))


def _pack(slug: str) -> Any:
    terms, plan, included = PACKS[slug]
    items = [builders.item_of(_plan(SERVICES[place], plan)) for place in included]
    return builders.new_pack(*items, pack_id=PackId(f"pck_{slug}"), slug=slug, **terms)


class LifeOfPacks(RuleBasedStateMachine):
    """Two customers, one who pays by invoice and one without a card, and packs that are edited under them."""

    admin = Actor.system("machine")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.known: dict[str, S] = {}
        self.prices: dict[str, list[tuple[datetime, int]]] = {}

    def teardown(self) -> None:
        """Close the loop."""
        self.runner.close()

    # -- the world ---------------------------------------------------------------------------

    @initialize(day=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
    def open_shop(self, day: date) -> None:
        """Begin on any day of a year, with a pack sold to each customer."""
        self.world = MemoryWorld()
        self.world.clock.set(self.world.clock.now().replace(month=day.month, day=day.day))
        self.runner.run(
            self.world.keep(
                builders.new_partner(),
                builders.new_tenant(),
                builders.new_profile(),
                builders.new_tenant(CARD, collection_method=CollectionMethod.CHARGE_AUTOMATICALLY),
                builders.new_profile(CARD),
                *(builders.new_service(*service) for service in SERVICES),
                *(_plan(service, slug) for service in SERVICES for slug in PLANS),
                *(_pack(slug) for slug in PACKS),
            )
        )
        self.note_prices()
        self.subscribe(TENANT_ID, "growth", LIVES)
        self.subscribe(CARD, "bundle", LIVES)

    @property
    def today(self) -> date:
        """The seller's today."""
        return local_date(self.world.clock.now(), ZONE)

    def rows(self, table: str) -> list[Any]:
        """All stored rows."""
        return [row for _, row in self.world.store.tables.get(table, {}).values()]

    def one_of(self, table: str, pick: int) -> Any:
        """Any row there is."""
        found = self.rows(table)
        return found[pick % len(found)]

    def use(self, use_case: Any, fate: Fate) -> Any:
        """Return a use case over units of work that may die."""
        work = FaultyWork(self.world.work)
        if fate != LIVES:
            setattr(work, *fate)
        return self.world.use(use_case, work=work)

    def attempt(self, story: Coroutine[Any, Any, Any]) -> bool:
        """Do it; True if it was done to its end, False if it was refused or killed."""
        try:
            self.runner.run(story)
        except Killed:
            return False
        except ScaiControlError as refusal:
            if refusal.code not in REFUSALS:
                raise
            return False
        return True

    def note_prices(self) -> None:
        """Remember what each pack costs from now on, worked out here and not by the core."""
        basic = {plan.id: plan.terms.base_price_cents for plan in self.rows("plans")}
        for pack in self.rows("packs"):
            price = pack.terms.base_price_cents
            if pack.terms.discount_type is DiscountType.PERCENTAGE:
                own = (item.override_price_cents for item in pack.items)
                full = sum(basic[item.plan_id] if over is None else over for item, over in zip(pack.items, own))  # noqa: B905
                exact = full * (100 - Fraction(pack.terms.discount_percentage)) / 100
                price = round_half_away(exact.numerator, exact.denominator)
            self.prices.setdefault(pack.slug, []).append((self.world.clock.now(), price))

    # -- what may happen ---------------------------------------------------------------------

    @rule(tenant=st.sampled_from([TENANT_ID, CARD]), slug=st.sampled_from(sorted(PACKS)), fate=FATES)
    def subscribe(self, tenant: TenantId, slug: str, fate: Fate) -> None:
        """Sell a pack."""
        self.attempt(self.use(SubscribePack, fate)(self.admin, NewPackSubscription(tenant, slug)))

    @rule(tenant=st.sampled_from([TENANT_ID, CARD]), key=st.sampled_from(PLAN_KEYS), fate=FATES)
    def subscribe_alone(self, tenant: TenantId, key: str, fate: Fate) -> None:
        """Sell one plan beside the packs."""
        self.attempt(self.use(CreateSubscription, fate)(self.admin, NewSubscription(tenant, key)))

    @rule(pick=st.integers(0), immediate=st.booleans(), fate=FATES)
    def cancel(self, pick: int, immediate: bool, fate: Fate) -> None:  # noqa: FBT001  # Hypothesis names it
        """Cancel a pack, now or at the end of the period."""
        chosen = self.one_of("pack_subscriptions", pick).id
        self.attempt(self.use(CancelPackSubscription, fate)(self.admin, chosen, immediate=immediate))

    @rule(pick=st.integers(0), fate=FATES)
    def suspend(self, pick: int, fate: Fate) -> None:
        """Suspend a pack."""
        self.attempt(self.use(SuspendPackSubscription, fate)(self.admin, self.one_of("pack_subscriptions", pick).id))

    @rule(pick=st.integers(0), fate=FATES)
    def resume(self, pick: int, fate: Fate) -> None:
        """Resume a pack."""
        self.attempt(self.use(ResumePackSubscription, fate)(self.admin, self.one_of("pack_subscriptions", pick).id))

    @rule(pick=st.integers(0), days=st.integers(1, 40), fate=FATES)
    def extend_trial(self, pick: int, days: int, fate: Fate) -> None:
        """Lengthen the trial of all services of a pack."""
        until, chosen = self.today + timedelta(days=days), self.one_of("pack_subscriptions", pick).id
        self.attempt(self.use(ExtendPackTrial, fate)(self.admin, chosen, until))

    @rule(pick=st.integers(0), slug=st.sampled_from(sorted(PLANS)), fate=FATES)
    def upgrade(self, pick: int, slug: str, fate: Fate) -> None:
        """Choose another plan of one service: in a trial it leaves its pack, else it is refused."""
        child = self.one_of("subscriptions", pick)
        pack, wanted = child.pack_subscription_id, f"{child.plan_key.partition('.')[0]}.{slug}"
        trial = child.status is S.TRIALING
        done = self.attempt(
            self.use(ChangeSubscription, fate)(self.admin, child.id, SubscriptionChange(plan_key=wanted))
        )
        if pack is not None and done:
            assert trial
            assert self.row("subscriptions", child.id).pack_subscription_id is None

    @rule(pick=st.integers(0), verb=st.sampled_from([CancelSubscription, SuspendSubscription]), fate=FATES)
    def move_one_service(self, pick: int, verb: Any, fate: Fate) -> None:
        """Cancel or suspend one subscription: a child of a pack moves only with it."""
        self.move_alone(pick, lambda it: self.use(verb, fate)(self.admin, it.id))

    @rule(pick=st.integers(0), status=st.sampled_from(S), fate=FATES)
    def override(self, pick: int, status: S, fate: Fate) -> None:
        """Ask for any state of one subscription by hand."""
        self.move_alone(pick, lambda it: self.use(OverrideSubscription, fate)(self.admin, it.id, status=status))

    def move_alone(self, pick: int, story: Any) -> None:
        """Do something to one subscription, and see that it was refused if a pack has it."""
        it = self.one_of("subscriptions", pick)
        before = it.pack_subscription_id, it.version
        done = self.attempt(story(it))
        if before[0] is not None:
            assert not done
            assert self.row("subscriptions", it.id).version == before[1]

    @rule(
        slug=st.sampled_from(["growth", "share", "weekly"]),
        price=st.integers(0, 20_000),
        included=st.sets(st.integers(0, 2), min_size=1),
        plan=st.sampled_from(["basic", "max"]),
    )
    def edit(self, slug: str, price: int, included: set[int], plan: str) -> None:
        """Change what a pack includes and costs, for new subscribers and for others from their next cycle on."""
        self.world.clock.advance(seconds=1)  # nobody buys at the very instant of an edit

        async def revise() -> None:
            async with self.world.work.begin(self.admin) as work:
                pack = await work.packs.by_slug(slug)
                items = tuple(builders.item_of(_plan(SERVICES[place], plan)) for place in sorted(included))
                terms = builders.pack_terms(**(PACKS[slug][0] | {"base_price_cents": price}))
                pack.revise(terms, items, self.world.clock.now())
                if pack.has_changed:
                    await work.packs.save(pack)
                    await work.commit()

        self.runner.run(revise())
        self.note_prices()

    @rule(days=st.sampled_from([0, 1, 1, 7, 13, 14, 28, 31, 90]), hours=st.integers(0, 23))
    def wait(self, days: int, hours: int) -> None:
        """Let time pass."""
        self.world.clock.advance(days=days, hours=hours)

    @rule(days=st.sampled_from([7, 15, 31, 62]))
    def time_passes_and_the_jobs_run(self, days: int) -> None:
        """What a day in production does, after some days of silence."""
        self.world.clock.advance(days=days)
        self.reap(LIVES)
        self.bill(LIVES)

    @rule(fate=FATES)
    def reap(self, fate: Fate) -> None:
        """Move on what is due; twice is as good as once."""
        for job in (ReapPackSubscriptions, ReapSubscriptions):
            if self.attempt(self.use(job, fate)(self.admin)):
                assert self.runner.run(self.use(job, LIVES)(self.admin)) == 0
        self.attempt(self.use(MonitorTrials, fate)(self.admin))

    @rule(fate=FATES)
    def bill(self, fate: Fate) -> None:
        """Bill all that is due; what one run leaves undone the next one does."""
        month = parse_month(f"{self.today:%Y-%m}")
        if self.attempt(self.use(RunBilling, fate)(self.admin, month)):
            # It may have finished a run that died, for which the tenants of today came too late.
            self.runner.run(self.use(RunBilling, LIVES)(self.admin, month))
            for row in (*self.rows("pack_subscriptions"), *self.rows("subscriptions")):
                if getattr(row, "pack_subscription_id", None) is None and row.schedule is not None:
                    assert next(row.schedule.due(self.today), None) is None
            again = self.runner.run(self.use(RunBilling, LIVES)(self.admin, month))
            assert (again.totals.invoices, again.totals.failures) == (0, ())

    def row(self, table: str, key: str) -> Any:
        """Return one row as it is stored."""
        return self.world.store.tables[table][key][1]

    # -- what must always hold ---------------------------------------------------------------

    @invariant()
    def only_moves_of_the_table(self) -> None:
        """Nothing leaves a state of no return, and no move is made that the tables do not have."""
        for table, lifecycle in (
            ("pack_subscriptions", PACK_SUBSCRIPTION_LIFECYCLE),
            ("subscriptions", SUBSCRIPTION_LIFECYCLE),
        ):
            for row in self.rows(table):
                before = self.known.get(row.id)
                if before is not None and before is not row.status:
                    # A trial that became active may be over in the same run of the reaper.
                    between = {before, *lifecycle.targets(before)}
                    assert any(step is row.status or row.status in lifecycle.targets(step) for step in between)
                    assert lifecycle.targets(before), f"{row.id} left {before}"
                self.known[row.id] = row.status

    @invariant()
    def the_audit_is_clean(self) -> None:
        """Children stand where their packs stand, and all the books are in order."""
        audited = self.runner.run(self.world.use(AuditIntegrity)(self.admin))
        assert audited.is_clean, audited.findings

    @invariant()
    def told_once(self) -> None:
        """One activation and at most one end a pack; a child is heard of only once it has gone its own way."""
        keys = [event.idempotency_key for event in self.world.store.outbox]
        assert len(keys) == len(set(keys))
        told = [(event.aggregate_id, event.topic) for event in self.world.store.outbox]
        for pack in self.rows("pack_subscriptions"):
            assert told.count((pack.id, "pack_subscription.activated.v1")) == 1
            assert told.count((pack.id, "pack_subscription.cancelled.v1")) == int(not pack.is_live)
        for child in self.rows("subscriptions"):
            of_its_own = child.pack_subscription_id is None
            assert told.count((child.id, "subscription.activated.v1")) == int(of_its_own)
            if not of_its_own:
                assert not [topic for aggregate, topic in told if aggregate == child.id]

    @invariant()
    def a_child_costs_nothing(self) -> None:
        """The ledger knows packs, and what is alone; of who left a pack nothing is charged for the time before."""
        children = {row.id for row in self.rows("subscriptions") if row.pack_subscription_id is not None}
        assert not [entry for entry in self.rows("billed_periods") if entry.subscription_id in children]

    @invariant()
    def every_cent_is_the_packs_price_of_that_time(self) -> None:
        """A whole period costs what the pack did when it began, a part of one so many days of it."""
        packs = {row.id: row for row in self.rows("pack_subscriptions")}
        for entry in self.rows("billed_periods"):
            pack = packs.get(entry.subscription_id)
            if pack is None:
                continue
            whole = pack.schedule.whole_period(entry.ordinal)
            sold_on = local_date(pack.activated_at, ZONE)
            at = pack.activated_at if sold_on == whole.start else start_of_day(whole.start, ZONE)
            price = [cents for since, cents in self.prices[pack.pack_slug] if since <= at][-1]
            days = (entry.period_end - entry.period_start).days
            assert entry.net_cents == round_half_away(price * days, whole.days), (entry, price, whole)

    @invariant()
    def nothing_is_billed_after_the_end(self) -> None:
        """No period starts after the day a pack ended, and on that day only if it was billed before."""
        for pack in self.rows("pack_subscriptions"):
            if pack.is_live:
                continue
            ended = local_date(pack.cancelled_at, ZONE)
            for entry in self.rows("billed_periods"):
                if entry.subscription_id == pack.id:
                    assert entry.period_start <= ended
                    assert entry.period_start < ended or entry.billed_at <= pack.cancelled_at


TestLifeOfPacks = LifeOfPacks.TestCase
TestLifeOfPacks.settings = settings(stateful_step_count=30)
