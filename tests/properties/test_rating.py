"""Rating: exact, monotone, continuous, additive, and what counting unit by unit gives."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from scaicontrol_core.catalog.usage_pricing import TierMode, UsageTier, check_tiers
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.metering.rating import exact_amount, rate, rate_at, rated_cents

GRADUATED, VOLUME = TierMode.GRADUATED, TierMode.VOLUME
quantities = st.decimals(-(10**6), 10**6, places=9)
used = st.decimals(0, 10**6, places=9)
sums = st.decimals(-(10**28), 10**28, places=9)
OPEN = UsageTier(
    metric="calls", tier_start=0, tier_end=None, unit_price_cents=Decimal(1), unit_divisor=1, tier_mode=GRADUATED
)


@st.composite
def brackets(draw: st.DrawFn, mode: TierMode = GRADUATED, widest: int = 10**5) -> tuple[UsageTier, ...]:
    """A metric's brackets: any prices, also fractional ones, with any divisors; the last one open or not."""
    widths = draw(st.lists(st.integers(1, widest), min_size=1, max_size=5))
    is_open = draw(st.booleans())
    tiers, start = [], 0
    for place, width in enumerate(widths):
        end = None if is_open and place == len(widths) - 1 else start + width
        tiers.append(
            UsageTier(
                metric="calls",
                tier_start=start,
                tier_end=end,
                unit_price_cents=draw(st.decimals(0, 10**4, places=5)),
                unit_divisor=draw(st.integers(1, 10**4)),
                tier_mode=mode,
            )
        )
        start += width
    check_tiers(tiers)
    return tuple(tiers)


def cost(tiers: tuple[UsageTier, ...], quantity: Decimal) -> Fraction:
    """Return the exact cost of a quantity."""
    return exact_amount(rate(tiers, quantity))


def price(tier: UsageTier) -> Fraction:
    """Return the exact price of a unit."""
    return Fraction(tier.unit_price_cents) / tier.unit_divisor


def holding(tiers: tuple[UsageTier, ...], place: int) -> UsageTier:
    """Return the bracket of a point, or the last one beyond them all."""
    return next((each for each in tiers if each.tier_end is None or place < each.tier_end), tiers[-1])


@given(brackets(widest=40), st.integers(0, 200))
def test_graduated_is_what_counting_unit_by_unit_gives(tiers: tuple[UsageTier, ...], units: int) -> None:
    counted = sum((price(holding(tiers, unit)) for unit in range(units)), Fraction(0))
    assert cost(tiers, Decimal(units)) == counted
    assert rated_cents(rate(tiers, Decimal(units))) == round_half_away(counted.numerator, counted.denominator)


@given(brackets(VOLUME, widest=40), st.integers(0, 200))
def test_volume_prices_all_by_where_the_whole_lies(tiers: tuple[UsageTier, ...], units: int) -> None:
    assert cost(tiers, Decimal(units)) == units * price(holding(tiers, units))


@given(brackets(), st.one_of(quantities, sums))
@example((OPEN,), Decimal(10) ** 19 + Decimal("1E-9"))
def test_graduated_parts_make_up_the_quantity(tiers: tuple[UsageTier, ...], quantity: Decimal) -> None:
    parts = rate(tiers, quantity)
    assert sum((Fraction(part.quantity) for part in parts), Fraction(0)) == Fraction(quantity)
    assert all(part.quantity * quantity > 0 for part in parts)


@given(brackets(), used, used)
def test_graduated_is_monotone_and_continuous(tiers: tuple[UsageTier, ...], one: Decimal, other: Decimal) -> None:
    """More never costs less, and a little more costs at most that much at the dearest price."""
    less, more = sorted((one, other))
    step = cost(tiers, more) - cost(tiers, less)
    assert 0 <= step <= Fraction(more - less) * max(price(tier) for tier in tiers)


@given(brackets(), st.integers(0, 10**5), used)
def test_graduated_is_additive(tiers: tuple[UsageTier, ...], first: int, then: Decimal) -> None:
    """A quantity costs its first units, and the rest by what is left of the brackets."""
    shifted = tuple(
        UsageTier(
            metric=tier.metric,
            tier_start=max(0, tier.tier_start - first),
            tier_end=None if tier is tiers[-1] or tier.tier_end is None else tier.tier_end - first,
            unit_price_cents=tier.unit_price_cents,
            unit_divisor=tier.unit_divisor,
        )
        for tier in tiers
        if tier is tiers[-1] or tier.tier_end is None or tier.tier_end > first
    )
    assert cost(tiers, first + then) == cost(tiers, Decimal(first)) + cost(shifted, then)


@given(st.one_of(brackets(), brackets(VOLUME)), quantities)
def test_a_credit_mirrors_the_charge(tiers: tuple[UsageTier, ...], quantity: Decimal) -> None:
    assert cost(tiers, -quantity) == -cost(tiers, quantity)
    assert rated_cents(rate(tiers, -quantity)) == -rated_cents(rate(tiers, quantity))


@given(brackets(), quantities)
def test_one_line_is_rounded_once(tiers: tuple[UsageTier, ...], quantity: Decimal) -> None:
    parts = rate(tiers, quantity)
    assert abs(rated_cents(parts) - exact_amount(parts)) <= Fraction(1, 2)
    assert abs(rated_cents(parts) - sum(part.cents for part in parts)) <= len(parts)


@given(st.decimals(0, 10**6, places=9), quantities)
def test_a_cost_based_rate_is_a_plain_product(unit_cents: Decimal, quantity: Decimal) -> None:
    assert exact_amount(rate_at(unit_cents, quantity)) == Fraction(unit_cents) * Fraction(quantity)


def test_the_prices_of_a_gateway() -> None:
    """1,000 calls are free, then 3 cents for ten, and beyond 10,000 a cent for seven."""
    tiers = (
        UsageTier(metric="calls", tier_end=1000, unit_price_cents=Decimal(0)),
        UsageTier(metric="calls", tier_start=1000, tier_end=10_000, unit_price_cents=Decimal(3), unit_divisor=10),
        UsageTier(metric="calls", tier_start=10_000, unit_price_cents=Decimal(1), unit_divisor=7),
    )
    assert [(str(part.quantity), part.cents) for part in rate(tiers, Decimal(12_345))] == [
        ("1000", 0),
        ("9000", 2700),
        ("2345", 335),
    ]
    assert [rated_cents(rate(tiers, Decimal(calls))) for calls in (0, 1000, 1001, 1002, 1005, 10_004)] == [
        0,
        0,
        0,
        1,
        2,
        2701,
    ]
