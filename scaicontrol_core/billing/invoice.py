"""The invoice: editable as a draft, immutable once it has its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, evolve

from scaicontrol_core.billing.errors import (
    CreditNoteFinal,
    DueDateInvalid,
    InvoiceCredited,
    InvoiceHasPayments,
    InvoiceImmutable,
)
from scaicontrol_core.billing.events import (
    CreditNoteIssued,
    InvoiceDocumentFailed,
    InvoiceDocumentRendered,
    InvoiceDrafted,
    InvoiceEdited,
    InvoiceFinalized,
    InvoiceSendRequested,
    InvoiceTakenBack,
    InvoiceVoided,
)
from scaicontrol_core.billing.lifecycle import InvoiceStatus, PdfStatus
from scaicontrol_core.billing.line import sorted_by_date
from scaicontrol_core.billing.settlement import Settlement
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.party import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from scaicontrol_core.billing.credit_note import Credited
    from scaicontrol_core.billing.sealing import Freezing
    from scaicontrol_core.kernel.ids import InvoiceId, LineId

MAX_LINES = 1000
_EDITABLE = ("lines", "notes", "buyer_reference", "invoice_date", "due_date", "period", "currency")
_S = InvoiceStatus


@define(kw_only=True, eq=False)
class Invoice(Settlement):
    """One document of a seller for a buyer: a tenant, or a partner.

    ``partner_id`` is the tenant's own partner, who sees the row; ``seller_id`` the partner in
    whose name and series it is issued: the same, or the operator for a partner that passes through.

    A draft holds lines and wishes (``invoice_date``, ``due_date``, ``notes``); everything
    legal comes with ``finalize``: number, dates, snapshots, VAT, chain hash, frozen text.
    Amounts are minor units of ``currency``; a credit note's are negative, and it names the
    invoice it takes back (``referenced_invoice_id``) and why. ``credited`` is an invoice's own
    account of what its credit notes took back.
    """

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
            kind: dict[str, Any] = {"document_type": self.document_type.value, "due_date": self.due_date}
            self._record(InvoiceFinalized(**told, **kind))
        else:
            refers: dict[str, Any] = {"referenced_invoice_id": self.referenced_invoice_id, "reason": self.reason}
            self._record(CreditNoteIssued(**told, **refers, referenced_number=document.referenced_number))

    def take_back(self, credited: Credited, note_id: InvoiceId, at: datetime) -> None:
        """Note what a credit note takes back: all that was credited after it, this note included.

        One that was sent is paid if that leaves nothing open; else the status stays. Whoever credits
        the same rest at the same time finds this one's version.
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
        self._settle(at)

    def void(self, reason: str, at: datetime) -> None:
        """Void it; a number and its record stay. The reason is mandatory.

        A credit note is the usual way to undo a numbered invoice. Neither a credit note nor an
        invoice that has one, or money of the customer's, is voided (``CreditNoteFinal``,
        ``InvoiceCredited``, ``InvoiceHasPayments``).
        """
        if self.document_type.is_credit_note:
            raise CreditNoteFinal(self.number)
        if self._counts_for_credit:
            raise InvoiceCredited(self.number)
        if self.refundable_cents:
            raise InvoiceHasPayments(self.number)
        text = clean_text(reason, "/reason", max_length=500, min_length=1)
        before = self.status.value
        self._move(_S.VOID)
        self.voided_at, self.void_reason = at, text
        moved = {"status": (before, self.status.value)}
        amount: dict[str, Any] = {"currency": self.currency, "gross_cents": self.gross_cents}
        self._record(InvoiceVoided(**self._subject(), changes=moved, number=self.number, **amount, reason=text))

    def request_send(self, send_id: str, recipients: Sequence[str]) -> None:
        """Note that somebody wants it sent."""
        self._record(InvoiceSendRequested(**self._subject(), send_id=send_id, recipients=list(recipients)))

    def document_ready(self, revision: int, sha256: str) -> None:
        """Note that a PDF of the frozen document is stored."""
        moved = self._pdf_is(PdfStatus.READY)
        self._record(InvoiceDocumentRendered(**self._subject(), changes=moved, revision=revision, sha256=sha256))

    def document_failed(self, code: str) -> None:
        """Note that the PDF can't be made until somebody mends its template or text."""
        moved = self._pdf_is(PdfStatus.FAILED)
        self._record(InvoiceDocumentFailed(**self._subject(), changes=moved, code=code))

    # -- inside ------------------------------------------------------------------------------

    def _pdf_is(self, now: PdfStatus) -> dict[str, tuple[str, str]]:
        before, self.pdf_status = self.pdf_status, now
        return {"pdf_status": (before.value, now.value)}

    def _require_draft(self) -> None:
        if not self.is_draft:
            raise InvoiceImmutable(self.number, self.status.value)

    def _editable(self) -> dict[str, Any]:
        return {name: to_json(getattr(self, name)) for name in _EDITABLE}


def _check_draft(wanted: Mapping[str, Any]) -> None:
    if len(wanted["lines"]) > MAX_LINES:
        raise Invalid.field("/lines", f"At most {MAX_LINES} lines.", code="too_many_lines")
    if wanted["invoice_date"] and wanted["due_date"] and wanted["due_date"] < wanted["invoice_date"]:
        raise DueDateInvalid.before(wanted["invoice_date"])
