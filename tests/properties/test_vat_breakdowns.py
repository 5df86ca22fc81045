"""What holds for the VAT of every document."""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.tax import VatDecision, VatInputs, break_down, decide_vat, standard_rates
from scaicontrol_core.tax.breakdown import group_tax, spread_tax


def _decision(buyer: str, day: date, *, verified: bool = False) -> VatDecision:
    inputs = VatInputs(
        seller_country="NL",
        buyer_country=buyer,
        supply_date=day,
        oss_registered=True,
        is_business=verified,
        buyer_vat_number="DE158950105" if verified else None,
        evidence_state=verified,
    )
    return decide_vat(inputs, standard_rates())


DECISIONS = [
    _decision("NL", date(2026, 1, 1)),
    _decision("DE", date(2020, 6, 30)),
    _decision("DE", date(2020, 7, 1)),
    _decision("DE", date(2021, 1, 1)),
    _decision("FI", date(2026, 1, 1)),
    _decision("US", date(2026, 1, 1)),
    _decision("DE", date(2026, 1, 1), verified=True),
]
nets = st.integers(-(10**9), 10**9) | st.integers(-200, 200)
documents = st.lists(st.tuples(nets, st.sampled_from(DECISIONS)), max_size=30)
rates = st.sampled_from([0, 850, 1600, 1700, 1900, 2100, 2550, 2700])


@given(documents)
def test_totals_add_up_and_each_group_is_rounded_once(lines: list[tuple[int, VatDecision]]) -> None:
    breakdown = break_down(lines)
    assert (
        breakdown.net_cents == sum(net for net, _ in lines) == sum(entry.taxable_cents for entry in breakdown.entries)
    )
    assert breakdown.tax_cents == sum(entry.amount_cents for entry in breakdown.entries)
    assert breakdown.gross_cents == breakdown.net_cents + breakdown.tax_cents
    assert sum(breakdown.line_tax_cents) == breakdown.tax_cents
    for entry in breakdown.entries:
        rate_bp = round(Fraction(entry.rate) * 100)
        assert entry.amount_cents == round_half_away(entry.taxable_cents * rate_bp, 10_000)
    assert len({(entry.category, entry.rate, entry.treatment, entry.country) for entry in breakdown.entries}) == len(
        breakdown.entries
    )


@given(documents)
def test_the_lines_of_a_group_sum_to_the_group(lines: list[tuple[int, VatDecision]]) -> None:
    breakdown = break_down(lines)
    by_group: Counter[tuple[str, str, str]] = Counter()
    for (_, decision), tax in zip(lines, breakdown.line_tax_cents, strict=True):
        by_group[decision.category, decision.rate, decision.country] += tax
    for entry in breakdown.entries:
        assert by_group[entry.category, entry.rate, entry.country] == entry.amount_cents


@given(st.lists(nets, min_size=1, max_size=30), rates)
def test_a_line_s_share_is_less_than_a_cent_from_its_own_vat(amounts: list[int], rate_bp: int) -> None:
    shares = spread_tax(amounts, rate_bp)
    assert sum(shares) == group_tax(sum(amounts), rate_bp)
    for net, share in zip(amounts, shares, strict=True):
        assert abs(Fraction(net * rate_bp, 10_000) - share) < 1


@given(st.data(), documents)
def test_the_order_of_lines_changes_neither_entries_nor_totals(
    data: st.DataObject, lines: list[tuple[int, VatDecision]]
) -> None:
    shuffled = data.draw(st.permutations(lines))
    before, after = break_down(lines), break_down(shuffled)
    assert (after.entries, after.net_cents, after.tax_cents) == (before.entries, before.net_cents, before.tax_cents)


@given(st.lists(nets, max_size=12, unique_by=abs), rates, st.randoms(use_true_random=False))
def test_the_order_of_lines_moves_a_cent_only_between_lines_that_tie(
    amounts: list[int], rate_bp: int, random: object
) -> None:
    shuffled = list(amounts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before = dict(zip(amounts, spread_tax(amounts, rate_bp), strict=True))
    after = dict(zip(shuffled, spread_tax(shuffled, rate_bp), strict=True))
    moved = [net for net in amounts if before[net] != after[net]]
    fractions = {Fraction(net * rate_bp, 10_000) % 1 for net in moved}
    assert len(fractions) <= 1


@given(documents)
def test_a_full_credit_mirrors_its_invoice_to_the_cent(lines: list[tuple[int, VatDecision]]) -> None:
    invoice = break_down(lines)
    credit = break_down([(-net, decision) for net, decision in lines])
    assert credit.line_tax_cents == tuple(-tax for tax in invoice.line_tax_cents)
    assert (credit.net_cents, credit.tax_cents) == (-invoice.net_cents, -invoice.tax_cents)
    assert [entry.amount_cents for entry in credit.entries] == [-entry.amount_cents for entry in invoice.entries]
