"""The VAT of a whole document: per group on the net total, then spread over its lines.

EN 16931 BR-CO-17: VAT is computed once per group on the sum of its nets, rounded half away
from zero. A line's VAT is for display only: its share of the group's, by largest remainder.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from attrs import frozen

from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.tax.vat_decision import VatDecision

_WHOLE = 10_000
_GroupKey: TypeAlias = tuple[str, int, str, str]


@frozen(kw_only=True)
class VatEntry:
    """One group of a document, in minor units: a row of ``vat_details.entries``."""

    category: str
    rate: str
    label: str
    taxable_cents: int
    amount_cents: int
    legal_note: str | None
    treatment: str
    vatex: str | None
    country: str
    rate_id: str | None
    review: bool
    rule: str
    law: str

    def to_dict(self) -> dict[str, Any]:
        """Return the row as the frozen document keeps it."""
        return {
            "category": self.category,
            "rate": self.rate,
            "label": self.label,
            "taxable_cents": self.taxable_cents,
            "amount_cents": self.amount_cents,
            "legal_note": self.legal_note,
            "treatment": self.treatment,
            "vatex": self.vatex,
            "country": self.country,
            "rate_id": self.rate_id,
            "review": self.review,
            "rule": self.rule,
            "law": self.law,
        }


@frozen(kw_only=True)
class VatBreakdown:
    """All groups of a document, each line's share in line order, and the totals, in minor units."""

    entries: tuple[VatEntry, ...]
    line_tax_cents: tuple[int, ...]
    net_cents: int
    tax_cents: int
    gross_cents: int


def break_down(lines: Iterable[tuple[int, VatDecision]]) -> VatBreakdown:
    """Return the VAT of a document's lines: each its net in minor units (negative for a credit) and its decision.

    Groups are (category, rate, treatment, country), sorted, so that the order of the lines
    changes neither entries nor totals. Each line's share lies less than one minor unit from
    its own exact VAT, and the shares sum to the group's.
    """
    taxable = tuple(lines)
    groups: dict[_GroupKey, list[int]] = {}
    for position, (_, decision) in enumerate(taxable):
        groups.setdefault(_group_key(decision), []).append(position)
    line_tax = [0] * len(taxable)
    entries = []
    for key in sorted(groups):
        nets = [taxable[position][0] for position in groups[key]]
        decisions = [taxable[position][1] for position in groups[key]]
        entries.append(_entry(sum(nets), decisions))
        shares = spread_tax(nets, decisions[0].rate_bp)
        for position, share in zip(groups[key], shares, strict=True):
            line_tax[position] = share
    net = sum(net_cents for net_cents, _ in taxable)
    tax = sum(entry.amount_cents for entry in entries)
    return VatBreakdown(
        entries=tuple(entries), line_tax_cents=tuple(line_tax), net_cents=net, tax_cents=tax, gross_cents=net + tax
    )


def group_tax(net_cents: int, rate_bp: int) -> int:
    """Return the VAT on a group's net total, rounded half away from zero (BR-CO-17)."""
    return round_half_away(net_cents * rate_bp, _WHOLE)


def spread_tax(nets: list[int], rate_bp: int, total: int | None = None) -> list[int]:
    """Spread ``group_tax`` of the nets' sum over them; ties go to the earlier line.

    ``total`` takes its place where a document states another amount: a credit note's lies up to
    one minor unit beside it, for the sake of what was credited before.

    Each line first gets its own VAT without the fraction; what the group still lacks goes, one
    minor unit each, to the largest fractions that point the same way. Unlike shares of the
    total this stays within a cent of the truth where charges and credits nearly cancel out;
    and a mirrored document gets mirrored shares.
    """
    exact = [net * rate_bp for net in nets]
    shares = [abs(tax) // _WHOLE * _sign(tax) for tax in exact]
    lacking = (group_tax(sum(nets), rate_bp) if total is None else total) - sum(shares)
    way = _sign(lacking)
    fractions = [way * (tax - share * _WHOLE) for tax, share in zip(exact, shares, strict=True)]
    for position in sorted(range(len(nets)), key=lambda each: (-fractions[each], each))[: abs(lacking)]:
        shares[position] += way
    return shares


def _group_key(decision: VatDecision) -> _GroupKey:
    return (decision.category.value, decision.rate_bp, decision.treatment.value, decision.country)


def _entry(net: int, decisions: list[VatDecision]) -> VatEntry:
    first = decisions[0]
    # The same rate from two rows of the table (a cut that ended) is one group: EN 16931 knows rates, not rows.
    rows = sorted({decision.rate_id for decision in decisions if decision.rate_id is not None})
    return VatEntry(
        category=first.category.value,
        rate=first.rate,
        label=first.label,
        taxable_cents=net,
        amount_cents=group_tax(net, first.rate_bp),
        legal_note=_smallest(decision.legal_note for decision in decisions),
        treatment=first.treatment.value,
        vatex=_smallest(decision.vatex for decision in decisions),
        country=first.country,
        rate_id="+".join(rows) or None,
        review=any(decision.review for decision in decisions),
        rule=first.rule,
        law=first.law,
    )


def _smallest(texts: Iterable[str | None]) -> str | None:
    """Return one text for the group, the same whatever the order of its lines."""
    return min((text for text in texts if text is not None), default=None)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
