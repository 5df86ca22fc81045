"""What is told of invoices and payments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from attrs import frozen

from scaicontrol_core.delivery.payloads.payload import Payload


@frozen(kw_only=True)
class InvoiceIssued(Payload):
    """The document has its legal number."""

    number: str
    document_type: Annotated[str, "invoice, or self_billed: what the operator writes for a partner."]
    issue_date: date
    due_date: date | None
    currency: str
    net_cents: int
    tax_cents: int
    gross_cents: int


@frozen(kw_only=True)
class CreditNoteIssued(Payload):
    """A credit note has its legal number; its amounts are negative."""

    number: str
    issue_date: date
    currency: str
    net_cents: int
    tax_cents: int
    gross_cents: int
    referenced_invoice_id: Annotated[str, "The invoice of which it takes something back."]
    referenced_number: str | None
    reason: str | None


@frozen(kw_only=True)
class InvoiceSent(Payload):
    """The document was handed over for the first time."""

    number: str | None
    sent_at: datetime


@frozen(kw_only=True)
class InvoiceVoided(Payload):
    """The document was voided."""

    number: Annotated[str | None, "null: it was a draft."]
    currency: str
    gross_cents: int
    reason: str


@frozen(kw_only=True)
class InvoicePaid(Payload):
    """Nothing is open any more."""

    number: str | None
    currency: str
    gross_cents: int
    open_cents: int
    paid_at: datetime


@frozen(kw_only=True)
class InvoiceOverdue(Payload):
    """The due date has passed, and something is open."""

    number: str | None
    currency: str
    open_cents: int
    due_date: date


@frozen(kw_only=True)
class PaymentTold(Payload):
    """What every event of a payment tells; amounts are positive."""

    payment_id: str
    invoice_id: str
    kind: str
    method: str
    provider: str | None
    amount_cents: int
    currency: str
    received_on: date
    reference: str | None


@frozen(kw_only=True)
class PaymentFailed(PaymentTold):
    """The money will not come."""

    failure_code: Annotated[str | None, "Why, in the provider's words or the operator's."]


@frozen(kw_only=True)
class PaymentRefunded(PaymentTold):
    """Money was given back."""

    refunded_payment_id: str | None
    credit_note_id: str | None


@frozen(kw_only=True)
class PaymentDisputed(PaymentTold):
    """The payer had its bank take a payment back."""

    disputed_payment_id: str | None
