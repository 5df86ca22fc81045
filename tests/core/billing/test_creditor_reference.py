"""A transfer quotes its invoice with check digits, so that a mistyped number is noticed by the bank."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.billing.creditor_reference import creditor_reference

numbers = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=21)


def checks(reference: str) -> bool:
    """Judge by the standard's own rule: the whole, turned round and spelt in digits, leaves 1 of 97."""
    turned = reference[4:] + reference[:4]
    return (
        int("".join(str(string.digits.find(sign)) if sign.isdigit() else str(ord(sign) - 55) for sign in turned)) % 97
        == 1
    )


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        ("539007547034", "RF18539007547034"),
        ("SCAI-2026-000042", "RF09SCAI2026000042"),
        ("a.1", creditor_reference("A1")),
    ],
)
def test_the_number_of_an_invoice_becomes_a_reference(number: str, reference: str) -> None:
    assert creditor_reference(number) == reference


@given(numbers)
def test_every_reference_passes_the_banks_check(number: str) -> None:
    reference = creditor_reference(number)
    assert reference is not None
    assert checks(reference)


@given(st.text(string.ascii_uppercase, max_size=6), st.text(string.digits, min_size=1, max_size=15), st.data())
def test_a_mistyped_digit_never_passes(prefix: str, digits: str, data: st.DataObject) -> None:
    reference = creditor_reference(prefix + digits) or ""
    place = data.draw(st.integers(len(reference) - len(digits), len(reference) - 1))
    other = data.draw(st.sampled_from(sorted(set(string.digits) - {reference[place]})))
    assert not checks(reference[:place] + other + reference[place + 1 :])


@pytest.mark.parametrize("number", ["", "-", "A" * 22])
def test_what_fits_no_reference_gets_none(number: str) -> None:
    assert creditor_reference(number) is None
