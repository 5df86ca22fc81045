"""Which credit note matches a refund of some amount: whole lines from the first, and a part of the next. Pure."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from typing import TYPE_CHECKING

from attrs import evolve

from scaicontrol_core.billing.credit_note import LineCredit
from scaicontrol_core.billing.crediting import credit_of, creditable
from scaicontrol_core.payments.errors import CreditNoteMismatch

if TYPE_CHECKING:
    from scaicontrol_core.billing.credit_note import NewCreditNote
    from scaicontrol_core.billing.invoice import Invoice


class _NoIds:
    """Ids of lines that are thrown away."""

    def new(self, prefix: str) -> str:
        """Return the prefix."""
        return prefix


def matching_note(invoice: Invoice, wanted: NewCreditNote, gross_cents: int) -> NewCreditNote:
    """Return the credit note of exactly that gross amount; one that names its lines stays as it is.

    Lines that take something off are passed over. Raises ``CreditNoteMismatch``, naming the nearest amount,
    where VAT leaves no net amount that comes to it, and what ``credit_of`` raises.
    """
    creditable(invoice)
    if wanted.lines is not None or _gross(invoice, wanted) == gross_cents:
        return wanted
    whole: list[LineCredit] = []
    nearest = 0
    for position, line in enumerate(invoice.lines, 1):
        left = line.net_cents - invoice.credited.of_line(position).net_cents
        if left <= 0:
            continue
        with_it = evolve(wanted, lines=(*whole, LineCredit(position=position)))
        nearest = _gross(invoice, with_it)
        if nearest == gross_cents:
            return with_it
        if nearest < gross_cents:
            whole.append(LineCredit(position=position))
            continue
        parts = _Parts(invoice, wanted, whole, position)
        net = bisect_left(range(left), gross_cents, lo=1, key=parts.gross)
        if net < left and (nearest := parts.gross(net)) == gross_cents:
            return parts.note(net)
        break
    raise CreditNoteMismatch(gross_cents, nearest)


class _Parts:
    """Credit notes of some whole lines and a part of another."""

    def __init__(self, invoice: Invoice, wanted: NewCreditNote, whole: list[LineCredit], position: int) -> None:
        self._invoice, self._wanted, self._whole, self._position = invoice, wanted, whole, position

    def note(self, net_cents: int) -> NewCreditNote:
        """Return the one with so much of the part."""
        return evolve(self._wanted, lines=(*self._whole, LineCredit(position=self._position, net_cents=net_cents)))

    def gross(self, net_cents: int) -> int:
        """Return what it comes to."""
        return _gross(self._invoice, self.note(net_cents))


def _gross(invoice: Invoice, wanted: NewCreditNote) -> int:
    return -credit_of(invoice, wanted, invoice.issue_date or date.min, _NoIds()).document.totals.gross_cents
