"""Bodies and answers of credit notes. Amounts are minor units of the invoice's currency."""

from __future__ import annotations

from functools import partial
from typing import Any

from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.use_cases.reissue_invoice import ReissuedInvoice
from scaicontrol_core.kernel.checks import Findings
from scaicontrol_core.kernel.ids import LineId
from scaicontrol_http.billing.schemas import InvoiceAnswer
from scaicontrol_http.requests import Answer, Body


class LineCreditBody(Body):
    """What to take back of one line, named by id or position (1 is the first); neither amount nor quantity: all left.

    Figures have the sign of the invoice's own line: a discount is taken back with a negative one.
    """

    line_id: str | None = None
    position: int | None = None
    net_cents: int | None = None
    quantity: str | int | None = None

    def wanted(self) -> LineCredit:
        """Return the core's value."""
        return LineCredit(
            line_id=None if self.line_id is None else LineId(self.line_id),
            position=self.position,
            net_cents=self.net_cents,
            quantity=None if self.quantity is None else str(self.quantity),
        )


class CreditNoteBody(Body):
    """Why, and of which lines; without lines, all that is left."""

    reason: str
    lines: list[LineCreditBody] | None = None

    def wanted(self) -> NewCreditNote:
        """Return the core's value; ``Invalid`` names every wrong field of every line."""
        findings = Findings()
        lines = [
            findings.attempt(partial(LineCreditBody.wanted, line), at=f"/lines/{index}")
            for index, line in enumerate(self.lines or ())
        ]
        findings.raise_if_any()
        chosen = tuple(line for line in lines if line is not None)
        return NewCreditNote(reason=self.reason, lines=None if self.lines is None else chosen)


class CreditNotePreview(Answer):
    """The credit note as it would be; its number is empty."""

    document: dict[str, Any]


class ReissueBody(Body):
    """Why; ``finalize`` numbers the new invoice at once, else it stays a draft."""

    reason: str
    finalize: bool = False


class ReissueAnswer(Answer):
    """The invoice that was credited, the credit note, and what stands in its place."""

    original: InvoiceAnswer
    credit_note: InvoiceAnswer
    invoice: InvoiceAnswer

    @classmethod
    def of(cls, done: ReissuedInvoice) -> ReissueAnswer:
        """Show all three."""
        return cls(
            original=InvoiceAnswer.of(done.original),
            credit_note=InvoiceAnswer.of(done.credit_note),
            invoice=InvoiceAnswer.of(done.invoice),
        )
