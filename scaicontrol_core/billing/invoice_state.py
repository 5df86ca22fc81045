"""What an invoice is: its fields, what is owed on it, and the moves that all its verbs share."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from scaicontrol_core.billing.credit_note import Credited
from scaicontrol_core.billing.errors import PartnerDocument
from scaicontrol_core.billing.lifecycle import INVOICE_LIFECYCLE, DocumentType, InvoiceStatus, PdfStatus
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, RunId, TenantId

if TYPE_CHECKING:
    from scaicontrol_core.billing.line import InvoiceLine
    from scaicontrol_core.kernel.period import Period

_S = InvoiceStatus


@define(kw_only=True, eq=False)
class InvoiceState(Recorder):
    """The state of an invoice, without its verbs: those stand in the classes above it.

    Its buyer is a tenant (``tenant_id``), or a partner (``buyer_partner_id``): one of the two. What passes
    between the operator and a partner has no tenant, and no tenant sees it.

    ``paid_cents`` sums the payments that arrived, ``refunded_cents`` what was given or taken back of
    them (refunds, chargebacks); both only count what has succeeded. ``payment_failed_at`` is when a
    scheduled payment failed last.
    """

    id: InvoiceId
    partner_id: PartnerId
    tenant_id: TenantId | None
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
    buyer_partner_id: PartnerId | None = None
    referenced_invoice_id: InvoiceId | None = None
    reason: str | None = None
    credited: Credited = field(factory=Credited)
    paid_cents: int = 0
    refunded_cents: int = 0
    payment_failed_at: datetime | None = None
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
    def customer_id(self) -> TenantId:
        """The tenant that is billed; ``PartnerDocument`` for what passes between the operator and a partner."""
        if self.tenant_id is None:
            raise PartnerDocument(self.number)
        return self.tenant_id

    @property
    def issuer_id(self) -> PartnerId:
        """Who writes it: the seller or, of a self-billed one, its buyer."""
        by_buyer = self.buyer_partner_id if self.document_type.is_self_billed else None
        return by_buyer or self.seller_id

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
    def balance_cents(self) -> int:
        """Total − payments + refunds − credit notes of an invoice that stands, in minor units; else 0.

        Below 0 is the customer's: paid or credited beyond what is owed.
        """
        if self.document_type.is_credit_note or self.status in (_S.DRAFT, _S.VOID):
            return 0
        return self.gross_cents - self.paid_cents + self.refunded_cents - self.credited.gross_cents

    @property
    def open_cents(self) -> int:
        """What is still owed on it, in minor units."""
        return max(self.balance_cents, 0)

    @property
    def credit_cents(self) -> int:
        """What it leaves to the customer's credit, in minor units."""
        return max(-self.balance_cents, 0)

    @property
    def refundable_cents(self) -> int:
        """What was paid and not given back yet, in minor units."""
        return self.paid_cents - self.refunded_cents

    def allowed_moves(self) -> tuple[InvoiceStatus, ...]:
        """Return the states that may follow, for answers that offer actions."""
        targets = INVOICE_LIFECYCLE.targets(self.status)
        return tuple(sorted(targets - {_S.VOID} if self._counts_for_credit else targets))

    # -- inside ------------------------------------------------------------------------------

    @property
    def _counts_for_credit(self) -> bool:
        return self.document_type.is_credit_note or bool(self.credited.note_ids)

    def _move(self, target: InvoiceStatus) -> None:
        INVOICE_LIFECYCLE.require(self.status, target)
        self.status = target

    def _subject(self) -> dict[str, Any]:
        return {
            "resource_id": self.id,
            "partner_id": self.partner_id,
            "tenant_id": self.tenant_id,
            "ordinal": self.version + 1,
        }
