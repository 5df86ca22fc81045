"""Bodies and answers of invoices. Amounts are minor units of the invoice's currency."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from msgspec import UNSET, UnsetType, field, structs

from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.quantity import plain
from scaicontrol_http.requests import Answer, Body
from scaicontrol_http.sending.schemas import SendAnswer


class LineBody(Body):
    """One line: decimals as text; the price is in cents per ``price_divisor`` units."""

    description: str
    unit_price_cents: str | int
    quantity: str | int = "1"
    price_divisor: int = 1
    unit_code: str = "C62"
    period_start: date | None = None
    period_end: date | None = None
    supply_date: date | None = None

    def typed(self, pointer: str) -> LineInput:
        """Return the core's value."""
        return LineInput(
            description=self.description,
            unit_price_cents=str(self.unit_price_cents),
            quantity=str(self.quantity),
            price_divisor=self.price_divisor,
            unit_code=self.unit_code,
            period=_period(self.period_start, self.period_end, pointer),
            supply_date=self.supply_date,
        )


class DraftBody(Body):
    """A draft's fields."""

    lines: list[LineBody] = field(default_factory=list)
    currency: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    notes: str | None = None
    buyer_reference: str | None = None
    invoice_date: date | None = None
    due_date: date | None = None


class NewInvoiceBody(DraftBody, kw_only=True):
    """A draft for a tenant."""

    tenant_id: str

    def draft(self) -> DraftInput:
        """Return the core's value."""
        return DraftInput(
            lines=tuple(line.typed(f"/lines/{index}") for index, line in enumerate(self.lines)),
            currency=self.currency,
            period=_period(self.period_start, self.period_end, ""),
            notes=self.notes,
            buyer_reference=self.buyer_reference,
            invoice_date=self.invoice_date,
            due_date=self.due_date,
        )


class DraftPatch(Body):
    """What to change of a draft; what is absent stays, null empties; lines are replaced whole."""

    lines: list[LineBody] | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    period_start: date | UnsetType | None = UNSET
    period_end: date | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    buyer_reference: str | UnsetType | None = UNSET
    invoice_date: date | UnsetType | None = UNSET
    due_date: date | UnsetType | None = UNSET

    def draft(self) -> DraftInput:
        """Return the core's value, naming the fields that were given."""
        given: dict[str, Any] = {name: value for name, value in structs.asdict(self).items() if value is not UNSET}
        if "period_start" in given or "period_end" in given:
            given["period"] = _period(given.pop("period_start", None), given.pop("period_end", None), "")
        if isinstance(self.lines, list):
            given["lines"] = tuple(line.typed(f"/lines/{index}") for index, line in enumerate(self.lines))
        return DraftInput(**given, given=frozenset(given))


def _period(start: date | None, end: date | None, pointer: str) -> Period | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        missing = "period_start" if start is None else "period_end"
        raise Invalid.field(f"{pointer}/{missing}", "A period has a start and an end.", code="period_invalid")
    return Period(start, end)


class LineOrderBody(Body):
    """The ids of a draft's lines, each once, in the order wanted."""

    line_ids: list[str]


class VoidBody(Body):
    """Why the invoice is voided; mandatory."""

    reason: str


class LineAnswer(Answer):
    """A line as drafted; its VAT stands in the frozen document."""

    id: str
    description: str
    quantity: str
    unit_code: str
    unit_price_cents: str
    price_divisor: int
    net_cents: int
    period_start: date | None
    period_end: date | None
    supply_date: date | None
    plan_key: str | None
    subscription_id: str | None

    @classmethod
    def of(cls, line: InvoiceLine) -> LineAnswer:
        """Show a line."""
        return cls(
            id=line.id,
            description=line.description,
            quantity=str(line.quantity),
            unit_code=line.unit_code,
            unit_price_cents=plain(line.unit_price.cents),
            price_divisor=line.unit_price.divisor,
            net_cents=line.net_cents,
            period_start=line.period.start if line.period else None,
            period_end=line.period.end if line.period else None,
            supply_date=line.supply_date,
            plan_key=line.plan_key,
            subscription_id=line.subscription_id,
        )


