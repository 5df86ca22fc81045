"""Invoice events. The audit log has them all; what concerns a customer has public topics too."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class InvoiceDrafted(Event):
    """A draft was written."""

    action: ClassVar[str] = "invoice.drafted"
    resource_type: ClassVar[str] = "invoice"


@frozen(kw_only=True)
class InvoiceEdited(Event):
    """A draft was changed."""

    action: ClassVar[str] = "invoice.edited"
    resource_type: ClassVar[str] = "invoice"


@frozen(kw_only=True)
class InvoiceFinalized(Event):
    """The document has its legal number. Amounts in minor units of ``currency``."""

    action: ClassVar[str] = "invoice.finalized"
    topic: ClassVar[str | None] = "invoice.issued.v1"
    resource_type: ClassVar[str] = "invoice"

    number: str
    document_type: str
    issue_date: str
    due_date: date | None
    currency: str
    net_cents: int
    tax_cents: int
    gross_cents: int


@frozen(kw_only=True)
class InvoiceTakenBack(Event):
    """A credit note took back some of the invoice, or the rest of it. Amounts in minor units of ``currency``."""

    action: ClassVar[str] = "invoice.credited"
    resource_type: ClassVar[str] = "invoice"

    credit_note_id: str
    currency: str
    net_cents: int
    tax_cents: int
    open_cents: int


@frozen(kw_only=True)
class CreditNoteIssued(Event):
    """A credit note has its legal number. Amounts are negative, in minor units of ``currency``."""

    action: ClassVar[str] = "credit_note.issued"
    topic: ClassVar[str | None] = "credit_note.issued.v1"
    resource_type: ClassVar[str] = "invoice"

    number: str
    issue_date: str
    currency: str
    net_cents: int
    tax_cents: int
    gross_cents: int
    referenced_invoice_id: str
    referenced_number: str | None
    reason: str | None


@frozen(kw_only=True)
class InvoiceVoided(Event):
    """The document was voided; its number and record stay. The amount is in minor units of ``currency``."""

    action: ClassVar[str] = "invoice.voided"
    topic: ClassVar[str | None] = "invoice.voided.v1"
    resource_type: ClassVar[str] = "invoice"

    number: str | None
    currency: str
    gross_cents: int
    reason: str


@frozen(kw_only=True)
class InvoiceSendRequested(Event):
    """Somebody wants the document sent; the request has a history of its own."""

    action: ClassVar[str] = "invoice.send_requested"
    resource_type: ClassVar[str] = "invoice"

    send_id: str
    recipients: list[str]


@frozen(kw_only=True)
class InvoiceSent(Event):
    """The document was handed over for the first time."""

    action: ClassVar[str] = "invoice.sent"
    topic: ClassVar[str | None] = "invoice.sent.v1"
    resource_type: ClassVar[str] = "invoice"

    number: str | None
    sent_at: str


@frozen(kw_only=True)
class InvoiceMoneyMoved(Event):
    """What every event of one payment tells. Amounts in minor units of ``currency``."""

    resource_type: ClassVar[str] = "invoice"

    payment_id: str
    currency: str
    amount_cents: int
    balance_cents: int

    @property
    def idempotency_key(self) -> str:
        """Name the payment: several may be counted at once."""
        return f"invoice:{self.resource_id}:{self.action.rpartition('.')[2]}:{self.payment_id}"


@frozen(kw_only=True)
class InvoicePaymentReceived(InvoiceMoneyMoved):
    """Money arrived for the invoice."""

    action: ClassVar[str] = "invoice.payment_received"


@frozen(kw_only=True)
class InvoicePaymentReturned(InvoiceMoneyMoved):
    """Money that had arrived left again: refunded or charged back."""

    action: ClassVar[str] = "invoice.payment_returned"


@frozen(kw_only=True)
class InvoicePaymentFailed(InvoiceMoneyMoved):
    """A scheduled payment failed."""

    action: ClassVar[str] = "invoice.payment_failed"


@frozen(kw_only=True)
class InvoicePaid(Event):
    """Nothing is open any more: by payments, credit notes or both. Amounts in minor units of ``currency``."""

    action: ClassVar[str] = "invoice.paid"
    topic: ClassVar[str | None] = "invoice.paid.v1"
    resource_type: ClassVar[str] = "invoice"

    number: str | None
    currency: str
    gross_cents: int
    open_cents: int
    paid_at: datetime


@frozen(kw_only=True)
class InvoiceReopened(Event):
    """What was paid is owed again, for money of it was given or taken back."""

    action: ClassVar[str] = "invoice.reopened"
    resource_type: ClassVar[str] = "invoice"

    number: str | None
    currency: str
    gross_cents: int
    open_cents: int


@frozen(kw_only=True)
class InvoiceOverdue(Event):
    """The due date has passed in the seller's zone, and something is still open."""

    action: ClassVar[str] = "invoice.overdue"
    topic: ClassVar[str | None] = "invoice.overdue.v1"
    resource_type: ClassVar[str] = "invoice"

    number: str | None
    currency: str
    open_cents: int
    due_date: date


@frozen(kw_only=True)
class InvoiceDocumentRendered(Event):
    """A PDF of the document was stored."""

    action: ClassVar[str] = "invoice.document_rendered"
    resource_type: ClassVar[str] = "invoice"

    revision: int
    sha256: str


@frozen(kw_only=True)
class InvoiceDocumentFailed(Event):
    """The PDF could not be made; ``code`` is the error's."""

    action: ClassVar[str] = "invoice.document_failed"
    resource_type: ClassVar[str] = "invoice"

    code: str


@frozen(kw_only=True)
class BillingRunStarted(Event):
    """A billing run began."""

    action: ClassVar[str] = "billing_run.started"
    resource_type: ClassVar[str] = "billing_run"


@frozen(kw_only=True)
class BillingRunFinished(Event):
    """A billing run ended; counts, and how many tenants failed."""

    action: ClassVar[str] = "billing_run.finished"
    resource_type: ClassVar[str] = "billing_run"

    invoices: int
    failures: int
