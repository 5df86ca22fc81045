"""The VAT of whole documents."""

from __future__ import annotations

from datetime import date
from typing import Any

from scaicontrol_core.tax import VatDecision, VatInputs, break_down, decide_vat, standard_rates
from scaicontrol_core.tax.breakdown import group_tax, spread_tax


def decided(buyer: str = "NL", day: date = date(2026, 1, 31), **facts: Any) -> VatDecision:
    inputs = VatInputs(seller_country="NL", buyer_country=buyer, supply_date=day, **facts)
    return decide_vat(inputs, standard_rates())


def test_vat_is_rounded_once_per_group_and_not_per_line() -> None:
    dutch = decided()
    three = break_down([(33, dutch)] * 3)  # 6.93 each, 20.79 together
    assert three.tax_cents == 21
    assert three.line_tax_cents == (7, 7, 7)
    assert (three.net_cents, three.gross_cents) == (99, 120)


def test_ties_go_to_the_earlier_line() -> None:
    assert spread_tax([50, 50, 50], 100) == [1, 1, 0]
    assert spread_tax([-50, -50, -50], 100) == [-1, -1, 0]


def test_amounts_that_binary_fractions_get_wrong() -> None:
    assert group_tax(2250, 2100) == 473
    assert group_tax(575, 2200) == 127
    assert group_tax(1325, 1800) == 239
    assert group_tax(-2250, 2100) == -473


def test_a_charge_and_a_credit_that_nearly_cancel_keep_their_own_vat() -> None:
    assert spread_tax([10_000, -9_990], 2100) == [2100, -2098]
    assert spread_tax([10_000, -10_000], 2100) == [2100, -2100]


def test_the_entry_has_the_shape_documents_keep() -> None:
    (entry,) = break_down([(19_900, decided())]).entries
    assert entry.to_dict() == {
        "category": "S",
        "rate": "21.00",
        "label": "VAT 21.00%",
        "taxable_cents": 19_900,
        "amount_cents": 4_179,
        "legal_note": None,
        "treatment": "domestic",
        "vatex": None,
        "country": "NL",
        "rate_id": "NL-2012-10",
        "review": False,
        "rule": "domestic",
        "law": "Directive 2006/112/EC Art. 45 and 193",
    }


def test_an_exempt_document_has_its_one_entry_with_no_tax() -> None:
    reverse = decided("DE", is_business=True, buyer_vat_number="DE158950105", evidence_state=True)
    breakdown = break_down([(10_000, reverse), (5_000, reverse)])
    (entry,) = breakdown.entries
    assert (entry.category, entry.taxable_cents, entry.amount_cents, entry.rate_id) == ("AE", 15_000, 0, None)
    assert entry.legal_note == "Reverse charge - Art. 196 EU VAT Directive"
    assert breakdown.line_tax_cents == (0, 0)


def test_two_rates_make_two_groups_and_one_rate_of_two_rows_makes_one() -> None:
    before, after = (decided("RO", day, oss_registered=True) for day in (date(2025, 7, 31), date(2025, 8, 1)))
    entries = break_down([(1000, after), (1000, before)]).entries
    assert [(entry.rate, entry.amount_cents) for entry in entries] == [("19.00", 190), ("21.00", 210)]
    spring, winter = (decided("DE", day, oss_registered=True) for day in (date(2020, 6, 30), date(2021, 1, 1)))
    (entry,) = break_down([(1000, winter), (1000, spring)]).entries
    assert (entry.amount_cents, entry.rate_id) == (380, "DE-2020+DE-2021")


def test_no_lines_no_vat() -> None:
    empty = break_down([])
    assert (empty.entries, empty.line_tax_cents, empty.gross_cents) == ((), (), 0)
