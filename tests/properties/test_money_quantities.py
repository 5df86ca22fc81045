"""Line amounts: quantity × price / divisor, exact until the one rounding."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, line_net, parse_decimal, plain

quantities = st.decimals(-(10**9), 10**9, places=9)
prices = st.decimals(0, 10**9, places=6)
divisors = st.integers(1, 10**6)


@given(quantities, prices, divisors)
def test_a_line_is_the_exact_product_rounded_once(quantity: Decimal, cents: Decimal, divisor: int) -> None:
    exact = Fraction(quantity) * Fraction(cents) / divisor
    net = line_net(Quantity(quantity), UnitPrice(cents, divisor))
    assert abs(net - exact) <= Fraction(1, 2)
    if abs(net - exact) == Fraction(1, 2):
        assert abs(net) > abs(exact)


@given(quantities, prices, divisors)
def test_a_correction_takes_back_to_the_cent_what_was_charged(quantity: Decimal, cents: Decimal, divisor: int) -> None:
    price = UnitPrice(cents, divisor)
    assert line_net(Quantity(-quantity), price) == -line_net(Quantity(quantity), price)


def test_three_cents_per_ten_calls() -> None:
    price = UnitPrice(Decimal(3), 10)
    assert [line_net(Quantity(Decimal(calls)), price) for calls in (1, 2, 5, 10, 15)] == [0, 1, 2, 3, 5]


@given(quantities)
def test_the_plain_form_reads_back_the_same(value: Decimal) -> None:
    text = plain(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))
    assert plain(Decimal(text)) == text


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_whatever_is_accepted_is_kept_exactly(value: Decimal) -> None:
    code: str | None = None
    try:
        accepted = parse_decimal(value, "/quantity")
    except Invalid as refusal:
        code = refusal.code
    else:
        assert accepted == value
        assert accepted.is_finite()
    assert code in (None, "decimal_invalid")


@pytest.mark.parametrize("text", ["", "one", "1,5", "NaN", "Infinity", "1e30", "0.0000000001"])
def test_what_no_document_could_show_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_decimal(text, "/lines/0/quantity")
    assert refusal.value.fields[0].pointer == "/lines/0/quantity"


@pytest.mark.parametrize("divisor", [0, -1])
def test_a_price_per_nothing_is_refused(divisor: int) -> None:
    with pytest.raises(Invalid) as refusal:
        UnitPrice(Decimal(1), divisor)
    assert refusal.value.code == "divisor_invalid"
