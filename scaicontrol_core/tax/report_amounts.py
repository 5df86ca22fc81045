"""What tax reports read of a frozen document: its amounts by VAT group and day of supply.

Amounts are in the seller's currency (``vat_accounting`` where the document has another) or, for
the One Stop Shop, in the document's own. They sum to the document's totals to the minor unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from attrs import frozen

from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.tax.exchange_rates import CrossRate

Document = Mapping[str, Any]


@frozen
class Amount:
    """One VAT group of a document on one day of supply, in minor units of the document's reported currency."""

    treatment: str
    category: str
    country: str
    rate: str
    supply_date: date
    net_cents: int
    tax_cents: int


@frozen(kw_only=True)
class DocumentAmounts:
    """A document as reports see it; ``net_cents`` and ``tax_cents`` are its own totals, to tie out against.

    ``oss_registered`` is what was so when it was issued, None if it does not say. ``voided_on`` is
    the seller's local day.
    """

    issue_date: date
    voided_on: date | None
    currency: str
    net_cents: int
    tax_cents: int
    buyer_vat_number: str | None
    oss_registered: bool | None
    amounts: tuple[Amount, ...]


def read_amounts(document: Document, *, voided_at: datetime | None, own_currency: bool) -> DocumentAmounts:
    """Return the document's amounts, in the seller's currency if ``own_currency``, else in its own."""
    rate = CrossRate.of_document(document) if own_currency else None
    stated = document["vat_accounting"] if rate else None
    totals = stated or document["totals"]
    entries: Sequence[Document] = document["vat_details"]["entries"]
    sums: Sequence[Document] = stated["entries"] if stated else entries
    lines = _by_group(document["lines"])
    issued = date.fromisoformat(document["issue_date"])
    return DocumentAmounts(
        issue_date=issued,
        voided_on=local_date(voided_at, document["seller"]["timezone"]) if voided_at else None,
        currency=stated["currency"] if stated else document["currency"],
        net_cents=totals["net_cents"],
        tax_cents=totals["tax_cents"],
        buyer_vat_number=document["buyer"]["vat_number"],
        oss_registered=(document["vat_details"].get("inputs") or {}).get("oss_registered"),
        amounts=tuple(
            amount
            for entry, summed in zip(entries, sums, strict=True)
            for amount in _amounts(entry, summed, lines.get(_group(entry)) or {issued: [0, 0]}, rate)
        ),
    )


def _by_group(lines: Sequence[Document]) -> dict[tuple[str, int], dict[date, list[int]]]:
    """Return net and VAT of the lines by VAT group and day of supply."""
    groups: dict[tuple[str, int], dict[date, list[int]]] = {}
    for line in lines:
        days = groups.setdefault((line["category"], line["rate_bp"]), {})
        amounts = days.setdefault(date.fromisoformat(line["supply_date"]), [0, 0])
        amounts[0] += line["net_cents"]
        amounts[1] += line["tax_cents"]
    return groups


def _group(entry: Document) -> tuple[str, int]:
    return entry["category"], int(entry["rate"].replace(".", ""))


def _amounts(
    entry: Document, summed: Document, days: Mapping[date, Sequence[int]], rate: CrossRate | None
) -> tuple[Amount, ...]:
    nets = _parts([net for net, _ in days.values()], summed["taxable_cents"], rate)
    taxes = _parts([tax for _, tax in days.values()], summed["amount_cents"], rate)
    group = (entry["treatment"], entry["category"], entry["country"], entry["rate"])
    return tuple(Amount(*group, day, net, tax) for day, net, tax in zip(days, nets, taxes, strict=True))


def _parts(own: Sequence[int], total: int, rate: CrossRate | None) -> list[int]:
    """Return the days' shares of a group's total: converted sums so far, so that the last day takes the rest."""
    parts: list[int] = []
    reached = converted = 0
    for amount in own[:-1]:
        reached += amount
        share = (rate.convert(reached) if rate else reached) - converted
        converted += share
        parts.append(share)
    return [*parts, total - converted]
