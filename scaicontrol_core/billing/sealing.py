"""The few microseconds under a series' lock: a number, a place in the chain, the canonical text."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from scaicontrol_core.billing.creditor_reference import creditor_reference

if TYPE_CHECKING:
    from scaicontrol_core.billing.frozen_document import FrozenDocument
    from scaicontrol_core.billing.line import InvoiceLine
    from scaicontrol_core.billing.numbering import NumberSeries


@frozen(kw_only=True)
class Freezing:
    """Everything finalization adds, computed before and during the short numbering lock.

    ``sequence`` is the number's position in its series; ``chain_hash`` covers the chain so far.
    ``lines`` are the document's, where they are not the draft's (None: they are).
    """

    document: FrozenDocument
    canonical: str
    sequence: int
    fiscal_year: int
    chain_hash: str
    at: datetime
    request_id: str | None = None
    lines: tuple[InvoiceLine, ...] | None = None


def seal(document: FrozenDocument, series: NumberSeries, at: datetime) -> Freezing:
    """Give a document, complete but for its number, the next one of the locked series."""
    sequence = series.next_number
    number = series.take(document.issue_date)
    numbered = evolve(
        document, number=number, payment_reference=number, creditor_reference=_creditor_reference(document, number)
    )
    canonical = numbered.canonical()
    return Freezing(
        document=numbered,
        canonical=canonical,
        sequence=sequence,
        fiscal_year=series.key.fiscal_year,
        chain_hash=series.link(canonical),
        at=at,
    )


def _creditor_reference(document: FrozenDocument, number: str) -> str | None:
    """Return the reference of a euro transfer to the seller's account; nobody transfers for a credit note."""
    is_transfer = document.currency == "EUR" and document.seller.iban is not None
    return creditor_reference(number) if is_transfer and document.totals.payable_cents > 0 else None
