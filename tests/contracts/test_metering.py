"""Usage is counted once and never after it was billed, on every backend and however many bring it at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import define, frozen

from scaicontrol_adapters.sql.retry import Backoff
from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.kernel.errors import OutOfScope
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.metering import Outcome
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.metering.use_cases.rebuild_usage import RebuildUsage, Rebuilt
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, SERVICE_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("usage")
RESELLER, THEIRS = PartnerId("prt_reseller"), TenantId("tnt_theirs")
START = date(2026, 1, 1)


@define
class Meter:
    """A backend with two customers, and short ways to bring usage to it."""

    work: Any

    async def report(self, *events: Any, backfill: bool = False, by_reference: bool = False) -> Sequence[Outcome]:
        """Take in a batch."""
        reports = [read_report(event, "tenant" if by_reference else "tenant_id") for event in events]
        ingest = IngestUsage(work=self.work, clock=_Now(), retry=Backoff())
        return await ingest(PLATFORM, UsageBatch(reports=reports, backfill=backfill, by_reference=by_reference))

    async def close(self, subscription: Subscription, until: date) -> None:
        """Bill everything before a day."""
        async with self.work.begin(PLATFORM) as work:
            await work.usage_closings.close(subscription, until)
            await work.commit()


@frozen
class _Now:
    days: int = 0

    def now(self) -> datetime:
        return DEFAULT_START + timedelta(days=self.days)


@pytest.fixture
async def meter(work_factory: Any) -> Meter:
    """The operator's customer and a reseller's, both on a plan that counts calls."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(
            builders.new_partner(RESELLER, operator=False, invoice_number_prefix="RES", billing_timezone="Asia/Tokyo")
        )
        await work.tenants.add(builders.new_tenant(external_reference="t001"))
        await work.tenants.add(builders.new_tenant(THEIRS, RESELLER, external_reference="t001"))
        metrics = (Metric(slug="api_calls"), Metric(slug="users", aggregation=Aggregation.UNIQUE_COUNT))
        await work.services.add(builders.new_service(metrics=metrics))
        await work.plans.add(builders.new_plan())
        for subscription in (OURS, THEIRS_TOO):
            await work.subscriptions.add(subscription)
        await work.commit()
    return Meter(work_factory)


OURS, THEIRS_TOO = (
    builders.running_subscription("ours", TENANT_ID, OPERATOR_ID),
    builders.running_subscription("theirs", THEIRS, RESELLER),
)


def called(number: int, **fields: Any) -> dict[str, Any]:
    """Return an event: one call each minute of the tenth of January."""
    usual = {
        "idempotency_key": f"k-{number:05d}",
        "tenant_id": TENANT_ID if number % 2 else THEIRS,
        "metric": "api_calls",
        "quantity": "0.000000001",
        "occurred_at": (datetime(2026, 1, 10, tzinfo=UTC) + timedelta(minutes=number)).isoformat(),
    }
    return usual | fields


def counted(outcomes: Sequence[Outcome]) -> Counter[str]:
    """Count outcomes by their word."""
    return Counter(each.reason or each.status for each in outcomes)


async def test_a_batch_is_kept_and_known_again(meter: Meter) -> None:
    events = [called(number) for number in range(1200)]
    assert counted(await meter.report(*events)) == {"accepted": 1200}
    assert counted(await meter.report(*events)) == {"duplicate": 1200}
    conflicting = [called(number, quantity=2) for number in range(3)]
    assert counted(await meter.report(*conflicting, called(1200))) == {"key_conflict": 3, "accepted": 1}


async def test_keys_differ_by_case_accents_and_trailing_blanks(meter: Meter) -> None:
    keys = ["key", "KEY", "kéy", "key "]
    assert counted(await meter.report(*(called(1, idempotency_key=key) for key in keys))) == {"accepted": 4}


