"""Invoice events. No public topic carries them yet; the audit log does."""

from __future__ import annotations

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
    resource_type: ClassVar[str] = "invoice"

    number: str
    issue_date: str
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
    """The document was voided; its number and record stay."""

    action: ClassVar[str] = "invoice.voided"
    resource_type: ClassVar[str] = "invoice"

    number: str | None
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
    resource_type: ClassVar[str] = "invoice"

    number: str | None
    sent_at: str


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
