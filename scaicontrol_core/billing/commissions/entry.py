"""One document as it counts for its partner's commission."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from attrs import frozen

from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.tenancy.seller import BASIS_POINTS


class EntryKind(StrEnum):
    """What about a document earns, or takes back."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    CANCELLATION = "cancellation"
    """The document was voided after all: it counts once more, with the sign turned."""


@frozen(kw_only=True)
class Earning:
    """A document that no statement has yet; ``day`` decides its month (the seller's calendar).

    ``net_cents`` is negative where it takes back. ``rated_by`` names the document whose rate counts:
    what is taken back is taken back at the rate at which it was earned.
    """

    invoice_id: InvoiceId
    kind: EntryKind
    day: date
    number: str
    issue_date: date
    customer: str
    currency: str
    net_cents: int
    rated_by: InvoiceId


@frozen(kw_only=True)
class CommissionEntry:
    """A row of a statement: the document, its net, the rate in basis points, and what that earns.

    Amounts are minor units of the statement's currency; the commission is rounded once, here.
    """

    invoice_id: InvoiceId
    kind: EntryKind
    day: date
    number: str
    issue_date: date
    customer: str
    net_cents: int
    rate_bp: int
    commission_cents: int

    @classmethod
    def of(cls, earning: Earning, rate_bp: int) -> CommissionEntry:
        """Return what the document earns at a rate."""
        return cls(
            invoice_id=earning.invoice_id,
            kind=earning.kind,
            day=earning.day,
            number=earning.number,
            issue_date=earning.issue_date,
            customer=earning.customer,
            net_cents=earning.net_cents,
            rate_bp=rate_bp,
            commission_cents=commission_of(earning.net_cents, rate_bp),
        )


def commission_of(net_cents: int, rate_bp: int) -> int:
    """Return ``net × rate`` in minor units, rounded once."""
    return round_half_away(net_cents * rate_bp, BASIS_POINTS)
