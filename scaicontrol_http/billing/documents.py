"""Routes of invoices' PDFs, their revisions, and statements of account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter

from scaicontrol_core.documents.producing import DraftHasNoDocument
from scaicontrol_core.documents.revision import DocumentRevision
from scaicontrol_core.documents.use_cases.list_document_revisions import ListDocumentRevisions
from scaicontrol_core.documents.use_cases.preview_draft import PreviewDraft
from scaicontrol_core.documents.use_cases.read_invoice_pdf import InvoicePdf, ReadInvoicePdf
from scaicontrol_core.documents.use_cases.regenerate_invoice_pdf import RegenerateInvoicePdf
from scaicontrol_core.documents.use_cases.render_statement import RenderStatement
from scaicontrol_core.documents.use_cases.state_account import StateAccount
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import InvoiceId, TenantId
from scaicontrol_core.kernel.paging import Sorting, SortKey, paged, sortable
from scaicontrol_http.billing.document_schemas import RevisionAnswer, StatementAnswer
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Listing, attachment, listing
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.tenancy.routes import own_tenant

_REVISIONS = Sorting("revisions", ("revision",), "revision")
_KEYS: Mapping[str, SortKey[DocumentRevision]] = {"revision": lambda each: (sortable(each.revision),)}
_ADMIN = "Admin: invoices"
_OWN = "Billing"
_JSON, _PDF = "application/json", "application/pdf"
_FORMATS = {"json": _JSON, "pdf": _PDF}
Revision = Annotated[
    int | None, QueryParameter(name="revision", ge=1, description="Which revision; without it, the newest.")
]
FirstDay = Annotated[
    date | None, QueryParameter(name="from", description="The first day; without it, the first of the last day's year.")
]
LastDay = Annotated[date | None, QueryParameter(name="to", description="The last day, included; without it, today.")]
Format = Annotated[
    str | None, QueryParameter(name="format", description="`json` or `pdf`; without it, what `Accept` prefers.")
]


@get("/admin/invoices/{invoice_id:str}/pdf", tags=[_ADMIN], summary="Get an invoice's PDF", media_type=_PDF)
async def get_pdf(
    container: Container, actor: Actor, invoice_id: FromPath[str], revision: Revision = None
) -> Response[bytes]:
    """The newest PDF, or a revision to the byte; made at once if it is still pending. A draft's is a proforma."""
    wanted = InvoiceId(invoice_id)
    try:
        return _pdf(await container.use(ReadInvoicePdf)(actor, wanted, revision))
    except DraftHasNoDocument:
        if revision is not None:
            raise
    content = await container.use(PreviewDraft)(actor, wanted)
    headers = {
        "Content-Disposition": attachment(f"draft-{invoice_id}", "pdf"),
        "ETag": f'"{sha256(content).hexdigest()}"',
    }
    return Response(content, media_type=_PDF, headers=headers)


@get("/billing/invoices/{invoice_id:str}/pdf", tags=[_OWN], summary="Get an own invoice's PDF", media_type=_PDF)
async def get_own_pdf(container: Container, actor: Actor, invoice_id: FromPath[str]) -> Response[bytes]:
    """The PDF of one of the caller's tenant's invoices."""
    own_tenant(actor)
    return _pdf(await container.use(ReadInvoicePdf)(actor, InvoiceId(invoice_id)))


@get(
    "/admin/invoices/{invoice_id:str}/revisions",
    tags=[_ADMIN],
    summary="List the revisions of an invoice's PDF",
    opt={SORTING: _REVISIONS},
)
async def list_revisions(
    container: Container, actor: Actor, page: PageRequest, invoice_id: FromPath[str]
) -> Listing[RevisionAnswer]:
    """Every rendering that anybody may have seen, oldest first unless sorted otherwise."""
    known = await container.use(ListDocumentRevisions)(actor, InvoiceId(invoice_id))
    return listing(paged(known, page, _REVISIONS, _KEYS, {"invoice_id": invoice_id}), RevisionAnswer.of)


@post(
    "/admin/invoices/{invoice_id:str}/regenerate-pdf",
    tags=[_ADMIN],
    summary="Make an invoice's PDF again",
    opt={"idempotent": True},
)
async def regenerate_pdf(container: Container, actor: Actor, invoice_id: FromPath[str]) -> Response[RevisionAnswer]:
    """Render the frozen document with the template of today, as a new revision; the others stay."""
    made = await container.use(RegenerateInvoicePdf)(actor, InvoiceId(invoice_id))
    return Response(RevisionAnswer.of(made), status_code=201)


@get("/admin/tenants/{tenant_id:str}/statement", tags=[_ADMIN], summary="Get a tenant's statement of account")
async def get_statement(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    tenant_id: FromPath[str],
    first: FirstDay = None,
    last: LastDay = None,
    wanted: Format = None,
) -> Response[StatementAnswer]:
    """What was charged, credited and paid, with the balances around it: JSON, or a PDF."""
    return await _statement(request, container, actor, TenantId(tenant_id), (first, last), wanted)


@get("/billing/statement", tags=[_OWN], summary="Get the own statement of account")
async def get_own_statement(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    first: FirstDay = None,
    last: LastDay = None,
    wanted: Format = None,
) -> Response[StatementAnswer]:
    """What the caller's tenant was charged, credited and paid: JSON, or a PDF."""
    return await _statement(request, container, actor, own_tenant(actor), (first, last), wanted)


def _pdf(pdf: InvoicePdf) -> Response[bytes]:
    headers = {
        "Content-Disposition": attachment(pdf.number, "pdf"),
        "ETag": f'"{pdf.revision.sha256}"',
        "X-Document-Revision": str(pdf.revision.revision),
    }
    return Response(pdf.content, media_type=_PDF, headers=headers)


async def _statement(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    tenant_id: TenantId,
    days: tuple[date | None, date | None],
    wanted: str | None,
) -> Response[StatementAnswer]:
    if wanted is not None and wanted not in _FORMATS:
        raise Invalid.field("/format", f"{wanted!r} is neither json nor pdf.", code="format_unknown")
    media_type = _FORMATS[wanted] if wanted else request.accept.best_match([_JSON, _PDF], _JSON)
    if media_type == _JSON:
        statement = await container.use(StateAccount)(actor, tenant_id, *days)
        return Response(msgspec.convert(statement.to_dict(), StatementAnswer), headers={"Vary": "Accept"})
    pdf = await container.use(RenderStatement)(actor, tenant_id, *days)
    headers = {"Content-Disposition": attachment(pdf.name, "pdf"), "Vary": "Accept"}
    content: Any = pdf.content  # another body than the description's
    return Response(content, media_type=_PDF, headers=headers)


ROUTES = (
    get_pdf,
    get_own_pdf,
    list_revisions,
    regenerate_pdf,
    get_statement,
    get_own_statement,
)
