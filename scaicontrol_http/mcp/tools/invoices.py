"""``manage_invoices``: what was charged, and what will be."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, structs

from scaicontrol_core.access import Permission
from scaicontrol_core.audit.subject import INVOICE
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.get_invoice import GetInvoice
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.read_upcoming_invoice import ReadUpcomingInvoice
from scaicontrol_core.documents.use_cases.show_invoice import ShowInvoice
from scaicontrol_core.kernel import ids
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.billing.schemas import InvoiceAnswer, InvoiceSummaryAnswer
from scaicontrol_http.billing.upcoming import UpcomingInvoiceAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Listed, Sorted
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.mcp.tools import invoices_corrected, invoices_drafted, invoices_sent
from scaicontrol_http.mcp.tools.invoices_drafted import One
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.sending.schemas import SendAnswer

_READ = (Permission.ADMIN_BILLING, Permission.BILLING_READ)
_ONE = "/admin/invoices/{invoice_id}"


class List(Sorted, tag="list"):
    """List invoices and credit notes, newest first, without lines; administrators also see drafts."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = ("GET /admin/invoices", "GET /admin/billing/invoices", "GET /billing/invoices")

    tenant_id: given.OwnTenantId | None = None
    partner_id: given.PartnerId | None = None
    seller_id: given.SellerId | None = None
    status: Annotated[InvoiceStatus, Meta(description="Only those in this state.")] | None = None
    document_type: Annotated[DocumentType, Meta(description="Only this kind of document.")] | None = None
    number: Annotated[str, Meta(max_length=64, description="Its number.", examples=["SCAI-2026-000001"])] | None = None
    run_id: given.RunId | None = None
    referenced_invoice_id: (
        Annotated[str, Meta(max_length=64, description="Id of the invoice that credit notes take back.")] | None
    ) = None

    async def run(self, call: Call) -> Listing[InvoiceSummaryAnswer]:
        """Call ``ListInvoices``."""
        customer = call.actor.scope.kind is ScopeKind.TENANT
        wanted = InvoiceFilter(
            tenant_id=call.tenant_if_any(self.tenant_id),
            partner_id=ids.PartnerId(self.partner_id) if self.partner_id else None,
            seller_id=ids.PartnerId(self.seller_id) if self.seller_id else None,
            status=self.status,
            document_type=self.document_type,
            number=self.number,
            run_id=ids.RunId(self.run_id) if self.run_id else None,
            referenced_invoice_id=ids.InvoiceId(self.referenced_invoice_id) if self.referenced_invoice_id else None,
            issued=True if customer else None,
        )
        return listing(await call.use(ListInvoices)(call.actor, wanted, call.page), InvoiceSummaryAnswer.of)


class Get(One, tag="get"):
    """Show one invoice, credit note or draft: lines, VAT, what is still owed, and for administrators its sends."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = (f"GET {_ONE}", "GET /billing/invoices/{invoice_id}")

    async def run(self, call: Call) -> InvoiceAnswer:
        """Call ``ShowInvoice``, or ``GetInvoice`` for customers, who see nothing of its sends."""
        if call.actor.scope.kind is ScopeKind.TENANT:
            return InvoiceAnswer.of(await call.use(GetInvoice)(call.actor, self.wanted))
        shown = await call.use(ShowInvoice)(call.actor, self.wanted)
        return structs.replace(InvoiceAnswer.of(shown.invoice), sends=[SendAnswer.told(each) for each in shown.sends])


class Upcoming(Action, tag="upcoming"):
    """Show what a tenant will be charged next and when, as things stand; nothing is written."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = ("GET /admin/tenants/{tenant_id}/upcoming-invoice", "GET /billing/upcoming-invoice")

    tenant_id: given.OwnTenantId | None = None

    async def run(self, call: Call) -> UpcomingInvoiceAnswer:
        """Call ``ReadUpcomingInvoice``."""
        found = await call.use(ReadUpcomingInvoice)(call.actor, call.tenant(self.tenant_id))
        return UpcomingInvoiceAnswer.of(found)


class History(One, Listed, tag="history"):
    """Tell what happened to an invoice and who did it, newest first."""

    needs = (Permission.ADMIN_BILLING,)
    routes = (f"GET {_ONE}/history",)

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadHistory``."""
        return listing(await call.use(ReadHistory)(call.actor, INVOICE, self.wanted, call.page), AuditEntryAnswer.of)


TOOL = Tool(
    name="manage_invoices",
    title="Invoices",
    about="Invoices, credit notes and drafts: read them, get their PDF, write and finalize drafts, take back what was"
    " charged, send them, bill a whole month.",
    actions=(
        List,
        Get,
        Upcoming,
        *invoices_sent.READING,
        *invoices_drafted.ACTIONS,
        *invoices_corrected.ACTIONS,
        *invoices_sent.ACTIONS,
        History,
    ),
    reaches_out=True,
)
