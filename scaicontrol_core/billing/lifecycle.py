"""The invoice's one transition table: the union of the origin's two pages, and what a chargeback opens again."""

from __future__ import annotations

from enum import StrEnum

from scaicontrol_core.kernel.lifecycle import Lifecycle


class InvoiceStatus(StrEnum):
    """Where an invoice stands; ``void`` is final, and ``paid`` is unless money is taken or given back."""

    DRAFT = "draft"
    FINALIZED = "finalized"
    SENT = "sent"
    PAST_DUE = "past_due"
    PAID = "paid"
    VOID = "void"


class DocumentType(StrEnum):
    """What kind of document it is; each kind has number series of its own."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    SELF_BILLED_INVOICE = "self_billed_invoice"
    """The buyer wrote it in the seller's name (Directive 2006/112/EC art. 224)."""
    SELF_BILLED_CREDIT_NOTE = "self_billed_credit_note"

    @property
    def is_credit_note(self) -> bool:
        """Tell whether it takes back."""
        return self in (DocumentType.CREDIT_NOTE, DocumentType.SELF_BILLED_CREDIT_NOTE)

    @property
    def is_self_billed(self) -> bool:
        """Tell whether the buyer wrote it."""
        return self in (DocumentType.SELF_BILLED_INVOICE, DocumentType.SELF_BILLED_CREDIT_NOTE)

    @property
    def paper(self) -> DocumentType:
        """What it is to whoever reads it, whoever wrote it: an invoice or a credit note."""
        return DocumentType.CREDIT_NOTE if self.is_credit_note else DocumentType.INVOICE

    @property
    def credit_note(self) -> DocumentType:
        """What takes back a document of this type."""
        return DocumentType.SELF_BILLED_CREDIT_NOTE if self.is_self_billed else DocumentType.CREDIT_NOTE


class PdfStatus(StrEnum):
    """Whether the document's PDF exists yet; numbering never waits for it."""

    NONE = "none"
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


_S = InvoiceStatus

INVOICE_LIFECYCLE: Lifecycle[InvoiceStatus] = Lifecycle(
    name="invoice",
    initial=_S.DRAFT,
    edges={
        _S.DRAFT: frozenset({_S.FINALIZED, _S.VOID}),
        _S.FINALIZED: frozenset({_S.SENT, _S.VOID}),
        _S.SENT: frozenset({_S.PAID, _S.PAST_DUE, _S.VOID}),
        _S.PAST_DUE: frozenset({_S.PAID, _S.VOID}),
        _S.PAID: frozenset({_S.PAST_DUE}),
        _S.VOID: frozenset(),
    },
)
