"""Routes of sending: a document is asked to be sent, and everybody can see what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody

from scaicontrol_core.billing.use_cases.record_hand_over import RecordHandOver
from scaicontrol_core.documents.transmission import SendId
from scaicontrol_core.documents.transmission_stories import SendStory
from scaicontrol_core.documents.use_cases.list_sends import ListSends
from scaicontrol_core.documents.use_cases.retry_send import RetrySend
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from scaicontrol_core.documents.use_cases.send_test_mail import SendTestMail
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.paging import Sorting, SortKey, paged, sortable
from scaicontrol_http import idempotency
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.sending.schemas import (
    HandOverAnswer,
    HandOverBody,
    SampleMailAnswer,
    SampleMailBody,
    SendAnswer,
    SendBody,
)
from scaicontrol_http.sorting import SORTING

_SENDS = Sorting("sends", ("requested_at",), "-requested_at")
_KEYS: Mapping[str, SortKey[SendStory]] = {
    "requested_at": lambda story: (sortable(story.request.requested_at), story.request.id)
}
_ADMIN, _TEMPLATES = "Admin: invoices", "Admin: templates"


@post(
    "/admin/invoices/{invoice_id:str}/send",
    tags=[_ADMIN],
    summary="Send an invoice",
    status_code=202,
    opt={"idempotent": True},
)
async def send_invoice(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    invoice_id: FromPath[str],
    data: JSONBody[SendBody],
) -> Response[SendAnswer]:
    """Queue it for its buyer, with its PDF and, where the buyer wants one, its XML; the same key sends it once."""
    given = request.headers.get(idempotency.HEADER)
    key = f"{idempotency.owner_of(actor)} {given}" if given else None
    made = await container.use(SendInvoice)(actor, InvoiceId(invoice_id), data.to, key=key)
    return Response(SendAnswer.of(made), status_code=202)


@post(
    "/admin/invoices/mark-sent",
    tags=[_ADMIN],
    summary="Record that invoices went by post",
    status_code=200,
    opt={"idempotent": True},
)
async def mark_sent(container: Container, actor: Actor, data: JSONBody[HandOverBody]) -> HandOverAnswer:
    """Count them as sent from now: payable, and overdue when their day has passed. All of them or none."""
    ids = [InvoiceId(each) for each in data.ids]
    return HandOverAnswer(sent=await container.use(RecordHandOver)(actor, ids))


@get(
    "/admin/invoices/{invoice_id:str}/sends",
    tags=[_ADMIN],
    summary="Show what was sent of an invoice",
    opt={SORTING: _SENDS},
)
async def list_sends(
    container: Container, actor: Actor, page: PageRequest, invoice_id: FromPath[str]
) -> Listing[SendAnswer]:
    """All requests to send it, newest first unless sorted otherwise, each with its history."""
    stories = await container.use(ListSends)(actor, InvoiceId(invoice_id))
    return listing(paged(stories, page, _SENDS, _KEYS, {"invoice_id": invoice_id}), SendAnswer.told)


@post(
    "/admin/sends/{send_id:str}/retry",
    tags=[_ADMIN],
    summary="Try a failed send again",
    status_code=202,
    opt={"idempotent": True},
)
async def retry_send(container: Container, actor: Actor, send_id: FromPath[str]) -> Response[SendAnswer]:
    """Queue it anew, once what was wrong is mended; only a failed one can be."""
    again = await container.use(RetrySend)(actor, SendId(send_id))
    return Response(SendAnswer.of(again), status_code=202)


@post(
    "/admin/billing/templates/designer/send-test",
    tags=[_TEMPLATES],
    summary="Send a test of an e-mail's template",
    status_code=202,
    opt={"idempotent": True},
)
async def send_test(container: Container, actor: Actor, data: JSONBody[SampleMailBody]) -> Response[SampleMailAnswer]:
    """Send a sample to oneself, marked as a test, about an invoice; nothing of it is kept."""
    handed = await container.use(SendTestMail)(actor, data.sample())
    return Response(SampleMailAnswer(message_id=handed.message_id, refused=list(handed.refused)), status_code=202)


ROUTES = (send_invoice, mark_sent, list_sends, retry_send, send_test)