class InvoiceSummaryAnswer(Answer):
    """An invoice as lists show it.

    ``credited_cents`` is what credit notes took back of its gross amount, ``paid_cents`` what arrived and
    ``refunded_cents`` what of it left again. ``balance_cents`` is the sum of it all: what is still owed
    (``open_cents``) or, below 0, what stands to the buyer's credit. A credit note has negative amounts,
    names its invoice and says why.
    """

    id: str
    partner_id: str
    seller_id: str
    tenant_id: str | None
    buyer_partner_id: str | None
    buyer_name: str | None
    document_type: str
    status: str
    number: str | None
    issue_date: date | None
    due_date: date | None
    currency: str
    net_cents: int
    tax_cents: int
    gross_cents: int
    credited_cents: int
    paid_cents: int
    refunded_cents: int
    balance_cents: int
    open_cents: int
    pdf_status: str
    run_id: str | None
    referenced_invoice_id: str | None
    credit_note_ids: list[str]
    reason: str | None
    created_at: datetime
    finalized_at: datetime | None
    sent_at: datetime | None
    paid_at: datetime | None
    voided_at: datetime | None
    void_reason: str | None
    allowed_moves: list[str]
    version: int

    @classmethod
    def of(cls, invoice: Invoice) -> InvoiceSummaryAnswer:
        """Show an invoice without its lines."""
        return cls(**_summary(invoice))


class InvoiceAnswer(InvoiceSummaryAnswer):
    """An invoice, whole. The four frozen parts are null for a draft; ``sends`` stands where one is read.

    ``warnings`` stands where one was finalized that does not show all the law asks for.
    """

    invoice_date: date | None
    period_start: date | None
    period_end: date | None
    notes: str | None
    buyer_reference: str | None
    lines: list[LineAnswer]
    seller_snapshot: dict[str, Any] | None
    buyer_snapshot: dict[str, Any] | None
    vat_details: dict[str, Any] | None
    document: dict[str, Any] | None
    chain_hash: str | None
    sends: list[SendAnswer] | UnsetType = UNSET
    warnings: list[str] | UnsetType = UNSET

    @classmethod
    def of(cls, invoice: Invoice) -> InvoiceAnswer:
        """Show an invoice."""
        document = invoice.document
        return cls(
            **_summary(invoice),
            invoice_date=invoice.invoice_date,
            period_start=invoice.period.start if invoice.period else None,
            period_end=invoice.period.end if invoice.period else None,
            notes=invoice.notes,
            buyer_reference=invoice.buyer_reference,
            lines=[LineAnswer.of(line) for line in invoice.lines],
            seller_snapshot=document["seller"] if document else None,
            buyer_snapshot=document["buyer"] if document else None,
            vat_details=document["vat_details"] if document else None,
            document=document,
            chain_hash=invoice.chain_hash,
        )


def _summary(invoice: Invoice) -> dict[str, Any]:
    return {
        "id": invoice.id,
        "partner_id": invoice.partner_id,
        "seller_id": invoice.seller_id,
        "tenant_id": invoice.tenant_id,
        "buyer_partner_id": invoice.buyer_partner_id,
        "buyer_name": invoice.buyer_name,
        "document_type": invoice.document_type.value,
        "status": invoice.status.value,
        "number": invoice.number,
        "issue_date": invoice.issue_date,
        "due_date": invoice.due_date,
        "currency": invoice.currency,
        "net_cents": invoice.net_cents,
        "tax_cents": invoice.tax_cents,
        "gross_cents": invoice.gross_cents,
        "credited_cents": invoice.credited.gross_cents,
        "paid_cents": invoice.paid_cents,
        "refunded_cents": invoice.refunded_cents,
        "balance_cents": invoice.balance_cents,
        "open_cents": invoice.open_cents,
        "pdf_status": invoice.pdf_status.value,
        "run_id": invoice.run_id,
        "referenced_invoice_id": invoice.referenced_invoice_id,
        "credit_note_ids": list(invoice.credited.note_ids),
        "reason": invoice.reason,
        "created_at": invoice.created_at,
        "finalized_at": invoice.finalized_at,
        "sent_at": invoice.sent_at,
        "paid_at": invoice.paid_at,
        "voided_at": invoice.voided_at,
        "void_reason": invoice.void_reason,
        "allowed_moves": [move.value for move in invoice.allowed_moves()],
        "version": invoice.version,
    }


class VoidAnswer(Answer):
    """The voided invoice, and a warning if it had a number."""

    invoice: InvoiceAnswer
    warning: str | None
