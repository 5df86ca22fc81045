"""The payload of a transfer's QR code (EPC069-12): what it holds, and when there is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.documents.epc import epc_payload
from scaicontrol_core.kernel.money import Money

IBAN = "NL91ABNA0417164300"


def payload(**changes: Any) -> str | None:
    facts: dict[str, Any] = {"name": "ScaiLabs B.V.", "iban": IBAN, "bic": None, "amount": Money(24079, "EUR")}
    return epc_payload(**(facts | changes))


def test_a_code_holds_account_amount_and_reference() -> None:
    shown = payload(bic="ABNANL2A", creditor_reference="RF18539007547034", text="ignored")
    assert shown == ("BCD\n002\n1\nSCT\nABNANL2A\nScaiLabs B.V.\nNL91ABNA0417164300\nEUR240.79\n\nRF18539007547034")


def test_without_a_structured_reference_the_free_text_stands_in_its_own_field() -> None:
    assert (payload(text="SCAI-2026\n000042") or "").split("\n")[7:] == ["EUR240.79", "", "", "SCAI-2026 000042"]
    assert (payload() or "").split("\n")[-1] == "EUR240.79"


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": Money(100, "USD")},
        {"amount": Money(0, "EUR")},
        {"amount": Money(-5, "EUR")},
        {"amount": Money(100_000_000_000, "EUR")},
        {"iban": "NL91ABNA0417164301"},
        {"iban": "BR1800360305000010009795493C1"},
        {"iban": "CH9300762011623852957"},
        {"iban": ""},
        {"name": "  "},
    ],
)
def test_where_no_transfer_is_possible_there_is_no_code(changes: dict[str, Any]) -> None:
    assert payload(**changes) is None


def test_a_bank_outside_the_eea_is_named_by_its_bic() -> None:
    assert payload(iban="CH93 0076 2011 6238 5295 7", bic="UBSWCHZH80A") is not None


@pytest.mark.parametrize(("cents", "shown"), [(1, "EUR0.01"), (100, "EUR1.00"), (99_999_999_999, "EUR999999999.99")])
def test_amounts_have_two_decimals_and_a_point(cents: int, shown: str) -> None:
    assert (payload(amount=Money(cents, "EUR")) or "").split("\n")[7] == shown


@given(
    name=st.text(max_size=200),
    text=st.text(max_size=400),
    reference=st.none() | st.just("RF18539007547034"),
    bic=st.none() | st.just("ABNANL2A"),
)
def test_whatever_people_write_the_code_keeps_its_fields_and_its_size(
    name: str, text: str, reference: str | None, bic: str | None
) -> None:
    shown = payload(name=name, text=text, creditor_reference=reference, bic=bic)
    if shown is None:
        assert not name.split()
        return
    fields = shown.split("\n")
    assert len(shown.encode()) <= 331
    assert len(fields) <= 11
    assert len(fields[5]) <= 70
    assert fields[6:8] == [IBAN, "EUR240.79"]
    assert not (len(fields) > 10 and fields[9])
