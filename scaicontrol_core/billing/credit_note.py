"""What a credit note takes back, and what an invoice remembers of its credit notes.

Amounts and quantities count in the direction of the invoice's own line: taking back a charge of
EUR 50.00 is ``5000``, taking back a discount of EUR 20.00 is ``-2000``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial

from attrs import Factory, frozen

from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import InvoiceId, LineId
from scaicontrol_core.kernel.party import clean_text
from scaicontrol_core.kernel.quantity import parse_decimal

MAX_REASON = 500


@frozen(kw_only=True)
class LineCredit:
    """What to take back of one line, named by its id or by its ``position`` (the first is 1).

    A net amount in minor units, or a quantity as decimal text; neither: all that is left of it.
    """

    line_id: LineId | None = None
    position: int | None = None
    net_cents: int | None = None
    quantity: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what names no line or two, takes nothing, or says how much twice."""
        if (self.line_id is None) == (self.position is None):
            raise Invalid.field("/line_id", "Name the line, by its id or its position.", code="credit_line_unnamed")
        if self.net_cents is not None and self.quantity is not None:
            raise Invalid.field("/quantity", "Say an amount or a quantity, not both.", code="credit_ambiguous")
        if self.net_cents == 0 or (self.quantity is not None and parse_decimal(self.quantity, "/quantity") == 0):
            pointer = "/net_cents" if self.net_cents == 0 else "/quantity"
            raise Invalid.field(pointer, "Nothing is no credit.", code="credit_empty")


@frozen(kw_only=True)
class NewCreditNote:
    """A credit note wanted: why, and of which lines (None: all that is left of the invoice)."""

    reason: str
    lines: tuple[LineCredit, ...] | None = None

    def __attrs_post_init__(self) -> None:
        """Clean the reason, which is mandatory; refuse a choice of no lines."""
        findings = checks.Findings()
        reason = findings.attempt(partial(clean_text, self.reason, "/reason", max_length=MAX_REASON, min_length=1))
        if self.lines is not None and not self.lines:
            findings.attempt(_no_lines)
        findings.raise_if_any()
        object.__setattr__(self, "reason", reason)


def _no_lines() -> None:
    raise Invalid.field("/lines", "Name the lines to credit, or leave this out for all of them.", code="credit_empty")


@frozen(kw_only=True)
class CreditedLine:
    """What all credit notes took back of a line: net, and the quantity where they went by quantity."""

    position: int
    net_cents: int = 0
    quantity: Decimal = Decimal(0)


@frozen(kw_only=True)
class Credited:
    """What all credit notes took back of an invoice, in minor units, and which notes they are."""

    net_cents: int = 0
    tax_cents: int = 0
    lines: tuple[CreditedLine, ...] = ()
    note_ids: tuple[InvoiceId, ...] = Factory(tuple)

    @property
    def gross_cents(self) -> int:
        """Net plus VAT."""
        return self.net_cents + self.tax_cents

    def of_line(self, position: int) -> CreditedLine:
        """Return what was taken back of a line."""
        return next((line for line in self.lines if line.position == position), CreditedLine(position=position))

    def with_lines(self, taken: Iterable[CreditedLine]) -> tuple[CreditedLine, ...]:
        """Return the lines after taking back some more of some, by position."""
        after: Mapping[int, CreditedLine] = {line.position: line for line in self.lines} | {
            more.position: CreditedLine(
                position=more.position,
                net_cents=self.of_line(more.position).net_cents + more.net_cents,
                quantity=self.of_line(more.position).quantity + more.quantity,
            )
            for more in taken
        }
        return tuple(after[position] for position in sorted(after))
