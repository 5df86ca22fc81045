"""The samples have the frozen document's own shape, so that what passes with them passes in earnest."""

from __future__ import annotations

from datetime import date
from typing import Any

from scaicontrol_core.billing.frozen_document import (
    BuyerSnapshot,
    FrozenDocument,
    FrozenLine,
    FrozenTotals,
    SellerSnapshot,
)
from scaicontrol_core.documents import invoice_context
from scaicontrol_core.testing.documents import sample_invoice

_DAYS = ("issue_date", "due_date", "period_start", "period_end", "supply_date")


def typed(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: date.fromisoformat(value) if name in _DAYS and value else value for name, value in facts.items()}


def test_a_frozen_document_reads_like_its_sample() -> None:
    sample = sample_invoice()
    shared = {"schema", "seller", "buyer", "lines", "vat_details", "totals", "template"}
    frozen = FrozenDocument(
        **typed({name: value for name, value in sample.items() if name not in shared}),
        seller=SellerSnapshot(**sample["seller"]),
        buyer=BuyerSnapshot(**sample["buyer"]),
        lines=tuple(FrozenLine(**typed(line)) for line in sample["lines"]),
        vat_entries=tuple(sample["vat_details"]["entries"]),
        totals=FrozenTotals(**sample["totals"]),
    )
    assert frozen.to_dict() == sample
    assert invoice_context(frozen.to_dict()) == invoice_context(sample)
