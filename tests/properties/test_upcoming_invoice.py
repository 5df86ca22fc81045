"""Whatever was sold, used and changed: what is told of the next invoice is what the run then bills."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.billing.use_cases.read_upcoming_invoice import ReadUpcomingInvoice
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.catalog.service import Metric
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_core.kernel.ids import PlanId, SubscriptionId
from scaicontrol_core.kernel.period import Cadence, start_of_day
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.subscriptions.changing import Effective
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import TENANT_ID

PLATFORM = Actor.system("customer")
ZONE = "Europe/Amsterdam"
TIERS = (
    builders.usage_tier(tier_end=100, unit_price_cents=Decimal(0), unit_divisor=1),
    builders.usage_tier(tier_start=100, unit_price_cents=Decimal("7.5"), unit_divisor=3),
)
#: What only a numbered document has.
NUMBERED = ("number", "payment_reference", "creditor_reference")


@frozen
class Step:
    """Some days later, something happens."""

    days: int
    what: str
    amount: int
    runs: bool


STEPS = st.lists(
    st.builds(
        Step,
        days=st.integers(0, 40),
        what=st.sampled_from(["use", "use", "use", "metered", "flat", "quantity", "suspend", "resume", "cancel"]),
        amount=st.integers(-300, 900),
        runs=st.booleans(),
    ),
    max_size=8,
)


@given(STEPS)
def test_what_is_told_is_what_is_billed(steps: list[Step]) -> None:
    async def story() -> None:
        world = await _sold()
        for step in steps:
            world.clock.at += timedelta(days=step.days)
            if step.runs:
                await _run(world)
            try:
                await _happens(world, step)
            except ScaiControlError:
                continue  # not possible as things stand
        told = await world.use(ReadUpcomingInvoice)(PLATFORM, TENANT_ID)
        before = set(_documents(world))
        if told.bills_on is None:
            world.clock.at += timedelta(days=400)
            await _run(world)
            assert set(_documents(world)) == before
            return
        world.clock.set(max(world.clock.now(), start_of_day(told.bills_on, ZONE)))
        await _run(world)
        written = [row for number, row in sorted(_documents(world).items()) if number not in before]
        assert written == [_shown(each.to_dict()) for each in told.documents]
        audit = await world.use(AuditIntegrity)(PLATFORM)
        assert [finding for rule in audit.rules for finding in rule.findings] == []

    asyncio.run(story())


async def _sold() -> MemoryWorld:
    """A customer on a metered plan since 31 January."""
    world = MemoryWorld()
    world.clock.set(datetime(2026, 1, 31, 12, tzinfo=UTC))
    await world.keep(
        builders.new_partner(billing_timezone=ZONE),
        builders.new_tenant(),
        builders.new_profile(),
        builders.new_service(metrics=(Metric(slug="api_calls"),)),
        builders.new_plan(usage_pricing=TIERS),
        builders.new_plan(PlanId("pln_metered"), slug="metered", tier="b", base_price_cents=900, usage_pricing=TIERS),
        builders.new_plan(PlanId("pln_flat"), slug="flat", tier="c", billing_period=Cadence.QUARTERLY),
    )
    await world.use(CreateSubscription)(PLATFORM, NewSubscription(TENANT_ID, "scaikey.pro"))
    return world


async def _happens(world: MemoryWorld, step: Step) -> None:
    (sold,) = (SubscriptionId(str(key)) for key in world.store.tables["subscriptions"])
    amount, even = step.amount, step.amount % 2 == 0
    match step.what:
        case "use":
            event = {"tenant_id": TENANT_ID, "metric": "api_calls", "quantity": amount, "correction": amount < 0}
            event |= {"idempotency_key": world.ids.new("key"), "occurred_at": world.clock.now().isoformat()}
            await world.use(IngestUsage)(PLATFORM, UsageBatch(reports=[read_report(event)]))
        case "metered" | "flat" | "quantity":
            wanted = SubscriptionChange(
                plan_key=None if step.what == "quantity" else f"scaikey.{step.what}",
                quantity=abs(amount) % 5 + 1,
                effective=Effective.NOW if even else Effective.PERIOD_END,
                proration=Proration.NEXT_INVOICE if even else Proration.NONE,
            )
            await world.use(ChangeSubscription)(PLATFORM, sold, wanted)
        case "suspend":
            await world.use(SuspendSubscription)(PLATFORM, sold)
        case "resume":
            await world.use(ResumeSubscription)(PLATFORM, sold)
        case _:
            await world.use(CancelSubscription)(PLATFORM, sold, immediate=even)


async def _run(world: MemoryWorld) -> None:
    await world.use(RunBilling)(PLATFORM, parse_month("2030-12"), tenant_id=TENANT_ID)


def _documents(world: MemoryWorld) -> dict[str, Any]:
    rows = (row for _, row in world.store.tables.get("invoices", {}).values())
    return {row.number: _shown(row.document) for row in rows}


def _shown(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in NUMBERED}
