"""Money: one rounding rule, allocation without loss, amounts that never mix currencies."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.money import Money, allocate, format_minor, minor_unit_exponent, round_half_away

amounts = st.integers(-(10**15), 10**15)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "SEK"])


@given(amounts, st.integers(1, 10**9))
def test_rounding_is_the_commercial_rule(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = round_half_away(numerator, denominator)
    distance = abs(rounded - exact)
    assert distance <= Fraction(1, 2)
    if distance == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@given(amounts, st.integers(1, 10**9))
def test_rounding_agrees_with_the_decimal_library(numerator: int, denominator: int) -> None:
    # ROUND_HALF_UP of Decimal goes away from zero on a tie. Powers of two divide exactly, so nothing is lost before.
    power = 1 << (denominator % 12)
    exact = Decimal(numerator) / power
    assert round_half_away(numerator, power) == int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@given(amounts, st.integers(1, 10**9))
def test_a_credit_rounds_as_the_mirror_of_its_invoice(numerator: int, denominator: int) -> None:
    assert round_half_away(-numerator, denominator) == -round_half_away(numerator, denominator)
    assert round_half_away(numerator, -denominator) == -round_half_away(numerator, denominator)


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        round_half_away(1, 0)


weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=40)


@given(amounts, weights)
def test_parts_sum_to_the_total(total: int, parts: list[int]) -> None:
    assert sum(allocate(total, parts)) == total


@given(amounts, st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=40))
def test_parts_sum_to_the_total_with_credits_among_charges(total: int, parts: list[int]) -> None:
    assert sum(allocate(total, parts)) == total


@given(amounts, weights)
def test_each_part_is_within_one_cent_of_its_exact_share(total: int, parts: list[int]) -> None:
    whole = sum(parts)
    if whole == 0:
        return
    for part, weight in zip(allocate(total, parts), parts, strict=True):
        assert abs(part - Fraction(total * weight, whole)) < 1


@given(amounts, st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=40))
def test_the_parts_of_a_credit_mirror_those_of_its_invoice(total: int, parts: list[int]) -> None:
    assert allocate(-total, parts) == tuple(-part for part in allocate(total, parts))


@given(amounts, weights)
def test_who_has_no_weight_pays_nothing(total: int, parts: list[int]) -> None:
    if sum(parts) == 0:
        return
    assert all(part == 0 for part, weight in zip(allocate(total, parts), parts, strict=True) if weight == 0)


@given(st.integers(0, 10**12), weights)
def test_a_heavier_part_never_pays_less(total: int, parts: list[int]) -> None:
    shares = sorted(zip(parts, allocate(total, parts), strict=True))
    if sum(parts) > 0:
        for (weight, part), (heavier, larger) in pairwise(shares):
            assert weight == heavier or part <= larger


def test_ties_go_to_the_earlier_part() -> None:
    assert allocate(100, [1, 1, 1]) == (34, 33, 33)
    assert allocate(-100, [1, 1, 1]) == (-34, -33, -33)


def test_nobody_to_allocate_to() -> None:
    assert allocate(0, []) == ()
    with pytest.raises(ValueError, match="nothing to allocate to"):
        allocate(1, [])


@given(amounts, amounts, amounts, currencies)
def test_amounts_of_a_currency_add_up_like_numbers(one: int, two: int, three: int, currency: str) -> None:
    a, b, c = Money(one, currency), Money(two, currency), Money(three, currency)
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a - b == a + -b
    assert a - a == Money(0, currency)


@given(amounts, amounts)
def test_currencies_do_not_mix(one: int, two: int) -> None:
    with pytest.raises(Invalid) as refusal:
        Money(one, "EUR") + Money(two, "USD")
    assert refusal.value.code == "currency_mismatch"


@given(amounts, st.integers(-1000, 1000), st.integers(1, 1000))
def test_a_ratio_is_rounded_once(minor: int, numerator: int, denominator: int) -> None:
    assert Money(minor, "EUR").ratio(numerator, denominator).minor == round_half_away(minor * numerator, denominator)


@given(amounts, currencies)
def test_the_plain_form_keeps_every_minor_unit(minor: int, currency: str) -> None:
    exponent = minor_unit_exponent(currency)
    text = format_minor(minor, exponent)
    assert Decimal(text) * 10**exponent == minor
    assert str(Money(minor, currency)) == f"{currency} {text}"


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        Money(1, "XXX")
    assert refusal.value.code == "currency_unknown"
