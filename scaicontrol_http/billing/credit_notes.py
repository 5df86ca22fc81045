"""Routes of credit notes: an invoice is taken back, in full or in part, or written anew."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath, JSONBody

from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.preview_credit_note import PreviewCreditNote
from scaicontrol_core.billing.use_cases.reissue_invoice import ReissueInvoice
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_http.billing.credit_note_schemas import (
    CreditNoteBody,
    CreditNotePreview,
    ReissueAnswer,
    ReissueBody,
)
from scaicontrol_http.billing.schemas import InvoiceAnswer
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.requests import etag

_ADMIN = "Admin: invoices"


@post(
    "/admin/invoices/{invoice_id:str}/credit-note",
    tags=[_ADMIN],
    summary="Issue a credit note",
    opt={"idempotent": True},
)
async def issue_credit_note(
    container: Container, actor: Actor, invoice_id: FromPath[str], data: JSONBody[CreditNoteBody]
) -> Response[InvoiceAnswer]:
    """Take back what an invoice charged, in full or in part, never more than is left; answers the note, numbered."""
    issued = await container.use(IssueCreditNote)(actor, InvoiceId(invoice_id), data.wanted())
    return Response(InvoiceAnswer.of(issued.credit_note), headers=etag(issued.credit_note.version))


@post(
    "/admin/invoices/{invoice_id:str}/credit-note/preview",
    tags=[_ADMIN],
    summary="Preview a credit note",
    status_code=200,
)
async def preview_credit_note(
    container: Container, actor: Actor, invoice_id: FromPath[str], data: JSONBody[CreditNoteBody]
) -> CreditNotePreview:
    """Show what a credit note would say, with all its amounts; no number is spent and nothing is written."""
    document = await container.use(PreviewCreditNote)(actor, InvoiceId(invoice_id), data.wanted())
    return CreditNotePreview(document=document.to_dict())


@post(
    "/admin/invoices/{invoice_id:str}/reissue",
    tags=[_ADMIN],
    summary="Credit an invoice and write it anew",
    opt={"idempotent": True},
)
async def reissue_invoice(
    container: Container, actor: Actor, invoice_id: FromPath[str], data: JSONBody[ReissueBody]
) -> Response[ReissueAnswer]:
    """Credit all that is left and charge it again: VAT is decided anew, tax points stay; both or neither."""
    reissue = container.use(ReissueInvoice)
    done = await reissue(actor, InvoiceId(invoice_id), data.reason, finalize=data.finalize)
    return Response(ReissueAnswer.of(done), headers=etag(done.invoice.version))


ROUTES = (issue_credit_note, preview_credit_note, reissue_invoice)
