"""How an invoice is settled: what arrives for it, what is given back, and when it is paid or overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from scaicontrol_core.billing.errors import NotPayable, RefundExceedsPayments
from scaicontrol_core.billing.events import (
    InvoiceOverdue,
    InvoicePaid,
    InvoicePaymentFailed,
    InvoicePaymentReceived,
    InvoicePaymentReturned,
    InvoiceReopened,
    InvoiceSent,
)
from scaicontrol_core.billing.invoice_state import InvoiceState
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.kernel.clock import rfc3339
from scaicontrol_core.kernel.events import to_json

if TYPE_CHECKING:
    from datetime import date, datetime

_S = InvoiceStatus


@define(kw_only=True, eq=False)
class Settlement(InvoiceState):
    """The verbs that change what is owed. One rule decides: an invoice that was sent is ``paid`` while nothing is open.

    What arrives before it is sent counts; it is paid then as soon as it is sent.
    """

    def mark_sent(self, at: datetime) -> None:
        """Note its first hand-over; one that was sent, or is past that, stays as it is."""
        if self.status is not _S.FINALIZED:
            return
        self._move(_S.SENT)
        self.sent_at = at
        moved = {"status": (_S.FINALIZED.value, self.status.value), "sent_at": (None, to_json(at))}
        self._record(InvoiceSent(**self._subject(), changes=moved, number=self.number, sent_at=rfc3339(at)))
        self._settle(at)

    def receive(self, payment_id: str, amount_cents: int, at: datetime) -> None:
        """Count a payment that arrived; what exceeds the open amount is left to the customer's credit.

        Raises ``NotPayable`` for a draft, a void invoice, a credit note.
        """
        self.require_payable()
        before, self.paid_cents = self.paid_cents, self.paid_cents + amount_cents
        told = self._told(payment_id, amount_cents, {"paid_cents": (before, self.paid_cents)})
        self._record(InvoicePaymentReceived(**told))
        self._settle(at)

    def give_back(self, payment_id: str, amount_cents: int, at: datetime) -> None:
        """Count money that left again, by a refund or a chargeback; what is owed again makes it past due.

        Raises ``RefundExceedsPayments`` for more than was paid and not given back yet.
        """
        if amount_cents > self.refundable_cents:
            raise RefundExceedsPayments(self.number, self.refundable_cents, self.currency)
        before, self.refunded_cents = self.refunded_cents, self.refunded_cents + amount_cents
        told = self._told(payment_id, amount_cents, {"refunded_cents": (before, self.refunded_cents)})
        self._record(InvoicePaymentReturned(**told))
        self._settle(at)

    def note_failed_payment(self, payment_id: str, amount_cents: int, at: datetime) -> None:
        """Note that a scheduled payment failed; it stays owed. Raises ``NotPayable``."""
        self.require_payable()
        before, self.payment_failed_at = self.payment_failed_at, at
        told = self._told(payment_id, amount_cents, {"payment_failed_at": (to_json(before), to_json(at))})
        self._record(InvoicePaymentFailed(**told))

    def mark_overdue(self, today: date) -> bool:
        """Make what was sent past due when its due date has passed on the seller's day; tell whether it was."""
        if self.status is not _S.SENT or self.due_date is None or self.due_date >= today or not self.open_cents:
            return False
        self._move(_S.PAST_DUE)
        moved = {"status": (_S.SENT.value, self.status.value)}
        self._record(
            InvoiceOverdue(
                **self._subject(),
                changes=moved,
                number=self.number,
                currency=self.currency,
                open_cents=self.open_cents,
                due_date=self.due_date,
            )
        )
        return True

    def require_payable(self) -> None:
        """Raise ``NotPayable`` for what nobody can owe."""
        if self.is_draft:
            raise NotPayable("A draft is not owed yet.", code="invoice_not_finalized", hint="Finalize it first.")
        if self.document_type.is_credit_note:
            raise NotPayable(f"{self.number} is a credit note: nobody pays it.")
        if self.status is _S.VOID:
            raise NotPayable(f"Invoice {self.number} is void: nothing is owed on it.", code="invoice_void")

    # -- inside ------------------------------------------------------------------------------

    def _settle(self, at: datetime) -> None:
        """Close what was sent once nothing is open; open what was paid once something is owed again."""
        if self.document_type.is_credit_note:
            return
        if self.status in (_S.SENT, _S.PAST_DUE) and not self.open_cents:
            moved = self._moved_to(_S.PAID, at)
            self._record(InvoicePaid(**self._owed(moved), paid_at=at))
        elif self.status is _S.PAID and self.open_cents:
            moved = self._moved_to(_S.PAST_DUE, None)
            self._record(InvoiceReopened(**self._owed(moved)))

    def _moved_to(self, target: InvoiceStatus, paid_at: datetime | None) -> dict[str, tuple[Any, Any]]:
        before, paid_before = self.status.value, self.paid_at
        self._move(target)
        self.paid_at = paid_at
        return {"status": (before, target.value), "paid_at": (to_json(paid_before), to_json(paid_at))}

    def _owed(self, changes: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
        return {
            **self._subject(),
            "changes": changes,
            "number": self.number,
            "currency": self.currency,
            "gross_cents": self.gross_cents,
            "open_cents": self.open_cents,
        }

    def _told(self, payment_id: str, amount_cents: int, changes: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
        return {
            **self._subject(),
            "changes": changes,
            "payment_id": payment_id,
            "currency": self.currency,
            "amount_cents": amount_cents,
            "balance_cents": self.balance_cents,
        }
