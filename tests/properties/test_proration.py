"""Proration: whatever is changed whenever, what is charged is the price over time, to a cent a line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.kernel.ids import PlanId
from scaicontrol_core.kernel.period import Cadence, Period, start_of_day
from scaicontrol_core.subscriptions.changing import Moment
from scaicontrol_core.subscriptions.legs import Leg, on_anchor
from scaicontrol_core.subscriptions.proration import Proration, seconds_bought, seconds_of
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, SERVICE_ID, TENANT_ID

ZONES = st.sampled_from(["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "UTC"])
RECURRING = st.sampled_from([cadence for cadence in Cadence if cadence.recurs])
DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
PLANS = {
    plan.id: plan
    for plan in (
        builders.new_plan(
            PlanId(f"pln_{cadence.value}_{price}"),
            slug=f"{cadence.value}{price}",
            billing_period=cadence,
            base_price_cents=price,
        )
        for cadence in Cadence
        if cadence.recurs
        for price in (0, 999, 4900, 1_000_003)
    )
}


def sold(plan_id: PlanId, day: date, zone: str, quantity: int) -> Subscription:
    plan = PLANS[plan_id]
    subscription = Subscription(
        id="sub_1",  # type: ignore[arg-type]
        partner_id=OPERATOR_ID,
        tenant_id=TENANT_ID,
        service_id=SERVICE_ID,
        plan_id=plan.id,
        plan_key=plan.plan_key,
        starts_on=day,
        created_at=start_of_day(day, zone),
        quantity=quantity,
    )
    subscription.activate(plan, start_of_day(day, zone), zone, trial=False)
    return subscription


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 40 * 86400),  # seconds since the one before
        st.sampled_from(sorted(PLANS)),
        st.integers(1, 50),
        st.sampled_from([Proration.IMMEDIATE, Proration.NEXT_INVOICE]),
    ),
    max_size=8,
)


@given(st.sampled_from(sorted(PLANS)), DAYS, ZONES, st.integers(1, 50), CHANGES)
def test_charges_less_credits_are_the_integral_of_the_price_over_time(
    plan_id: PlanId, day: date, zone: str, quantity: int, changes: list[tuple[int, PlanId, int, Proration]]
) -> None:
    """Held against an account that knows of no periods ahead: price per second, stretch by stretch."""
    it = sold(plan_id, day, zone, quantity)
    now = start_of_day(day, zone)
    charged, lines = 0, 0
    exact = Fraction(0)
    for seconds, wanted, many, proration in [*changes, (0, plan_id, quantity, Proration.NONE)]:
        until = now + timedelta(seconds=seconds)
        while True:  # bill every period as it begins
            due = next(it.schedule.due(Moment(at=until, timezone=zone).today), None) if it.schedule else None
            if due is None:
                break
            terms = it.terms_of(due.ordinal)
            charged += PLANS[terms.plan_id].base_price_cents * terms.quantity
            it.bill(due)
        now = until
        if (wanted, many) != (it.plan_id, it.quantity) and proration is not Proration.NONE:
            it.change_now(PLANS[wanted], many, Moment(at=now, timezone=zone), proration, PLANS)
    charged += sum(each.net_cents for each in it.adjustments)
    lines = len(it.adjustments)
    for start, end, terms_plan, many, reference in _stretches(plan_id, day, zone, quantity, changes, it):
        seconds_bought_then = seconds_bought(reference, PLANS[terms_plan].billing_period, zone)
        exact += Fraction(
            PLANS[terms_plan].base_price_cents * many * int((end - start).total_seconds()), seconds_bought_then
        )
    assert abs(charged - exact) <= max(lines, 1)


def _stretches(
    plan_id: PlanId,
    day: date,
    zone: str,
    quantity: int,
    changes: list[tuple[int, PlanId, int, Proration]],
    last: Subscription,
) -> list[tuple[datetime, datetime, PlanId, int, date]]:
    """Return who had what from when to when, cut at the boundaries of periods (told by a second calendar)."""
    marks = [(start_of_day(day, zone), plan_id, quantity)]
    now = marks[0][0]
    for seconds, wanted, many, _ in changes:
        now += timedelta(seconds=seconds)
        marks.append((now, wanted, many))
    today = Moment(at=now, timezone=zone).today
    # Periods as they were laid: a cadence counts from the end of the period it was chosen in.
    periods: list[Period] = []
    leg = Leg(0, day, PLANS[plan_id].billing_period)
    ordinal = 0
    while not periods or periods[-1].end <= today:
        period = leg.period(ordinal)
        periods.append(period)
        ordinal += 1
        had = [mark for mark in marks if mark[0] < start_of_day(period.end, zone)][-1]
        cadence = PLANS[had[1]].billing_period
        if cadence is not leg.cadence:
            if cadence.months and leg.cadence.months:
                leg = Leg(ordinal, leg.anchor, cadence, leg.offset + (ordinal - leg.first) * leg.cadence.months)
            else:
                leg = Leg(ordinal, period.end, cadence)
    found = []
    for period in periods:
        begins, ends = start_of_day(period.start, zone), start_of_day(period.end, zone)
        inside = [mark for mark in marks if begins < mark[0] < ends]
        first = [mark for mark in marks if mark[0] <= begins][-1]
        cuts = [(begins, first[1], first[2]), *inside]
        for (start, bought, many), end in zip(cuts, [*(cut[0] for cut in cuts[1:]), ends], strict=True):
            found.append((start, end, bought, many, period.start))
    return found


@given(DAYS, RECURRING, DAYS, ZONES)
def test_another_anchor_leads_onto_its_grid_without_gap_or_overlap(
    anchor: date, cadence: Cadence, start: date, zone: str
) -> None:
    legs = on_anchor(anchor, cadence, 7, start)
    periods = [leg.period(leg.first) for leg in legs] + [
        legs[-1].period(legs[-1].first + count) for count in range(1, 9)
    ]
    assert periods[0].start == start
    assert all(before.end == after.start for before, after in pairwise(periods))
    assert all(leg.period(leg.first).end <= leg.whole(leg.first).end for leg in legs)
    if cadence.months:
        grid = {Leg(0, anchor, cadence, months).start(0) for months in range(-1200, 1200, cadence.months)}
        assert {period.start for period in periods[len(legs) - 1 :]} <= grid
    assert seconds_of(periods[0], zone) > 0


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), RECURRING, ZONES)
def test_periods_tile_ten_years_to_the_second_with_both_changes_of_the_clock(
    anchor: date, cadence: Cadence, zone: str
) -> None:
    leg = Leg(0, anchor, cadence)
    count = {Cadence.DAILY: 800, Cadence.WEEKLY: 522, Cadence.MONTHLY: 120, Cadence.QUARTERLY: 40, Cadence.YEARLY: 10}
    periods = [leg.period(ordinal) for ordinal in range(count[cadence])]
    whole = Period(periods[0].start, periods[-1].end)
    assert sum(seconds_of(period, zone) for period in periods) == seconds_of(whole, zone)
    assert all(leg.ordinal_on(period.start) == leg.ordinal_on(period.last_day) == n for n, period in enumerate(periods))
    assert start_of_day(anchor, zone).tzinfo is UTC
