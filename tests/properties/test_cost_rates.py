"""Usage of cost-based plans: a line for each rate, and the lines add up to what every event costs at its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.catalog.unit_cost import CostBook, UnitCost, rate_of
from scaicontrol_core.kernel.ids import PartnerId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.quantity import MAX_DECIMALS
from scaicontrol_core.metering import UsageEvent
from scaicontrol_core.metering.rating import exact_amount, rate_at, rated_cents
from scaicontrol_core.metering.rollup import Rollup, Total, by_day, merge
from scaicontrol_core.testing import builders

START = datetime(2026, 1, 1, tzinfo=UTC)
SERVICE = ServiceId("svc_1")
HALF_A_CENT = Fraction(1, 2)

costs = st.builds(
    UnitCost,
    service_id=st.just(SERVICE),
    metric=st.just("tokens"),
    currency=st.just("EUR"),
    valid_from=st.integers(0, 50).map(lambda hours: START + timedelta(hours=hours)),
    cost_cents=st.decimals(0, 1000, places=6),
    unit_divisor=st.sampled_from([1, 3, 1000, 1_000_000]),
)
margins = st.decimals(0, 5, places=4)
multipliers = st.decimals("0.01", 10, places=2)
quantities = st.decimals(-(10**6), 10**6, places=9)
#: What happens, hour by hour: a refresh, or usage reported.
happenings = st.lists(st.one_of(st.none(), quantities), min_size=1, max_size=40)


def used(number: int, quantity: Decimal, rate: Decimal) -> UsageEvent:
    """Return what was reported in the hour of that number, at the rate of the moment."""
    at = START + timedelta(hours=number)
    return UsageEvent(
        service_id=SERVICE,
        idempotency_key=f"k-{number}",
        partner_id=PartnerId("prt"),
        tenant_id=TenantId("tnt"),
        subscription_id=SubscriptionId("sub"),
        metric="tokens",
        quantity=quantity,
        occurred_at=at,
        usage_day=at.date(),
        received_at=at,
        content_hash="",
        billable_rate=rate,
    )


@given(st.lists(costs, min_size=1, max_size=6), margins, multipliers, happenings)
def test_lines_per_rate_add_up_to_every_event_at_its_own(
    known: list[UnitCost], margin: Decimal, multiplier: Decimal, story: list[Decimal | None]
) -> None:
    plan = builders.new_plan(cost_margins={"tokens": margin}, cost_multiplier=multiplier)
    book = CostBook.of(known)
    events: list[UsageEvent] = []
    naive = Fraction(0)
    for number, quantity in enumerate(story):
        if quantity is None:
            plan.refresh_rates(book, START + timedelta(hours=number))
        elif not plan.unrated:
            rate = plan.billable_rate["tokens"]
            events.append(used(number, quantity, rate))
            naive += Fraction(quantity) * Fraction(rate)
    by_rate: dict[str, list[Rollup]] = {}
    for bucket, each in by_day(events).items():
        by_rate.setdefault(bucket.rate_key, []).append(each.rollup)
    lines = []
    for key, rollups in by_rate.items():
        whole = merge(rollups)
        assert whole is not None
        lines.append(rate_at(Decimal(key), Total(whole).quantity(Aggregation.SUM)))
    assert len(lines) == len({event.billable_rate for event in events})
    assert sum((exact_amount(line) for line in lines), Fraction(0)) == naive
    assert abs(sum(rated_cents(line) for line in lines) - naive) <= HALF_A_CENT * len(lines)


@given(costs, margins, multipliers)
def test_a_rate_is_exact_to_a_billionth(cost: UnitCost, margin: Decimal, multiplier: Decimal) -> None:
    exact = cost.exact * (1 + Fraction(margin)) * Fraction(multiplier)
    rate = rate_of(cost, margin, multiplier)
    billionth = Fraction(1, 10**MAX_DECIMALS)
    assert abs(Fraction(rate) - exact) <= billionth / 2
    if (exact / billionth).denominator == 1:
        assert Fraction(rate) == exact


@given(st.lists(costs, max_size=8), st.integers(0, 50))
def test_the_cost_in_force_is_the_last_word_on_the_latest_instant(known: list[UnitCost], hour: int) -> None:
    at = START + timedelta(hours=hour)
    past = [cost for cost in known if cost.valid_from <= at]
    latest = max((cost.valid_from for cost in past), default=None)
    expected = [cost for cost in past if cost.valid_from == latest]
    assert CostBook.of(known).in_force(SERVICE, "tokens", "EUR", at) == (expected[-1] if expected else None)