async def test_everything_of_an_event_is_kept(meter: Meter) -> None:
    event = called(
        1, quantity="-999999999999999999.123456789", correction=True, properties={"id": "ü", "deep": {"n": "1"}}
    )
    assert counted(await meter.report(event)) == {"accepted": 1}
    async with meter.work.begin(PLATFORM, read_only=True) as work:
        known = await work.usage_events.known([(SERVICE_ID, "k-00001"), (SERVICE_ID, "k-00002")])
    report = read_report(event)
    assert not isinstance(report, Outcome)
    assert known == {(SERVICE_ID, "k-00001"): report.content_hash(TENANT_ID)}
    assert report.quantity == Decimal("-999999999999999999.123456789")


async def test_the_day_is_the_sellers(meter: Meter) -> None:
    """The operator's customer is billed in Amsterdam, the reseller passes through and so its own are too."""
    events = [called(number, occurred_at="2025-12-31T23:30:00Z") for number in (1, 2)]
    assert counted(await meter.report(*events)) == {"accepted": 2}
    assert counted(await meter.report(called(3, occurred_at="2025-12-31T22:30:00Z"))) == {"no_subscription": 1}


async def test_a_reference_of_two_partners_is_told(meter: Meter) -> None:
    event = {name: value for name, value in called(1).items() if name != "tenant_id"} | {"tenant": "t001"}
    assert counted(await meter.report(event, by_reference=True)) == {"ambiguous_tenant": 1}
    async with meter.work.begin(PLATFORM, read_only=True) as work:
        assert await work.metered.by_reference(["t001"], RESELLER) == {"t001": [THEIRS]}


async def test_the_same_batch_sent_eight_times_at_once_counts_once(meter: Meter) -> None:
    events = [called(number) for number in range(300)]
    answers = await asyncio.gather(*(meter.report(*events) for _ in range(8)))
    assert sum((counted(each) for each in answers), Counter()) == {"accepted": 300, "duplicate": 2100}


async def test_batches_that_overlap_in_any_order_count_each_event_once(meter: Meter) -> None:
    events = [called(number) for number in range(200)]
    batches = [events[:150], events[50:], events[::-1], events[100:] + events[:100]]
    answers = await asyncio.gather(*(meter.report(*each) for each in batches))
    assert sum((counted(each) for each in answers), Counter())["accepted"] == 200


async def test_nothing_comes_into_what_was_billed(meter: Meter) -> None:
    await meter.close(OURS, date(2026, 1, 11))
    await meter.close(OURS, date(2026, 1, 5))
    later = called(3, occurred_at="2026-01-11T12:00:00+01:00")
    answers = await meter.report(called(1), called(2), later, backfill=True)
    assert [str(each.reason or each.status) for each in answers] == ["period_billed", "accepted", "accepted"]


async def test_closing_and_reporting_at_once_agree_on_every_event(meter: Meter) -> None:
    """What was accepted before the closing is there when billing reads; what comes after is refused."""
    read: list[int] = []

    async def bill() -> None:
        async with meter.work.begin(PLATFORM) as work:
            await work.usage_closings.close(OURS, date(2026, 1, 12))
            read.append(
                len(await work.usage_events.known([(SERVICE_ID, f"k-{each:05d}") for each in range(1, 400, 2)]))
            )
            await work.commit()

    async def report(number: int) -> int:
        events = [called(each) for each in range(number, number + 40) if each % 2]
        return counted(await meter.report(*events))["accepted"]

    answers = await asyncio.gather(
        *(report(each) for each in range(0, 200, 40)), _again(bill), *(report(each) for each in range(200, 400, 40))
    )
    assert sum(each for each in answers if each is not None) == read[-1]


async def _again(attempt: Any) -> None:
    await Backoff(attempts=20)(attempt)


