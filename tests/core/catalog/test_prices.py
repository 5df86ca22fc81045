"""Prices: a plan's month, a pack's sum, and brackets of usage that leave no gap."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.catalog import DiscountType, PackItem, Plan, TierMode, UsageTier
from scaicontrol_core.catalog.usage_pricing import check_tiers
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PlanId, ServiceId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.kernel.quantity import Quantity, line_net
from scaicontrol_core.testing import builders

cents = st.integers(0, 10**12)


class TestThePriceOfAMonth:
    """MRR: every cadence brought down to a month, half a cent upwards."""

    @pytest.mark.parametrize(
        ("cadence", "price", "month"),
        [
            (Cadence.MONTHLY, 19900, 19900),
            (Cadence.YEARLY, 499900, 41658),  # 41658.33
            (Cadence.YEARLY, 18, 2),  # 1.5
            (Cadence.YEARLY, 6, 1),  # 0.5
            (Cadence.QUARTERLY, 29900, 9967),  # 9966.67
            (Cadence.WEEKLY, 999, 3996),
            (Cadence.DAILY, 33, 990),
            (Cadence.ONE_TIME, 75000, 75000),
        ],
    )
    def test_by_cadence(self, cadence: Cadence, price: int, month: int) -> None:
        plan = builders.new_plan(billing_period=cadence, base_price_cents=price)
        assert plan.mrr_cents == month

    @given(st.sampled_from(Cadence), cents)
    def test_it_is_within_half_a_cent_of_the_exact_month(self, cadence: Cadence, price: int) -> None:
        share = {
            Cadence.YEARLY: Fraction(1, 12),
            Cadence.QUARTERLY: Fraction(1, 3),
            Cadence.WEEKLY: Fraction(4),
            Cadence.DAILY: Fraction(30),
        }
        exact = price * share.get(cadence, Fraction(1))
        terms = builders.plan_terms(billing_period=cadence, base_price_cents=price)
        assert abs(terms.mrr_cents - exact) <= Fraction(1, 2)


class TestThePriceOfAPack:
    """Its own price, or its parts' less a discount, rounded once."""

    def test_a_fixed_price_is_the_bill(self) -> None:
        plan = builders.new_plan()
        pack = builders.new_pack(builders.item_of(plan), base_price_cents=0, trial_days=14)
        assert pack.price_cents({}) == 0

    def test_a_percentage_counts_overrides_before_plan_prices(self) -> None:
        one = builders.new_plan(PlanId("pln_1"), base_price_cents=4900)
        two = builders.new_plan(PlanId("pln_2"), (ServiceId("svc_2"), "scaivault"), base_price_cents=2900)
        three = builders.new_plan(PlanId("pln_3"), (ServiceId("svc_3"), "scaisend"), base_price_cents=9900)
        items = (builders.item_of(one), builders.item_of(two, 1450), builders.item_of(three))
        pack = builders.new_pack(*items, discount_type=DiscountType.PERCENTAGE, discount_percentage=Decimal(15))
        prices = {plan.id: plan.base_price_cents for plan in (one, two, three)}
        assert pack.price_cents(prices) == 13813  # 16250 × 0.85 = 13812.5

    @given(st.lists(cents, min_size=1, max_size=8), st.decimals(0, 100, places=4))
    def test_the_sum_is_rounded_once(self, prices: list[int], discount: Decimal) -> None:
        items = [
            PackItem(service_id=ServiceId(f"svc_{n}"), plan_id=PlanId(f"pln_{n}"), plan_key=f"s{n}.p")
            for n in range(len(prices))
        ]
        pack = builders.new_pack(*items, discount_type=DiscountType.PERCENTAGE, discount_percentage=discount)
        exact = sum(prices) * (100 - Fraction(discount)) / 100
        price = pack.price_cents({item.plan_id: each for item, each in zip(items, prices, strict=True)})
        assert price == round_half_away(exact.numerator, exact.denominator)
        assert 0 <= price <= sum(prices)

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"discount_type": "percentage"}, "/discount_percentage"),
            ({"discount_percentage": "10"}, "/discount_percentage"),
            ({"discount_type": "percentage", "discount_percentage": "100.01"}, "/discount_percentage"),
            ({"discount_type": "percentage", "discount_percentage": "-1"}, "/discount_percentage"),
            ({"discount_type": "percentage", "discount_percentage": True}, "/discount_percentage"),
            ({"discount_type": "free"}, "/discount_type"),
            ({"base_price_cents": -1}, "/base_price_cents"),
        ],
    )
    def test_a_price_that_means_nothing_is_refused(self, fields: dict[str, Any], pointer: str) -> None:
        with pytest.raises(Invalid) as refusal:
            builders.pack_terms(**fields)
        assert refusal.value.fields[0].pointer == pointer

    def test_a_pack_has_items_and_one_plan_per_service(self) -> None:
        plan = builders.new_plan()
        with pytest.raises(Invalid):
            builders.new_pack()
        with pytest.raises(Invalid) as refusal:
            builders.new_pack(builders.item_of(plan), builders.item_of(plan))
        assert refusal.value.fields[0].pointer == "/items/1"
        with pytest.raises(Invalid):
            builders.item_of(plan, -1)


def tier(start: int, end: int | None, price: str = "1", **fields: Any) -> UsageTier:
    """Return a bracket of API calls."""
    usual: dict[str, Any] = {"metric": "api_calls", "tier_start": start, "tier_end": end, "unit_price_cents": price}
    return UsageTier(**(usual | fields))


