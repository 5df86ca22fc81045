"""Routes of credit notes: an invoice is taken back, in full or in part, or written anew."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath, JSONBody

from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.preview_credit_note import PreviewCreditNote
from scaicontrol_core.billing.use_cases.reissue_invoice import ReissueInvoice
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_http.billing.credit_note_schemas import (
    CreditNoteAnswer,
    CreditNoteBody,
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
) -> Response[CreditNoteAnswer]:
    """Take back what an invoice charged, in full or in part, never more than is left; numbered at once."""
    wanted = data.wanted()
    if data.dry_run:
        document = await container.use(PreviewCreditNote)(actor, InvoiceId(invoice_id), wanted)
        return Response(CreditNoteAnswer(credit_note=None, document=document.to_dict()), status_code=200)
    issued = await container.use(IssueCreditNote)(actor, InvoiceId(invoice_id), wanted)
    answer = CreditNoteAnswer(
        credit_note=InvoiceAnswer.of(issued.credit_note),
        document=issued.credit_note.document or {},
        invoice=InvoiceAnswer.of(issued.original),
    )
    return Response(answer, headers=etag(issued.credit_note.version))


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


ROUTES = (issue_credit_note, reissue_invoice)
