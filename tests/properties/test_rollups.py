"""Roll-ups: whatever the order and the grouping, the same as looking at every event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.kernel.ids import PartnerId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.metering import UsageEvent
from scaicontrol_core.metering.rollup import Rollup, Total, by_day, by_hour, merge

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int, quantity: Decimal, minutes: int, rate: Decimal | None = None) -> UsageEvent:
    """Return an event some minutes into the year."""
    occurred_at = START + timedelta(minutes=minutes)
    return UsageEvent(
        service_id=ServiceId("svc"),
        idempotency_key=f"k-{number}",
        partner_id=PartnerId("prt"),
        tenant_id=TenantId("tnt"),
        subscription_id=SubscriptionId("sub"),
        metric="calls",
        quantity=quantity,
        occurred_at=occurred_at,
        usage_day=occurred_at.date(),
        received_at=occurred_at,
        content_hash="",
        billable_rate=rate,
    )


quantities = st.decimals(Decimal(-(10**18) + 1), Decimal(10**18 - 1), places=9)
reports = st.lists(
    st.tuples(quantities, st.integers(0, 5000), st.sampled_from([None, Decimal("0.5")])), min_size=1, max_size=30
)
events = reports.map(lambda rows: [event(number, *row) for number, row in enumerate(rows)])


def naive(reported: list[UsageEvent]) -> dict[Aggregation, Fraction]:
    """Look at every event."""
    latest = max(reported, key=lambda each: (each.occurred_at, each.idempotency_key))
    return {
        Aggregation.SUM: sum((Fraction(each.quantity) for each in reported), Fraction(0)),
        Aggregation.COUNT: Fraction(len(reported)),
        Aggregation.MAX: Fraction(max(each.quantity for each in reported)),
        Aggregation.LAST: Fraction(latest.quantity),
    }


@given(events, st.data())
def test_any_order_and_any_grouping_gives_the_same(reported: list[UsageEvent], data: Any) -> None:
    mixed = data.draw(st.permutations(reported))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
    groups = [mixed[start:end] for start, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
    parts = [part for group in groups if (part := merge(map(Rollup.of, group))) is not None]
    assert merge(parts) == merge(map(Rollup.of, reported))


@given(events)
def test_days_and_hours_add_up_to_what_every_event_says(reported: list[UsageEvent]) -> None:
    for rolled in (by_day(reported), by_hour(reported)):
        whole = merge(each.rollup for each in rolled.values())
        assert whole is not None
        found = {each: Fraction(Total(whole).quantity(each)) for each in naive(reported)}
        assert found == naive(reported)


@given(events)
def test_rates_never_mix(reported: list[UsageEvent]) -> None:
    for rate in ("", "0.5"):
        own = [each for each in reported if each.rate_key == rate]
        count = sum(each.rollup.event_count for bucket, each in by_day(reported).items() if bucket.rate_key == rate)
        assert count == len(own)


def test_a_correction_is_never_clamped() -> None:
    rollup = merge(map(Rollup.of, [event(1, Decimal(5), 0), event(2, Decimal(-8), 1)]))
    assert rollup is not None
    assert Total(rollup).quantity(Aggregation.SUM) == -3
    assert Total(rollup, distinct=4).quantity(Aggregation.UNIQUE_COUNT) == 4
