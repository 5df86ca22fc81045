"""Exchange rates: the last one published counts, for a week, and amounts are rounded once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tax.exchange_rates import CrossRate, ExchangeRate, ExchangeRateBook, ExchangeRateMissing

FRIDAY = date(2026, 1, 16)


def rate(day: date, currency: str, text: str) -> ExchangeRate:
    return ExchangeRate(day=day, currency=currency, rate=Decimal(text))


BOOK = ExchangeRateBook.of(
    [rate(FRIDAY, "USD", "1.0834"), rate(FRIDAY, "SEK", "11.2345"), rate(FRIDAY + timedelta(days=3), "USD", "1.09")]
)


def test_over_the_weekend_fridays_rate_counts() -> None:
    for days, text in ((0, "1.0834"), (2, "1.0834"), (3, "1.09"), (10, "1.09")):
        assert BOOK.on(FRIDAY + timedelta(days=days), "USD", "EUR").text == text


@pytest.mark.parametrize("days", [-1, 11])
def test_a_rate_is_neither_guessed_backwards_nor_older_than_a_week(days: int) -> None:
    with pytest.raises(ExchangeRateMissing) as missing:
        BOOK.on(FRIDAY + timedelta(days=days), "USD", "EUR")
    assert missing.value.code == "exchange_rate_missing"
    assert "USD" in missing.value.message
    assert str(FRIDAY + timedelta(days=days)) in missing.value.message
    assert "exchange-rates import" in str(missing.value.hint)


def test_a_return_takes_the_next_rate_published() -> None:
    assert BOOK.from_day(FRIDAY, "USD", "EUR").day == FRIDAY
    assert BOOK.from_day(FRIDAY + timedelta(days=1), "USD", "EUR").day == FRIDAY + timedelta(days=3)
    with pytest.raises(ExchangeRateMissing):
        BOOK.from_day(FRIDAY + timedelta(days=4), "USD", "EUR")


def test_two_other_currencies_meet_in_the_euro_on_a_day_that_has_both() -> None:
    crossed = BOOK.on(FRIDAY + timedelta(days=3), "USD", "SEK")
    assert crossed.day == FRIDAY
    assert crossed.text == "0.096435088"  # 1.0834 / 11.2345
    assert crossed.convert(10_834) == 112_345
    with pytest.raises(ExchangeRateMissing, match="CHF"):
        BOOK.on(FRIDAY, "USD", "CHF")


def test_the_euro_itself_converts_both_ways() -> None:
    # EUR 10.00 × 11.2345 = SEK 112.345: half away from zero, which the rounded inverse would miss.
    assert BOOK.on(FRIDAY, "EUR", "SEK").convert(1000) == 11_235
    assert BOOK.on(FRIDAY, "SEK", "EUR").convert(-11_235) == -1000


def test_minor_units_have_their_own_size() -> None:
    yen = CrossRate(source="ECB", day=FRIDAY, currency="JPY", own_currency="EUR", per_euro=Decimal("162.5"))
    assert yen.convert(16_250) == 10_000
    dinar = CrossRate(source="ECB", day=FRIDAY, currency="KWD", own_currency="EUR", per_euro=Decimal("0.5"))
    assert dinar.convert(1000) == 200


@pytest.mark.parametrize(
    ("currency", "text", "code"),
    [
        ("EUR", "1", "currency_unknown"),
        ("usd", "1", "currency_unknown"),
        ("USD", "0", "exchange_rate_invalid"),
        ("USD", "-1.1", "exchange_rate_invalid"),
        ("USD", "NaN", "decimal_invalid"),
    ],
)
def test_what_is_no_rate_is_refused(currency: str, text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        rate(FRIDAY, currency, text)
    assert refused.value.code == code


_WORTH = st.decimals("0.000001", "999999", places=6)


@given(_WORTH, _WORTH, st.integers(-(10**13), 10**13))
def test_one_rounding_and_a_credit_mirrors_its_invoice(per_euro: Decimal, own: Decimal, minor: int) -> None:
    crossed = CrossRate(
        source="ECB", day=FRIDAY, currency="USD", own_currency="SEK", per_euro=per_euro, own_per_euro=own
    )
    exact = Fraction(minor) * Fraction(own) / Fraction(per_euro)
    assert abs(crossed.convert(minor) - exact) <= Fraction(1, 2)
    assert crossed.convert(-minor) == -crossed.convert(minor)