async def test_who_closes_waits_for_who_reports(meter: Meter) -> None:
    """An event that is not committed yet is either seen by the closing, or never there."""
    entered = asyncio.Event()

    async def report() -> None:
        async with meter.work.begin(PLATFORM) as work:
            await work.usage_closings.hold([OURS])
            entered.set()
            await asyncio.sleep(0)
            await work.commit()

    async def close() -> None:
        await entered.wait()
        async with meter.work.begin(PLATFORM) as work:
            await work.usage_closings.close(OURS, date(2026, 1, 12))
            await work.commit()

    await asyncio.gather(_again(report), _again(close))
    async with meter.work.begin(PLATFORM) as work:
        assert await work.usage_closings.hold([OURS, THEIRS_TOO]) == {OURS.id: date(2026, 1, 12)}


async def test_old_keys_are_forgotten_and_events_stay(meter: Meter) -> None:
    events = [called(number) for number in range(5)]
    await meter.report(*events)
    async with meter.work.begin(PLATFORM) as work:
        assert await work.usage_events.forget_keys(DEFAULT_START, limit=10) == 0
        assert await work.usage_events.forget_keys(DEFAULT_START + timedelta(seconds=1), limit=3) == 3
        assert await work.usage_events.forget_keys(DEFAULT_START + timedelta(seconds=1), limit=3) == 2
        await work.commit()


async def test_an_old_event_counts_once_though_its_key_is_forgotten(meter: Meter) -> None:
    old = called(1, occurred_at="2026-01-02T12:00:00Z")
    await meter.report(old)
    async with meter.work.begin(PLATFORM) as work:
        await work.usage_events.forget_keys(DEFAULT_START + timedelta(seconds=1), limit=3)
        await work.commit()
    ingest = IngestUsage(work=meter.work, clock=_Now(days=100), retry=Backoff())
    batch = [read_report(each) for each in (old, called(3, occurred_at="2026-01-02T12:00:00Z"))]
    answers = await ingest(PLATFORM, UsageBatch(reports=batch, backfill=True))
    assert [each.status.value for each in answers] == ["duplicate", "accepted"]


async def test_another_ones_closing_is_out_of_reach(meter: Meter) -> None:
    async with meter.work.begin(Actor.partner_admin("rita", RESELLER)) as work:
        await work.usage_closings.close(THEIRS_TOO, date(2026, 1, 12))
        with pytest.raises(OutOfScope):
            await work.usage_closings.close(OURS, date(2026, 1, 12))


async def test_roll_ups_made_anew_are_as_they_came(meter: Meter) -> None:
    users = [called(number, metric="users", properties={"id": f"u-{number % 7}"}) for number in range(5000, 5060)]
    corrected = [called(number, quantity="-1.5", correction=True) for number in range(6000, 6040)]
    for batch in ([called(number) for number in range(1500)], users, corrected):
        await meter.report(*batch)

    async def rolled_up() -> Any:
        async with meter.work.begin(PLATFORM, read_only=True) as work:
            both, days = [OURS.id, THEIRS_TOO.id], Period(START, date(2027, 1, 1))
            hours = await work.usage_rollups.hourly(both, DEFAULT_START - timedelta(days=30), DEFAULT_START)
            return [await work.usage_rollups.daily(both, days), hours, await work.usage_rollups.totals(both, days)]

    before = await rolled_up()
    assert all(before)
    rebuild = RebuildUsage(work=meter.work, retry=Backoff())
    assert await rebuild(PLATFORM) == Rebuilt(2, 1600, None)
    assert await rolled_up() == before
    async with meter.work.begin(PLATFORM) as work:
        await work.usage_rollups.clear(OURS.id)
        await work.commit()
    assert await rolled_up() != before
    await rebuild(PLATFORM)
    assert await rolled_up() == before


async def test_tenants_exist_within_scope(meter: Meter) -> None:
    for actor, seen in ((PLATFORM, {TENANT_ID, THEIRS}), (Actor.partner_admin("rita", RESELLER), {THEIRS})):
        async with meter.work.begin(actor, read_only=True) as work:
            assert set(await work.metered.existing_tenants([TENANT_ID, THEIRS, TenantId("tnt_no")])) == seen
