"""Routes of the next invoice: what a tenant will be charged, as things stand."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import get
from litestar.params import FromPath

from scaicontrol_core.billing.frozen_document import FrozenDocument, FrozenLine
from scaicontrol_core.billing.use_cases.read_upcoming_invoice import ReadUpcomingInvoice, UpcomingInvoice
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.requests import Answer
from scaicontrol_http.tenancy.routes import own_tenant


class UpcomingLineAnswer(Answer):
    """A line to come; ``quantity`` and ``unit_price_cents`` (per ``price_divisor`` units) are exact decimals."""

    position: int
    description: str
    quantity: str
    unit_code: str
    unit_price_cents: str
    price_divisor: int
    net_cents: int
    period_start: date | None
    period_end: date | None
    plan_key: str | None

    @classmethod
    def of(cls, line: FrozenLine) -> UpcomingLineAnswer:
        """Show a line."""
        return cls(**{name: getattr(line, name) for name in cls.__struct_fields__})


class UpcomingDocumentAnswer(Answer):
    """One document to come; it has no number yet. ``vat`` holds its groups, as invoices do."""

    currency: str
    due_date: date
    lines: list[UpcomingLineAnswer]
    vat: list[dict[str, Any]]
    net_cents: int
    tax_cents: int
    gross_cents: int

    @classmethod
    def of(cls, document: FrozenDocument) -> UpcomingDocumentAnswer:
        """Show a document."""
        return cls(
            currency=document.currency,
            due_date=document.due_date,
            lines=[UpcomingLineAnswer.of(line) for line in document.lines],
            vat=[dict(entry) for entry in document.vat_entries],
            net_cents=document.totals.net_cents,
            tax_cents=document.totals.tax_cents,
            gross_cents=document.totals.gross_cents,
        )


class UpcomingInvoiceAnswer(Answer):
    """What will be written on ``bills_on``, a document for each currency; null and none if nothing is to come."""

    tenant_id: str
    bills_on: date | None
    invoices: list[UpcomingDocumentAnswer]

    @classmethod
    def of(cls, found: UpcomingInvoice) -> UpcomingInvoiceAnswer:
        """Show it."""
        documents = [UpcomingDocumentAnswer.of(each) for each in found.documents]
        return cls(tenant_id=found.tenant_id, bills_on=found.bills_on, invoices=documents)


@get("/billing/upcoming-invoice", tags=["Billing"], summary="Show the own next invoice")
async def show_own_upcoming(container: Container, actor: Actor) -> UpcomingInvoiceAnswer:
    """What the caller's tenant will be charged next, usage as far as it was reported; nothing is written."""
    return UpcomingInvoiceAnswer.of(await container.use(ReadUpcomingInvoice)(actor, own_tenant(actor)))


@get(
    "/admin/tenants/{tenant_id:str}/upcoming-invoice", tags=["Admin: invoices"], summary="Show a tenant's next invoice"
)
async def show_upcoming(container: Container, actor: Actor, tenant_id: FromPath[str]) -> UpcomingInvoiceAnswer:
    """What a tenant will be charged next, exactly as a billing run of that day will."""
    return UpcomingInvoiceAnswer.of(await container.use(ReadUpcomingInvoice)(actor, TenantId(tenant_id)))


UPCOMING_ROUTES = (show_upcoming, show_own_upcoming)
