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
