"""Routes of billing: invoices for administrators and buyers, billing runs, numbering reports."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from litestar import Response, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET

from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.claiming import Sharing
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.billing.ports import INVOICES, InvoiceFilter
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.edit_draft import EditDraft
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.get_billing_run import GetBillingRun
from scaicontrol_core.billing.use_cases.get_invoice import GetInvoice
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.order_lines import OrderLines
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.documents.einvoice.precheck import warnings
from scaicontrol_core.documents.use_cases.show_invoice import ShowInvoice
from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import InvoiceId, LineId, PartnerId, RunId, TenantId
from scaicontrol_http.billing import credit_notes, documents, einvoices
from scaicontrol_http.billing.commissions import COMMISSION_ROUTES
from scaicontrol_http.billing.correction_routes import list_vat_corrections
from scaicontrol_http.billing.report_routes import REPORT_ROUTES
from scaicontrol_http.billing.run_schemas import RunAnswer, RunBody, SeriesAuditAnswer
from scaicontrol_http.billing.schemas import (
    DraftPatch,
    InvoiceAnswer,
    InvoiceSummaryAnswer,
    LineOrderBody,
    NewInvoiceBody,
    VoidAnswer,
    VoidBody,
)
from scaicontrol_http.billing.upcoming import UPCOMING_ROUTES
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.requests import Listing, etag, listing, whole
from scaicontrol_http.sending.schemas import SendAnswer
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.tenancy.routes import own_tenant

NumberBegins = Annotated[str | None, QueryParameter(name="search", description="How the number begins.", max_length=64)]
_ADMIN = "Admin: invoices"
_RUNS = "Admin: billing runs"
_REPORTS = "Admin: reports"
_OWN = "Billing"
_status = choice(InvoiceStatus)
_document_type = choice(DocumentType)


def _answer(invoice: Invoice, status_code: int = 200) -> Response[InvoiceAnswer]:
    return Response(InvoiceAnswer.of(invoice), status_code=status_code, headers=etag(invoice.version))


# -- administrators --------------------------------------------------------------------------


@get(["/admin/invoices", "/admin/billing/invoices"], tags=[_ADMIN], summary="List invoices", opt={SORTING: INVOICES})
async def list_invoices(
    container: Container,
    actor: Actor,
    page: PageRequest,
    tenant_id: FromQuery[str | None] = None,
    partner_id: FromQuery[str | None] = None,
    seller_id: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    document_type: FromQuery[str | None] = None,
    number: FromQuery[str | None] = None,
    search: NumberBegins = None,
    run_id: FromQuery[str | None] = None,
    referenced_invoice_id: FromQuery[str | None] = None,
    currency: FromQuery[str | None] = None,
    issued_from: FromQuery[date | None] = None,
    issued_to: FromQuery[date | None] = None,
    due_from: FromQuery[date | None] = None,
    due_to: FromQuery[date | None] = None,
) -> Listing[InvoiceSummaryAnswer]:
    """Invoices and drafts within the caller's scope, newest first unless sorted otherwise; without lines.

    The days of a span are included.
    """
    wanted = InvoiceFilter(
        tenant_id=TenantId(tenant_id) if tenant_id else None,
        partner_id=PartnerId(partner_id) if partner_id else None,
        seller_id=PartnerId(seller_id) if seller_id else None,
        status=_status(status, "/status") if status else None,
        document_type=_document_type(document_type, "/document_type") if document_type else None,
        number=number,
        run_id=RunId(run_id) if run_id else None,
        referenced_invoice_id=InvoiceId(referenced_invoice_id) if referenced_invoice_id else None,
        search=search or None,
        currency=currency,
        issued_from=issued_from,
        issued_to=issued_to,
        due_from=due_from,
        due_to=due_to,
    )
    return listing(await container.use(ListInvoices)(actor, wanted, page), InvoiceSummaryAnswer.of)


@post("/admin/invoices", tags=[_ADMIN], summary="Draft an invoice", opt={"idempotent": True})
async def draft_invoice(container: Container, actor: Actor, data: JSONBody[NewInvoiceBody]) -> Response[InvoiceAnswer]:
    """Write a draft: no number yet, no legal force."""
    return _answer(await container.use(DraftInvoice)(actor, TenantId(data.tenant_id), data.draft()), 201)


@get("/admin/invoices/{invoice_id:str}", tags=[_ADMIN], summary="Show an invoice")
async def get_invoice(container: Container, actor: Actor, invoice_id: FromPath[str]) -> Response[InvoiceAnswer]:
    """One invoice within scope, with its lines, what finalization froze, and what was sent of it."""
    shown = await container.use(ShowInvoice)(actor, InvoiceId(invoice_id))
    answer = InvoiceAnswer.of(shown.invoice)
    answer.sends = [SendAnswer.told(story) for story in shown.sends]
    return Response(answer, headers=etag(shown.invoice.version, answer.sends))


@patch("/admin/invoices/{invoice_id:str}", tags=[_ADMIN], summary="Edit a draft")
async def edit_draft(
    container: Container,
    actor: Actor,
    invoice_id: FromPath[str],
    data: JSONBody[DraftPatch],
    expected_version: ExpectedVersion,
) -> Response[InvoiceAnswer]:
    """Change the given fields; a finalized invoice answers 400 ``invoice_immutable``."""
    edit = container.use(EditDraft)
    return _answer(await edit(actor, InvoiceId(invoice_id), data.draft(), expected_version=expected_version))


@put("/admin/invoices/{invoice_id:str}/line-items/order", tags=[_ADMIN], summary="Order a draft's lines")
async def order_lines(
    container: Container, actor: Actor, invoice_id: FromPath[str], data: JSONBody[LineOrderBody]
) -> Response[InvoiceAnswer]:
    """Put the lines in the given order."""
    order = [LineId(line_id) for line_id in data.line_ids]
    return _answer(await container.use(OrderLines)(actor, InvoiceId(invoice_id), order))


@post(
    "/admin/invoices/{invoice_id:str}/line-items/sort-by-date",
    tags=[_ADMIN],
    summary="Sort a draft's lines by date",
    status_code=200,
    opt={"idempotent": True},
)
async def sort_lines(container: Container, actor: Actor, invoice_id: FromPath[str]) -> Response[InvoiceAnswer]:
    """Sort by the ``DD-MM-YYYY`` each description begins with; lines without one come last."""
    return _answer(await container.use(OrderLines)(actor, InvoiceId(invoice_id)))


@post(
    "/admin/invoices/{invoice_id:str}/finalize",
    tags=[_ADMIN],
    summary="Finalize an invoice",
    status_code=200,
    opt={"idempotent": True},
)
async def finalize_invoice(container: Container, actor: Actor, invoice_id: FromPath[str]) -> Response[InvoiceAnswer]:
    """Give the draft its legal number and freeze it; finalizing twice answers the same invoice."""
    invoice = await container.use(FinalizeInvoice)(actor, InvoiceId(invoice_id))
    answer = InvoiceAnswer.of(invoice)
    answer.warnings = list(warnings(invoice.document)) or UNSET
    return Response(answer, headers=etag(invoice.version))


@post(
    "/admin/invoices/{invoice_id:str}/void",
    tags=[_ADMIN],
    summary="Void an invoice",
    status_code=200,
    opt={"idempotent": True},
)
async def void_invoice(
    container: Container, actor: Actor, invoice_id: FromPath[str], data: JSONBody[VoidBody]
) -> Response[VoidAnswer]:
    """Void it, with a reason; a number stays taken."""
    invoice, warning = await container.use(VoidInvoice)(actor, InvoiceId(invoice_id), data.reason)
    return Response(VoidAnswer(invoice=InvoiceAnswer.of(invoice), warning=warning), headers=etag(invoice.version))


# -- billing runs and reports ----------------------------------------------------------------


@post("/admin/billing/runs", tags=[_RUNS], summary="Run the billing", opt={"idempotent": True})
async def run_billing(container: Container, actor: Actor, data: JSONBody[RunBody]) -> Response[RunAnswer]:
    """Bill everything due up to the month's end, or today; a repeat bills nothing twice."""
    month = parse_month(data.period)
    tenant_id = TenantId(data.tenant_id) if data.tenant_id else None
    sharing = Sharing(run_id=RunId(data.join) if data.join else None)
    report = await container.use(RunBilling)(actor, month, tenant_id=tenant_id, dry_run=data.dry_run, sharing=sharing)
    return Response(RunAnswer.of(report, data.period), status_code=200 if data.dry_run else 201)


