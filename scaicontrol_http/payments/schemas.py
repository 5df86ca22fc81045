"""Bodies and answers of payments. Amounts are positive, in minor units of the invoice's currency."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.kernel.checks import Findings, choice
from scaicontrol_core.kernel.ids import PaymentId
from scaicontrol_core.payments.balances import Balance
from scaicontrol_core.payments.lifecycle import PaymentMethod
from scaicontrol_core.payments.payment import Payment
from scaicontrol_core.payments.payment_input import NewFailedPayment, NewPayment, NewRefund
from scaicontrol_core.payments.recording import RecordedPayment
from scaicontrol_core.payments.use_cases.record_refund import RecordedRefund
from scaicontrol_http.billing.credit_note_schemas import CreditNoteBody
from scaicontrol_http.billing.schemas import InvoiceAnswer
from scaicontrol_http.requests import Answer, Body

_method = choice(PaymentMethod)


class MarkPaidBody(Body):
    """How the open amount came; without a day, today; ``reference`` is the bank's own, one of a kind."""

    method: str = PaymentMethod.BANK_TRANSFER.value
    received_on: date | None = None
    reference: str | None = None
    provider: str | None = None

    def wanted(self) -> NewPayment:
        """Return the core's value."""
        return NewPayment(**_means(self))


class PaymentBody(MarkPaidBody, kw_only=True):
    """Money that arrived, in full, in part or too much."""

    amount_cents: int
    currency: str | None = None

    def wanted(self) -> NewPayment:
        """Return the core's value."""
        return NewPayment(**_means(self), amount_cents=self.amount_cents, currency=self.currency)


class FailedPaymentBody(Body, kw_only=True):
    """A payment that was tried and failed, and why, in the provider's words; without an amount all that is open."""

    failure_code: str
    amount_cents: int | None = None
    method: str = PaymentMethod.CARD.value
    received_on: date | None = None
    reference: str | None = None
    provider: str | None = None

    def wanted(self) -> NewFailedPayment:
        """Return the core's value."""
        return NewFailedPayment(**_means(self), failure_code=self.failure_code, amount_cents=self.amount_cents)


class RefundBody(Body):
    """Money given back; without an amount all that is left, or as much of it as the credit note takes back.

    ``payment_id`` says of which payment: without it, of the newest that has enough left.
    """

    amount_cents: int | None = None
    payment_id: str | None = None
    received_on: date | None = None
    reference: str | None = None
    credit_note: CreditNoteBody | None = None

    def wanted(self) -> NewRefund:
        """Return the core's value."""
        return NewRefund(
            amount_cents=self.amount_cents,
            payment_id=PaymentId(self.payment_id) if self.payment_id else None,
            received_on=self.received_on,
            reference=self.reference,
            credit_note=None if self.credit_note is None else _note(self.credit_note),
        )


class PaymentAnswer(Answer):
    """An entry of the ledger; a refund or chargeback names the payment that it gives back in ``payment_id``."""

    id: str
    invoice_id: str
    tenant_id: str | None
    partner_id: str
    seller_id: str
    kind: str
    method: str
    status: str
    amount_cents: int
    returned_cents: int
    currency: str
    received_on: date
    provider: str | None
    reference: str | None
    payment_id: str | None
    credit_note_id: str | None
    failure_code: str | None
    created_at: datetime
    settled_at: datetime | None

    @classmethod
    def of(cls, payment: Payment) -> PaymentAnswer:
        """Show an entry."""
        return cls(
            id=payment.id,
            invoice_id=payment.invoice_id,
            tenant_id=payment.tenant_id,
            partner_id=payment.partner_id,
            seller_id=payment.seller_id,
            kind=payment.kind.value,
            method=payment.method.value,
            status=payment.status.value,
            amount_cents=payment.amount_cents,
            returned_cents=payment.returned_cents,
            currency=payment.currency,
            received_on=payment.received_on,
            provider=payment.provider,
            reference=payment.reference,
            payment_id=payment.payment_id,
            credit_note_id=payment.credit_note_id,
            failure_code=payment.failure_code,
            created_at=payment.created_at,
            settled_at=payment.settled_at,
        )


class RecordedAnswer(Answer):
    """What was recorded, and the invoice after it."""

    payment: PaymentAnswer
    invoice: InvoiceAnswer

    @classmethod
    def of(cls, recorded: RecordedPayment) -> RecordedAnswer:
        """Show both."""
        return cls(payment=PaymentAnswer.of(recorded.payment), invoice=InvoiceAnswer.of(recorded.invoice))


class RefundAnswer(Answer):
    """The refund, the invoice after it, and the credit note if one was wanted."""

    refund: PaymentAnswer
    invoice: InvoiceAnswer
    credit_note: InvoiceAnswer | None

    @classmethod
    def of(cls, recorded: RecordedRefund) -> RefundAnswer:
        """Show all three."""
        note = recorded.credit_note
        return cls(
            refund=PaymentAnswer.of(recorded.refund),
            invoice=InvoiceAnswer.of(recorded.invoice),
            credit_note=None if note is None else InvoiceAnswer.of(note),
        )


class BalanceAnswer(Answer):
    """A customer's account with one seller in one currency; ``credit_cents`` is its own, overpaid or credited."""

    seller_id: str
    currency: str
    open_cents: int
    overdue_cents: int
    credit_cents: int

    @classmethod
    def of(cls, balance: Balance) -> BalanceAnswer:
        """Show a balance."""
        return cls(
            seller_id=balance.seller_id,
            currency=balance.currency,
            open_cents=balance.open_cents,
            overdue_cents=balance.overdue_cents,
            credit_cents=balance.credit_cents,
        )


class AgedAnswer(Answer):
    """Open amounts by days past due, and what customers have to their credit, in no other sum."""

    currency: str
    invoices: int
    not_due_cents: int
    days_1_30_cents: int
    days_31_60_cents: int
    days_61_90_cents: int
    over_90_cents: int
    open_cents: int
    credit_cents: int


class AgedBuyerAnswer(AgedAnswer):
    """One customer, a tenant or a partner, in one currency."""

    tenant_id: str | None
    buyer_partner_id: str | None
    buyer_name: str


class AgeingAnswer(Answer):
    """A seller's receivables at the end of a day; ``ties``: every balance is what its invoice says (today's only)."""

    seller_id: str
    seller_name: str
    as_of: date
    rows: list[AgedBuyerAnswer]
    totals: list[AgedAnswer]
    ties: bool | None


def _means(body: MarkPaidBody | FailedPaymentBody) -> dict[str, Any]:
    return {
        "method": _method(body.method, "/method"),
        "received_on": body.received_on,
        "reference": body.reference,
        "provider": body.provider,
    }


def _note(body: CreditNoteBody) -> NewCreditNote | None:
    findings = Findings()
    wanted = findings.attempt(partial(CreditNoteBody.wanted, body), at="/credit_note")
    findings.raise_if_any()
    return wanted
