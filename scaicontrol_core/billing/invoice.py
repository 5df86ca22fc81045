"""The invoice: editable as a draft, immutable once it has its number."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from scaicontrol_core.billing.credit_note import Credited
from scaicontrol_core.billing.errors import CreditNoteFinal, DueDateInvalid, InvoiceCredited, InvoiceImmutable
from scaicontrol_core.billing.events import (
    CreditNoteIssued,
    InvoiceDocumentFailed,
    InvoiceDocumentRendered,
    InvoiceDrafted,
    InvoiceEdited,
    InvoiceFinalized,
    InvoiceSendRequested,
    InvoiceSent,
    InvoiceTakenBack,
    InvoiceVoided,
)
from scaicontrol_core.billing.lifecycle import INVOICE_LIFECYCLE, DocumentType, InvoiceStatus, PdfStatus
from scaicontrol_core.billing.line import InvoiceLine, sorted_by_date
from scaicontrol_core.kernel.clock import rfc3339
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder, to_json
from scaicontrol_core.kernel.ids import InvoiceId, LineId, PartnerId, RunId, TenantId
from scaicontrol_core.kernel.party import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_core.billing.sealing import Freezing
    from scaicontrol_core.kernel.period import Period

MAX_LINES = 1000
_EDITABLE = ("lines", "notes", "buyer_reference", "invoice_date", "due_date", "period", "currency")
_S = InvoiceStatus


@define(kw_only=True, eq=False)
class Invoice(Recorder):
    """One document of a seller for a buyer (tenant).

    ``partner_id`` is the tenant's own partner, who sees the row; ``seller_id`` the partner in
    whose name and series it is issued: the same, or the operator for a partner that passes through.

    A draft holds lines and wishes (``invoice_date``, ``due_date``, ``notes``); everything
    legal comes with ``finalize``: number, dates, snapshots, VAT, chain hash, frozen text.
    Amounts are minor units of ``currency``; a credit note's are negative, and it names the
    invoice it takes back (``referenced_invoice_id``) and why. ``credited`` is an invoice's own
    account of what its credit notes took back.
    """

    id: InvoiceId
    partner_id: PartnerId
    tenant_id: TenantId
    seller_id: PartnerId
    currency: str
    created_at: datetime
    document_type: DocumentType = DocumentType.INVOICE
    status: InvoiceStatus = InvoiceStatus.DRAFT
    lines: tuple[InvoiceLine, ...] = ()
    period: Period | None = None
    notes: str | None = None
    buyer_reference: str | None = None
    invoice_date: date | None = None
    due_date: date | None = None
    run_id: RunId | None = None
    referenced_invoice_id: InvoiceId | None = None
    reason: str | None = None
    credited: Credited = field(factory=Credited)
    number: str | None = None
    sequence: int | None = None
    fiscal_year: int | None = None
    issue_date: date | None = None
    net_cents: int = 0
    tax_cents: int = 0
    gross_cents: int = 0
    frozen_document: str | None = None
    chain_hash: str | None = None
    finalized_at: datetime | None = None
    sent_at: datetime | None = None
    paid_at: datetime | None = None
    voided_at: datetime | None = None
    void_reason: str | None = None
    pdf_status: PdfStatus = PdfStatus.NONE
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def is_draft(self) -> bool:
        """Tell whether it can still be edited."""
        return self.status is _S.DRAFT

    @property
    def lines_net_cents(self) -> int:
        """The sum of the lines' net amounts."""
        return sum(line.net_cents for line in self.lines)

    @property
    def document(self) -> dict[str, Any] | None:
        """The frozen document as JSON values (``scaicontrol.document/1``), or None for a draft."""
        return json.loads(self.frozen_document) if self.frozen_document is not None else None

    @property
    def buyer_name(self) -> str | None:
        """Whom the frozen document addresses, or None for a draft."""
        document = self.document
        return document["buyer"]["company_name"] if document is not None else None

    @property
    def open_cents(self) -> int:
        """What of an issued invoice neither a payment nor credit notes settled, in minor units; else 0."""
        is_owed = self.document_type is DocumentType.INVOICE and self.status in (_S.FINALIZED, _S.SENT, _S.PAST_DUE)
        return self.gross_cents - self.credited.gross_cents if is_owed else 0

    def allowed_moves(self) -> tuple[InvoiceStatus, ...]:
        """Return the states that may follow, for answers that offer actions."""
        targets = INVOICE_LIFECYCLE.targets(self.status)
        return tuple(sorted(targets - {_S.VOID} if self._counts_for_credit else targets))

    # -- verbs -------------------------------------------------------------------------------

    def record_draft(self) -> None:
        """Note in the audit log that the draft exists."""
        self.net_cents = self.lines_net_cents
        self._record(InvoiceDrafted(**self._subject(), changes={"lines": (None, len(self.lines))}))

    def edit(self, **changes: Any) -> None:  # the draft's own fields, checked below
        """Change fields of a draft: lines (replaced whole), notes, references, dates, period, currency.

        Raises ``InvoiceImmutable`` for anything but a draft, ``Invalid`` (``field_unknown``,
        ``too_many_lines``, ``due_date_invalid``); nothing is changed then.
        """
        self._require_draft()
        for name in changes:
            if name not in _EDITABLE:
                raise Invalid.field(f"/{name}", "This field of a draft cannot be edited.", code="field_unknown")
        _check_draft({name: changes.get(name, getattr(self, name)) for name in _EDITABLE})
        before = self._editable()
        for name, value in changes.items():
            setattr(self, name, value)
        self.net_cents = self.lines_net_cents
        after = self._editable()
        differing = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
        if differing:
            self._record(InvoiceEdited(**self._subject(), changes=differing))

    def reorder(self, order: Sequence[LineId]) -> None:
        """Put the lines in the given order; it names each line exactly once."""
        self._require_draft()
        by_id = {line.id: line for line in self.lines}
        if len(order) != len(by_id) or set(order) != set(by_id):
            raise Invalid.field("/line_ids", "Name each line of the draft exactly once.", code="line_order_invalid")
        self.edit(lines=tuple(by_id[line_id] for line_id in order))

    def sort_by_date(self) -> None:
        """Sort the lines by the ``DD-MM-YYYY`` their descriptions begin with."""
        self._require_draft()
        self.edit(lines=sorted_by_date(self.lines))

    def finalize(self, frozen_as: Freezing) -> None:
        """Give the draft its legal number and freeze it for ever."""
        self._move(_S.FINALIZED)
        document = frozen_as.document
        before, self.lines = self.lines, frozen_as.lines or self.lines
        self.number, self.sequence, self.fiscal_year = document.number, frozen_as.sequence, frozen_as.fiscal_year
        self.issue_date, self.due_date = document.issue_date, document.due_date
        self.net_cents, self.tax_cents = document.totals.net_cents, document.totals.tax_cents
        self.gross_cents = document.totals.gross_cents
        self.frozen_document, self.chain_hash = frozen_as.canonical, frozen_as.chain_hash
        self.finalized_at = frozen_as.at
        moved = {"status": (_S.DRAFT.value, self.status.value)} | self._pdf_is(PdfStatus.PENDING)
        if self.lines != before:  # divided at a change of the VAT rate
            moved["lines"] = (to_json(before), to_json(self.lines))
        told: dict[str, Any] = {
            **self._subject(),
            "changes": moved,
            "request_id": frozen_as.request_id,
            "number": document.number,
            "issue_date": document.issue_date.isoformat(),
            "currency": self.currency,
            "net_cents": self.net_cents,
            "tax_cents": self.tax_cents,
            "gross_cents": self.gross_cents,
        }
        if self.referenced_invoice_id is None:
            self._record(InvoiceFinalized(**told))
        else:
            refers: dict[str, Any] = {"referenced_invoice_id": self.referenced_invoice_id, "reason": self.reason}
            self._record(CreditNoteIssued(**told, **refers, referenced_number=document.referenced_number))

    def take_back(self, credited: Credited, note_id: InvoiceId) -> None:
        """Note what a credit note takes back: all that was credited after it, this note included.

        The status stays. Whoever credits the same rest at the same time finds this one's version.
        """
        before, self.credited = self.credited, evolve(credited, note_ids=(*self.credited.note_ids, note_id))
        self._record(
            InvoiceTakenBack(
                **self._subject(),
                changes={"credited": (to_json(before), to_json(self.credited))},
                credit_note_id=note_id,
                currency=self.currency,
                net_cents=self.credited.net_cents - before.net_cents,
                tax_cents=self.credited.tax_cents - before.tax_cents,
                open_cents=self.open_cents,
            )
        )

    def void(self, reason: str, at: datetime) -> None:
        """Void it; a number and its record stay. The reason is mandatory.

        A credit note is the usual way to undo a numbered invoice. Neither a credit note nor an
        invoice that has one is voided (``CreditNoteFinal``, ``InvoiceCredited``).
        """
        if self.document_type is DocumentType.CREDIT_NOTE:
            raise CreditNoteFinal(self.number)
        if self._counts_for_credit:
            raise InvoiceCredited(self.number)
        text = clean_text(reason, "/reason", max_length=500, min_length=1)
        before = self.status.value
        self._move(_S.VOID)
        self.voided_at, self.void_reason = at, text
        moved = {"status": (before, self.status.value)}
        self._record(InvoiceVoided(**self._subject(), changes=moved, number=self.number, reason=text))

    def request_send(self, send_id: str, recipients: Sequence[str]) -> None:
        """Note that somebody wants it sent."""
        self._record(InvoiceSendRequested(**self._subject(), send_id=send_id, recipients=list(recipients)))

    def mark_sent(self, at: datetime) -> None:
        """Note its first hand-over; one that was sent, or is past that, stays as it is."""
        if self.status is not _S.FINALIZED:
            return
        self._move(_S.SENT)
        self.sent_at = at
        moved = {"status": (_S.FINALIZED.value, self.status.value), "sent_at": (None, to_json(at))}
        self._record(InvoiceSent(**self._subject(), changes=moved, number=self.number, sent_at=rfc3339(at)))

    def document_ready(self, revision: int, sha256: str) -> None:
        """Note that a PDF of the frozen document is stored."""
        moved = self._pdf_is(PdfStatus.READY)
        self._record(InvoiceDocumentRendered(**self._subject(), changes=moved, revision=revision, sha256=sha256))

    def document_failed(self, code: str) -> None:
        """Note that the PDF can't be made until somebody mends its template or text."""
        moved = self._pdf_is(PdfStatus.FAILED)
        self._record(InvoiceDocumentFailed(**self._subject(), changes=moved, code=code))

    # -- inside ------------------------------------------------------------------------------

    @property
    def _counts_for_credit(self) -> bool:
        return self.document_type is DocumentType.CREDIT_NOTE or bool(self.credited.note_ids)

    def _move(self, target: InvoiceStatus) -> None:
        INVOICE_LIFECYCLE.require(self.status, target)
        self.status = target

    def _pdf_is(self, now: PdfStatus) -> dict[str, tuple[str, str]]:
        before, self.pdf_status = self.pdf_status, now
        return {"pdf_status": (before.value, now.value)}

    def _require_draft(self) -> None:
        if not self.is_draft:
            raise InvoiceImmutable(self.number, self.status.value)

    def _editable(self) -> dict[str, Any]:
        return {name: to_json(getattr(self, name)) for name in _EDITABLE}

    def _subject(self) -> dict[str, Any]:
        return {
            "resource_id": self.id,
            "partner_id": self.partner_id,
            "tenant_id": self.tenant_id,
            "ordinal": self.version + 1,
        }


def _check_draft(wanted: Mapping[str, Any]) -> None:
    if len(wanted["lines"]) > MAX_LINES:
        raise Invalid.field("/lines", f"At most {MAX_LINES} lines.", code="too_many_lines")
    if wanted["invoice_date"] and wanted["due_date"] and wanted["due_date"] < wanted["invoice_date"]:
        raise DueDateInvalid.before(wanted["invoice_date"])
