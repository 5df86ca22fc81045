"""Over all its periods a report holds every cent of every document it is about, once, whatever came when."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.billing.foreign_currency import vat_accounting
from scaicontrol_core.tax.breakdown import group_tax, spread_tax
from scaicontrol_core.tax.exchange_rates import CrossRate
from scaicontrol_core.tax.one_stop_shop import place_oss
from scaicontrol_core.tax.report_amounts import DocumentAmounts, read_amounts
from scaicontrol_core.tax.report_periods import PeriodKind, ReportPeriod, declared_in, parse_period, period_of
from scaicontrol_core.tax.report_sums import Gathering, Place
from scaicontrol_core.tax.reports import place_sales, place_vat

FIRST, LAST = date(2024, 1, 1), date(2028, 12, 31)
DAYS = st.dates(FIRST, LAST)
GROUPS = [
    ("domestic", "S", "NL", 2100),
    ("destination", "S", "FR", 2000),
    ("destination", "S", "FI", 2550),
    ("reverse_charge", "AE", "DE", 0),
    ("outside_eu", "G", "US", 0),
]
PLACES: dict[str, Place] = {"vat": place_vat, "sales": place_sales, "oss": place_oss(registered=True)}
TREATMENTS = {
    "vat": {"domestic", "destination", "reverse_charge", "outside_eu"},
    "sales": {"reverse_charge"},
    "oss": {"destination"},
}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """An invoice or credit note of one treatment, with lines of several days, perhaps in dollars."""
    treatment, category, country, rate_bp = draw(st.sampled_from(GROUPS))
    supplies = draw(st.lists(st.tuples(st.integers(-(10**8), 10**8), DAYS), min_size=1, max_size=5))
    nets = [net for net, _ in supplies]
    entry = {
        "treatment": treatment,
        "category": category,
        "country": country,
        "rate": f"{rate_bp // 100}.{rate_bp % 100:02}",
        "taxable_cents": sum(nets),
        "amount_cents": group_tax(sum(nets), rate_bp),
    }
    rate = draw(st.none() | st.decimals("0.01", "20000", places=4))
    accounting = None
    if rate is not None:
        crossed = CrossRate(source="ECB", day=FIRST, currency="USD", own_currency="EUR", per_euro=rate)
        accounting = vat_accounting(crossed, [entry])
        # A credit note's part of a rounded total may be a cent beside its own conversion.
        for row, total in (("taxable_cents", "net_cents"), ("amount_cents", "tax_cents")):
            cent = draw(st.integers(-1, 1))
            accounting["entries"][0][row] += cent
            accounting[total] += cent
    issued = draw(DAYS)
    return {
        "issue_date": issued.isoformat(),
        "seller": {"timezone": "Europe/Amsterdam"},
        "currency": "EUR" if rate is None else "USD",
        "buyer": {"vat_number": draw(st.sampled_from(["DE129273398", "EL094259216"]))},
        "totals": {"net_cents": entry["taxable_cents"], "tax_cents": entry["amount_cents"]},
        "lines": [
            {"category": category, "rate_bp": rate_bp, "net_cents": net, "tax_cents": tax, "supply_date": str(day)}
            for (net, day), tax in zip(supplies, spread_tax(nets, rate_bp), strict=True)
        ],
        "vat_details": {"entries": [entry], "evidence": None, "inputs": {"oss_registered": True}},
        "vat_accounting": accounting,
        "voided": draw(st.none() | st.none() | st.dates(issued, LAST)),
    }


def read(document: dict[str, Any], report: str) -> DocumentAmounts:
    voided = document["voided"]
    voided_at = None if voided is None else datetime(voided.year, voided.month, voided.day, 12, tzinfo=UTC)
    return read_amounts(document, voided_at=voided_at, own_currency=report != "oss")


def periods(kind: PeriodKind) -> Iterator[ReportPeriod]:
    period = period_of(FIRST, kind)
    while period.start <= LAST + timedelta(days=366):
        yield period
        period = period_of(period.end, kind)


def gathered(documents: list[dict[str, Any]], report: str, period: ReportPeriod) -> Gathering:
    gathering = Gathering(period, PLACES[report])
    for document in documents:
        gathering.add(read(document, report))
    return gathering


@given(st.lists(documents(), max_size=6), st.sampled_from(sorted(PLACES)), st.sampled_from(PeriodKind))
def test_every_cent_is_in_exactly_one_period(found: list[dict[str, Any]], report: str, kind: PeriodKind) -> None:
    declared: Counter[str] = Counter()
    for period in periods(kind):
        gathering = gathered(found, report, period)
        assert gathering.tie_out().ties
        for (_, _, currency), total in gathering.rows.items():
            declared.update({f"{currency} net": total.net_cents, f"{currency} tax": total.tax_cents})
    owed: Counter[str] = Counter()
    for document in found:
        amounts = read(document, report)
        if document["voided"] is None and document["vat_details"]["entries"][0]["treatment"] in TREATMENTS[report]:
            owed.update({f"{amounts.currency} net": amounts.net_cents, f"{amounts.currency} tax": amounts.tax_cents})
    assert {name: cents for name, cents in declared.items() if cents} == {
        name: cents for name, cents in owed.items() if cents
    }


@given(st.lists(documents(), max_size=6), st.sampled_from(sorted(PLACES)), st.sampled_from(PeriodKind), DAYS)
def test_a_return_that_was_due_never_changes_whatever_is_voided_later(
    found: list[dict[str, Any]], report: str, kind: PeriodKind, today: date
) -> None:
    """What was known on a day gives the returns that were due before it, and so does what is known ever after."""
    known = [
        document | {"voided": document["voided"] if document["voided"] and document["voided"] <= today else None}
        for document in found
        if date.fromisoformat(document["issue_date"]) <= today
    ]
    for period in periods(kind):
        if period.due_on < today:
            then, now = (_cents(gathered(each, report, period)) for each in (known, found))
            assert then == now


def _cents(gathering: Gathering) -> dict[Any, tuple[int, int]]:
    rows = {key: (total.net_cents, total.tax_cents) for key, total in gathering.rows.items()}
    return {key: amounts for key, amounts in rows.items() if any(amounts)}


@given(documents())
def test_a_documents_amounts_sum_to_its_totals(document: dict[str, Any]) -> None:
    for report in PLACES:
        amounts = read(document, report)
        assert sum(each.net_cents for each in amounts.amounts) == amounts.net_cents
        assert sum(each.tax_cents for each in amounts.amounts) == amounts.tax_cents
        assert len({each.supply_date for each in amounts.amounts}) == len(amounts.amounts)


@given(st.lists(documents(), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_documents_changes_nothing(found: list[dict[str, Any]], chance: random.Random) -> None:
    shuffled = chance.sample(found, len(found))
    for period in (parse_period("2026-Q1", PeriodKind.QUARTER), parse_period("2026", PeriodKind.YEAR)):
        one, other = gathered(found, "vat", period), gathered(shuffled, "vat", period)
        assert (one.rows, one.tie_out()) == (other.rows, other.tie_out())


@given(DAYS, DAYS, st.sampled_from(PeriodKind))
def test_nothing_is_added_to_a_period_after_its_return_was_due(supplied: date, issued: date, kind: PeriodKind) -> None:
    period, corrected = declared_in(supplied, issued, kind)
    assert issued <= period.due_on
    if corrected is None:
        assert period == period_of(supplied, kind)
    else:
        assert corrected == period_of(supplied, kind)
        assert corrected.due_on < issued
        assert period == period_of(issued, kind)
        assert corrected < period


def test_periods_follow_each_other_without_a_gap() -> None:
    first = {kind: [period.name for period in periods(kind)][:5] for kind in PeriodKind}
    assert first == {
        PeriodKind.MONTH: ["2024-01", "2024-02", "2024-03", "2024-04", "2024-05"],
        PeriodKind.QUARTER: ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1"],
        PeriodKind.YEAR: ["2024", "2025", "2026", "2027", "2028"],
    }
    for kind in PeriodKind:
        assert all(before.end == after.start for before, after in pairwise(periods(kind)))
    assert [period.due_on for period in periods(PeriodKind.QUARTER)][:2] == [date(2024, 4, 30), date(2024, 7, 31)]
    assert parse_period("2023-12", PeriodKind.MONTH).due_on == date(2024, 1, 31)
    assert parse_period("2024-01", PeriodKind.MONTH).due_on == date(2024, 2, 29)
    assert parse_period("2026-Q3", PeriodKind.QUARTER).shop_name == "Q3.2026"