class TestBrackets:
    """They start at 0 and touch; only the last is open."""

    @pytest.mark.parametrize(
        "tiers",
        [
            (),
            (tier(0, None),),
            (tier(0, 1000),),
            (tier(0, 1000), tier(1000, 10000), tier(10000, None)),
            (tier(0, 5), tier(0, 7, metric="mails"), tier(5, None), tier(7, None, metric="mails")),
        ],
    )
    def test_sound_ones(self, tiers: tuple[UsageTier, ...]) -> None:
        check_tiers(tiers)

    @pytest.mark.parametrize(
        ("tiers", "pointers"),
        [
            ((tier(1, None),), ["/usage_pricing/0/tier_start"]),
            ((tier(0, 10), tier(11, None)), ["/usage_pricing/1/tier_start"]),
            ((tier(0, 10), tier(9, None)), ["/usage_pricing/1/tier_start"]),
            ((tier(0, None), tier(10, None)), ["/usage_pricing/1/tier_start"]),
            ((tier(10, None), tier(0, 10)), ["/usage_pricing/0/tier_start", "/usage_pricing/1/tier_start"]),
            ((tier(0, 10), tier(10, None, tier_mode="volume")), ["/usage_pricing/1/tier_mode"]),
            (
                (tier(0, 5), tier(5, None, metric="mails"), tier(6, None)),
                ["/usage_pricing/1/tier_start", "/usage_pricing/2/tier_start"],
            ),
        ],
        ids=["late start", "gap", "overlap", "after the open end", "wrong order", "two modes", "two metrics"],
    )
    def test_unsound_ones_are_pointed_at(self, tiers: tuple[UsageTier, ...], pointers: list[str]) -> None:
        with pytest.raises(Invalid) as refusal:
            builders.plan_terms(usage_pricing=tiers)
        assert [field.pointer for field in refusal.value.fields] == pointers

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"tier_start": -1}, "/tier_start"),
            ({"tier_start": 5, "tier_end": 5}, "/tier_end"),
            ({"unit_price_cents": "-1"}, "/unit_price_cents"),
            ({"unit_price_cents": "NaN"}, "/unit_price_cents"),
            ({"unit_price_cents": "0.0000000001"}, "/unit_price_cents"),
            ({"unit_divisor": 0}, "/unit_divisor"),
            ({"tier_mode": "stairs"}, "/tier_mode"),
            ({"metric": "API calls"}, "/metric"),
        ],
    )
    def test_a_bracket_that_means_nothing_is_refused(self, fields: dict[str, Any], pointer: str) -> None:
        with pytest.raises(Invalid) as refusal:
            tier(**({"start": 0, "end": None} | fields))
        assert [field.pointer for field in refusal.value.fields] == [pointer]

    @given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8, unique=True), st.booleans())
    def test_any_rising_list_of_ends_makes_a_sound_set(self, ends: list[int], open_end: bool) -> None:  # noqa: FBT001
        bounds = [0, *sorted(ends)]
        tiers = [tier(start, end) for start, end in pairwise(bounds)]
        check_tiers([*tiers, tier(bounds[-1], None)] if open_end else tiers)

    def test_a_fraction_of_a_cent_by_a_divisor(self) -> None:
        sevenths = tier(0, None, "1", unit_divisor=7)
        assert line_net(Quantity(Decimal(10)), sevenths.unit_price) == 1
        assert line_net(Quantity(Decimal(11)), sevenths.unit_price) == 2

    def test_a_plan_tells_the_brackets_of_a_metric(self) -> None:
        tiers = (tier(0, 5), tier(0, None, metric="mails", tier_mode=TierMode.VOLUME), tier(5, None))
        plan = builders.new_plan(usage_pricing=tiers)
        assert plan.usage_prices_at(plan.created_at).of("api_calls") == (tiers[0], tiers[2])
        assert plan.usage_prices_at(plan.created_at).of("mails") == (tiers[1],)
        assert plan.usage_prices_at(plan.created_at).of("nothing") == ()


class TestAPlansTerms:
    """Every field is checked, and prices are whole cents."""

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"name": ""}, "/name"),
            ({"tier": "Top Tier"}, "/tier"),
            ({"billing_period": "fortnightly"}, "/billing_period"),
            ({"base_price_cents": Decimal("19.99")}, "/base_price_cents"),
            ({"base_price_cents": -1}, "/base_price_cents"),
            ({"currency": "EURO"}, "/currency"),
            ({"quotas": {"users": -1}}, "/quotas/users"),
            ({"quotas": {"users": True}}, "/quotas/users"),
            ({"quotas": [1]}, "/quotas"),
            ({"features": {"ratio": Decimal("0.5")}}, "/features/ratio"),
            ({"trial_days": 731}, "/trial_days"),
            ({"cost_multiplier": 0}, "/cost_multiplier"),
            ({"cost_multiplier": True}, "/cost_multiplier"),
            ({"is_public": 1}, "/is_public"),
        ],
    )
    def test_a_wrong_field_is_named(self, fields: dict[str, Any], pointer: str) -> None:
        with pytest.raises(Invalid) as refusal:
            builders.plan_terms(**fields)
        assert [field.pointer for field in refusal.value.fields] == [pointer]

    def test_the_key_is_made_of_slugs(self) -> None:
        plan: Plan = builders.new_plan()
        assert plan.plan_key == "scaikey.pro"
        with pytest.raises(Invalid) as refusal:
            builders.new_plan(slug="Pro Plan")
        assert refusal.value.fields[0].pointer == "/slug"
        with pytest.raises(Invalid):
            builders.new_service(slug="scai.key", app_id="scaikey")
