"""A customer's life: any verbs in any order, clocks, reapers and billing runs that die half-way.

After each step the books must be in order; after each whole billing run nothing may be left to bill.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_core.kernel.ids import PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Cadence, local_date
from scaicontrol_core.subscriptions import SUBSCRIPTION_LIFECYCLE, Subscription, SubscriptionStatus
from scaicontrol_core.subscriptions.changing import Effective
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.extend_trial import ExtendTrial
from scaicontrol_core.subscriptions.use_cases.monitor_trials import MonitorTrials
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.pause_subscription import PauseSubscription
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.set_anchor import SetAnchor
from scaicontrol_core.subscriptions.use_cases.set_term import SetTerm
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.subscriptions.use_cases.withdraw_change import WithdrawChange
from scaicontrol_core.tenancy.tenant import CollectionMethod
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork, Killed

S = SubscriptionStatus
ZONE = "Europe/Amsterdam"
CARD = TenantId("tnt_card")
SEVERAL = (ServiceId("svc_several"), "scaisend")
PLANS: dict[str, dict[str, Any]] = {
    "starter": {"trial_days": 14, "base_price_cents": 4900},
    "trial": {"trial_days": 14, "base_price_cents": 0},
    "free": {"base_price_cents": 0},
    "weekly": {"billing_period": Cadence.WEEKLY, "base_price_cents": 1999},
    "yearly": {"billing_period": Cadence.YEARLY, "base_price_cents": 199000},
    "setup": {"billing_period": Cadence.ONE_TIME, "base_price_cents": 75000},
}
SERVICES = ("scaikey", "scaisend")
KEYS = ["scaikey.pro", *(f"{service}.{slug}" for service in SERVICES for slug in PLANS)]
#: What the machine may be told when it asks for something that makes no sense.
REFUSALS = {
    "invalid_transition",
    "not_resumable",
    "no_running_period",
    "plan_fixed",
    "plan_of_other_service",
    "plan_without_trial",
    "subscription_exists",
    "trial_used",
    "no_pending_change",
    "not_in_trial",
    "trial_end_invalid",
    "term_invalid",
    "plan_unavailable",
    "anchor_invalid",
}
Fate = tuple[str, int]
LIVES: Fate = ("", 0)
#: How a program ends: mostly well, else it dies before or after the commit of that number.
FATES = st.sampled_from(
    [LIVES] * 9 + [(when, commit) for when in ("kill_before", "kill_after") for commit in (1, 2, 3)]
)


@define
class _Pause:
    """Days on which a subscription was suspended, as the machine saw it; ``end`` None: still."""

    of: SubscriptionId
    at: datetime
    start: date
    resumes_on: date | None = None
    end: date | None = None


class CustomersLife(RuleBasedStateMachine):
    """Two customers, one who pays by invoice and one without a card, and everything they may do."""

    admin = Actor.system("machine")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.known: dict[SubscriptionId, S] = {}
        self.pauses: list[_Pause] = []

    def teardown(self) -> None:
        """Close the loop."""
        self.runner.close()

    # -- the world ---------------------------------------------------------------------------

    @initialize(day=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
    def open_shop(self, day: date) -> None:
        """Begin on any day of a year, with a plan sold to each customer."""
        self.world = self.runner.run(MemoryWorld.with_one_customer())
        self.world.clock.set(self.world.clock.now().replace(month=day.month, day=day.day))
        self.runner.run(
            self.world.keep(
                builders.new_service(*SEVERAL, allows_multiple=True),
                *(
                    builders.new_plan(PlanId(f"pln_{service[1]}_{slug}"), service, slug, **({"tier": slug} | terms))
                    for service in ((builders.SERVICE_ID, "scaikey"), SEVERAL)
                    for slug, terms in PLANS.items()
                ),
                builders.new_tenant(CARD, collection_method=CollectionMethod.CHARGE_AUTOMATICALLY),
                builders.new_profile(CARD),
            )
        )
        self.subscribe(TENANT_ID, "scaikey.pro", 0, 1, LIVES)
        self.subscribe(CARD, "scaisend.weekly", 10, 2, LIVES)

    @property
    def today(self) -> date:
        """The seller's today."""
        return local_date(self.world.clock.now(), ZONE)

    def rows(self, table: str) -> list[Any]:
        """All stored rows."""
        return [row for _, row in self.world.store.tables.get(table, {}).values()]

    def one_of(self, pick: int) -> Subscription:
        """Any subscription there is."""
        found: list[Subscription] = self.rows("subscriptions")
        return found[pick % len(found)]

    def use(self, use_case: Any, fate: Fate) -> Any:
        """Return a use case over units of work that may die."""
        work = FaultyWork(self.world.work)
        if fate is not LIVES:
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

    # -- what may happen ---------------------------------------------------------------------

    @rule(
        tenant=st.sampled_from([TENANT_ID, CARD]),
        key=st.sampled_from(KEYS),
        back=st.integers(0, 70),
        quantity=st.integers(1, 3),
        fate=FATES,
    )
    def subscribe(self, tenant: TenantId, key: str, back: int, quantity: int, fate: Fate) -> None:
        """Sell something, perhaps dated back."""
        wanted = NewSubscription(tenant, key, quantity, self.today - timedelta(days=back))
        self.attempt(self.use(CreateSubscription, fate)(self.admin, wanted))

    @rule(pick=st.integers(0), immediate=st.booleans(), fate=FATES)
    def cancel(self, pick: int, immediate: bool, fate: Fate) -> None:  # noqa: FBT001  # Hypothesis names it
        """Cancel, now or at the end of the period."""
        self.attempt(self.use(CancelSubscription, fate)(self.admin, self.one_of(pick).id, immediate=immediate))

    @rule(pick=st.integers(0), fate=FATES)
    def suspend(self, pick: int, fate: Fate) -> None:
        """Suspend."""
        self.attempt(self.use(SuspendSubscription, fate)(self.admin, self.one_of(pick).id))

    @rule(pick=st.integers(0), fate=FATES)
    def resume(self, pick: int, fate: Fate) -> None:
        """Resume."""
        self.attempt(self.use(ResumeSubscription, fate)(self.admin, self.one_of(pick).id))

    @rule(pick=st.integers(0), key=st.sampled_from(KEYS), fate=FATES)
    def change_plan(self, pick: int, key: str, fate: Fate) -> None:
        """Move to another plan."""
        self.attempt(self.use(OverrideSubscription, fate)(self.admin, self.one_of(pick).id, plan_key=key))

    @rule(
        pick=st.integers(0),
        key=st.none() | st.sampled_from(KEYS),
        quantity=st.integers(1, 3),
        effective=st.sampled_from(Effective),
        proration=st.sampled_from(Proration),
        fate=FATES,
    )
    def change(
        self, pick: int, key: str | None, quantity: int, effective: Effective, proration: Proration, fate: Fate
    ) -> None:
        """Change plan and quantity, now or later, prorated or not."""
        wanted = SubscriptionChange(plan_key=key, quantity=quantity, effective=effective, proration=proration)
        self.attempt(self.use(ChangeSubscription, fate)(self.admin, self.one_of(pick).id, wanted))

    @rule(pick=st.integers(0), fate=FATES)
    def withdraw(self, pick: int, fate: Fate) -> None:
        """Take a planned change back."""
        self.attempt(self.use(WithdrawChange, fate)(self.admin, self.one_of(pick).id))

    @rule(pick=st.integers(0), days=st.integers(-400, 60), fate=FATES)
    def move_anchor(self, pick: int, days: int, fate: Fate) -> None:
        """Move onto any anchor."""
        anchor = self.today + timedelta(days=days)
        self.attempt(self.use(SetAnchor, fate)(self.admin, self.one_of(pick).id, anchor))

    @rule(pick=st.integers(0), days=st.none() | st.integers(1, 90), fate=FATES)
    def set_term(self, pick: int, days: int | None, fate: Fate) -> None:
        """Fix a term, or free of one."""
        ends_on = None if days is None else self.today + timedelta(days=days)
        self.attempt(self.use(SetTerm, fate)(self.admin, self.one_of(pick).id, ends_on))

    @rule(pick=st.integers(0), days=st.none() | st.integers(1, 60), fate=FATES)
    def pause(self, pick: int, days: int | None, fate: Fate) -> None:
        """Pause, perhaps until a day."""
        until = None if days is None else self.today + timedelta(days=days)
        self.attempt(self.use(PauseSubscription, fate)(self.admin, self.one_of(pick).id, until=until))

    @rule(pick=st.integers(0), days=st.integers(1, 40), fate=FATES)
    def extend_trial(self, pick: int, days: int, fate: Fate) -> None:
        """Lengthen a trial."""
        self.attempt(self.use(ExtendTrial, fate)(self.admin, self.one_of(pick).id, self.today + timedelta(days=days)))

    @rule(fate=FATES)
    def monitor(self, fate: Fate) -> None:
        """Tell of trials that end; twice is as good as once."""
        if self.attempt(self.use(MonitorTrials, fate)(self.admin)):
            assert self.runner.run(self.use(MonitorTrials, LIVES)(self.admin)) == 0

    @rule(pick=st.integers(0), status=st.sampled_from(S), fate=FATES)
    def override(self, pick: int, status: S, fate: Fate) -> None:
        """Ask for any state by hand."""
        self.attempt(self.use(OverrideSubscription, fate)(self.admin, self.one_of(pick).id, status=status))

    @rule(days=st.sampled_from([0, 1, 1, 7, 13, 14, 28, 31, 90]), hours=st.integers(0, 23))
    def wait(self, days: int, hours: int) -> None:
        """Let time pass."""
        self.world.clock.advance(days=days, hours=hours)

    @rule(days=st.sampled_from([7, 15, 31, 62]))
    def time_passes_and_the_jobs_run(self, days: int) -> None:
        """What a day in production does, after some days of silence."""
        self.world.clock.advance(days=days)
        self.bill(LIVES)
        self.reap(LIVES)
        self.bill(LIVES)

    @rule(fate=FATES)
    def reap(self, fate: Fate) -> None:
        """Move on what is due; twice is as good as once."""
        if self.attempt(self.use(ReapSubscriptions, fate)(self.admin)):
            self.note_moves()
            assert self.runner.run(self.use(ReapSubscriptions, LIVES)(self.admin)) == 0
            self.check_nothing_is_ripe()

    @rule(fate=FATES)
    def bill(self, fate: Fate) -> None:
        """Bill all that is due; what one run leaves undone the next one does."""
        month = parse_month(f"{self.today:%Y-%m}")
        if self.attempt(self.use(RunBilling, fate)(self.admin, month)):
            self.check_nothing_is_left_to_bill()
            again = self.runner.run(self.use(RunBilling, LIVES)(self.admin, month))
            credited = {row.tenant_id for row in self.rows("subscriptions") if row.adjustments}
            assert (again.totals.invoices, again.totals.failures) == (0, ())
            assert again.totals.tenants <= len(credited)

    # -- what must always hold ---------------------------------------------------------------

    def check_nothing_is_left_to_bill(self) -> None:
        """Who is served today has paid for today."""
        for subscription in self.rows("subscriptions"):
            assert subscription.schedule is None or next(subscription.schedule.due(self.today), None) is None
            if subscription.status not in {S.ACTIVE, S.PAST_DUE, S.CANCELLING}:
                continue
            until = subscription.schedule.until
            covered = [
                entry.ordinal
                for entry in self.ledger_of(subscription.id)
                if entry.period_start <= self.today < entry.period_end
            ]
            running = subscription.schedule.leg(subscription.schedule.ordinal_on(self.today))
            if running.cadence.recurs and (until is None or self.today < until):
                assert len(covered) == 1, (subscription, covered)

    def ledger_of(self, subscription_id: SubscriptionId) -> list[Any]:
        """A subscription's periods in order."""
        return self.entries_of(subscription_id, ChargeKind.RECURRING)

    def entries_of(self, subscription_id: SubscriptionId, kind: ChargeKind) -> list[Any]:
        """A subscription's charges of a kind in order."""
        own = [entry for entry in self.rows("billed_periods") if entry.subscription_id == subscription_id]
        return sorted((entry for entry in own if entry.charge_kind is kind), key=lambda entry: entry.ordinal)

    def check_nothing_is_ripe(self) -> None:
        """What time alone moves was moved."""
        assert all(row.ripe_at is None or row.ripe_at > self.world.clock.now() for row in self.rows("subscriptions"))

    @invariant()
    def note_moves(self) -> None:
        """Only moves of the table happen, and nothing leaves a state of no return."""
        for subscription in self.rows("subscriptions"):
            before = self.known.get(subscription.id)
            if before is None:
                assert subscription.status in SUBSCRIPTION_LIFECYCLE.targets(S.PENDING)
            elif before is not subscription.status:
                # A pause or a trial may end by itself together with the term: two moves in one run.
                by_itself = before in {S.SUSPENDED, S.TRIALING} and subscription.status is S.EXPIRED
                SUBSCRIPTION_LIFECYCLE.require(before, S.ACTIVE if by_itself else subscription.status)
                self.note_pause(subscription, before)
            self.known[subscription.id] = subscription.status

    def note_pause(self, subscription: Subscription, before: S) -> None:
        """Keep account of suspensions, apart from the schedule's own."""
        if subscription.status is S.SUSPENDED:
            until = subscription.resumes_at and local_date(subscription.resumes_at, ZONE)
            self.pauses.append(_Pause(subscription.id, self.world.clock.now(), self.today, until))
        elif before is S.SUSPENDED:
            pause = next(pause for pause in reversed(self.pauses) if pause.of == subscription.id)
            pause.end = min(self.today, pause.resumes_on or self.today)

    @invariant()
    def activated_once_and_ended_once(self) -> None:
        """One activation a life, one end, no event twice."""
        keys = [event.idempotency_key for event in self.world.store.outbox]
        assert len(keys) == len(set(keys))
        told = [(event.aggregate_id, event.topic) for event in self.world.store.outbox]
        for subscription in self.rows("subscriptions"):
            assert told.count((subscription.id, "subscription.activated.v1")) == 1
            ended = not subscription.is_live
            assert told.count((subscription.id, "subscription.cancelled.v1")) == int(ended)
            assert (subscription.cancelled_at is not None) is ended

    @invariant()
    def periods_never_overlap(self) -> None:
        """Charges follow each other in ordinals and in time."""
        for subscription in self.rows("subscriptions"):
            entries = self.ledger_of(subscription.id)
            assert all(entry.period_start < entry.period_end for entry in entries)
            assert all(before.period_end <= after.period_start for before, after in pairwise(entries))
            assert all(entry.period_start >= subscription.starts_on for entry in entries)
            if entries:
                assert subscription.schedule.next_ordinal == entries[-1].ordinal + 1

    @invariant()
    def nothing_is_billed_after_the_end(self) -> None:
        """No period starts on or after the day a subscription ended, but one billed that very day before."""
        for subscription in self.rows("subscriptions"):
            if subscription.is_live:
                continue
            ended = local_date(subscription.cancelled_at, ZONE)
            for entry in self.ledger_of(subscription.id):
                assert entry.period_start <= ended
                assert entry.period_start < ended or entry.billed_at <= subscription.cancelled_at

    @invariant()
    def nothing_is_billed_for_a_pause(self) -> None:
        """No charge begins on a day of suspension, but one billed that very day before."""
        for pause in self.pauses:
            for entry in self.ledger_of(pause.of):
                once = entry.period_end - entry.period_start == timedelta(days=1)  # a pause only delays that
                if entry.billed_at > pause.at and not once:
                    assert not pause.start <= entry.period_start < (pause.end or date.max)

    @invariant()
    def invoices_say_what_the_ledger_says(self) -> None:
        """Each invoice is the sum of its ledger entries, and each charge of money is on an invoice."""
        charged: dict[str, int] = {}
        for entry in self.rows("billed_periods"):
            assert entry.invoice_id is not None or entry.net_cents == 0
            if entry.invoice_id is not None:
                charged[entry.invoice_id] = charged.get(entry.invoice_id, 0) + entry.net_cents
        invoices = self.rows("invoices")
        assert {invoice.id: invoice.net_cents for invoice in invoices} == charged
        for invoice in invoices:
            assert (
                invoice.document["totals"]["gross_cents"]
                == invoice.gross_cents
                == (invoice.net_cents + invoice.tax_cents)
            )

    @invariant()
    def every_cent_is_a_price_times_a_time(self) -> None:
        """Each line has a price of the catalogue, for a whole period or so much of one; no invoice is negative."""
        prices = {
            f"{service}.{slug}": terms["base_price_cents"] for service in SERVICES for slug, terms in PLANS.items()
        }
        for invoice in self.rows("invoices"):
            assert invoice.net_cents >= 0
            for line in invoice.lines:
                assert line.unit_price.cents == prices.get(line.plan_key, 19900)
                assert line.unit_price.divisor > 1 or line.unit_code != "SEC"

    @invariant()
    def an_adjustment_waits_or_is_billed(self) -> None:
        """Each has a number of its own, and none is lost, but where a credit was taken in parts."""
        for subscription in self.rows("subscriptions"):
            waiting = [each.number for each in subscription.adjustments]
            billed = [each.ordinal for each in self.entries_of(subscription.id, ChargeKind.ADJUSTMENT)]
            assert sorted(waiting + billed) == list(range(subscription.adjustment_count))

    @invariant()
    def what_is_planned_is_in_the_calendar(self) -> None:
        """A planned change belongs to what lives, and its periods have its terms already."""
        for subscription in self.rows("subscriptions"):
            planned = subscription.pending_change
            if planned is None:
                continue
            assert subscription.is_live
            assert subscription.status is not S.CANCELLING
            if planned.from_ordinal is not None:
                terms = subscription.terms_of(planned.from_ordinal)
                assert (terms.plan_id, terms.quantity) == (planned.plan_id, planned.quantity)
                assert subscription.schedule.period(planned.from_ordinal).start == planned.effective_on

    @invariant()
    def the_books_can_be_audited(self) -> None:
        """Numbers without gaps, dates in order, the chain whole."""
        for audit in self.runner.run(self.world.use(AuditNumbering)(self.admin)):
            assert audit.faults == ()
            assert audit.documents == audit.series.next_number - 1

    @invariant()
    def every_change_is_in_the_log(self) -> None:
        """As many versions as there are commits that the log knows of."""
        logged = {entry.resource_id for entry in self.world.store.audit}
        assert {subscription.id for subscription in self.rows("subscriptions")} <= logged
        assert {invoice.id for invoice in self.rows("invoices")} <= logged


TestCustomersLife = CustomersLife.TestCase
TestCustomersLife.settings = settings(stateful_step_count=30)