@get("/admin/billing/runs/{run_id:str}", tags=[_RUNS], summary="Show a billing run")
async def get_billing_run(container: Container, actor: Actor, run_id: FromPath[str]) -> RunAnswer:
    """What a run did or has done so far, and who works on it."""
    report = await container.use(GetBillingRun)(actor, RunId(run_id))
    return RunAnswer.of(report, f"{report.run.month.start:%Y-%m}" if report.run else "")


@get("/admin/reports/numbering-audit", tags=[_REPORTS], summary="Audit the number series")
async def numbering_audit(
    container: Container, actor: Actor, seller_id: FromQuery[str | None] = None
) -> Listing[SeriesAuditAnswer]:
    """Walk every series within scope: gaps, dates, hashes, and the columns beside the documents."""
    audits = await container.use(AuditNumbering)(actor, PartnerId(seller_id) if seller_id else None)
    return whole(audits, SeriesAuditAnswer.of)


# -- a tenant's own --------------------------------------------------------------------------


@get("/billing/invoices", tags=[_OWN], summary="List own invoices", opt={SORTING: INVOICES})
async def list_own(
    container: Container,
    actor: Actor,
    page: PageRequest,
    status: FromQuery[str | None] = None,
    document_type: FromQuery[str | None] = None,
    number: FromQuery[str | None] = None,
    search: NumberBegins = None,
    currency: FromQuery[str | None] = None,
    issued_from: FromQuery[date | None] = None,
    issued_to: FromQuery[date | None] = None,
) -> Listing[InvoiceSummaryAnswer]:
    """The caller's tenant's invoices and credit notes; drafts are the seller's business."""
    wanted = InvoiceFilter(
        tenant_id=own_tenant(actor),
        status=_status(status, "/status") if status else None,
        document_type=_document_type(document_type, "/document_type") if document_type else None,
        number=number,
        search=search or None,
        currency=currency,
        issued_from=issued_from,
        issued_to=issued_to,
        issued=True,
    )
    return listing(await container.use(ListInvoices)(actor, wanted, page), InvoiceSummaryAnswer.of)


@get("/billing/invoices/{invoice_id:str}", tags=[_OWN], summary="Show an own invoice")
async def get_own(container: Container, actor: Actor, invoice_id: FromPath[str]) -> Response[InvoiceAnswer]:
    """One of the caller's tenant's invoices."""
    own_tenant(actor)
    return _answer(await container.use(GetInvoice)(actor, InvoiceId(invoice_id)))


ROUTES = (
    list_invoices,
    draft_invoice,
    get_invoice,
    edit_draft,
    order_lines,
    sort_lines,
    finalize_invoice,
    void_invoice,
    *credit_notes.ROUTES,
    run_billing,
    get_billing_run,
    numbering_audit,
    *UPCOMING_ROUTES,
    *REPORT_ROUTES,
    list_vat_corrections,
    *COMMISSION_ROUTES,
    list_own,
    get_own,
    *documents.ROUTES,
    *einvoices.ROUTES,
)
