"""``manage_invoices``: their PDF and XML, and how they reach the buyer."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from msgspec import Meta, field

from scaicontrol_core.access import Permission
from scaicontrol_core.billing.use_cases.record_hand_over import RecordHandOver
from scaicontrol_core.documents.einvoicing import XML
from scaicontrol_core.documents.producing import DraftHasNoDocument
from scaicontrol_core.documents.use_cases.list_sends import ListSends
from scaicontrol_core.documents.use_cases.preview_draft import PreviewDraft
from scaicontrol_core.documents.use_cases.read_einvoice import ReadEInvoice
from scaicontrol_core.documents.use_cases.read_invoice_pdf import ReadInvoicePdf
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_http.idempotency import owner_of
from scaicontrol_http.mcp.action import Audience, Call, Confirmed
from scaicontrol_http.mcp.answering import Attached, Attachment
from scaicontrol_http.mcp.tools.invoices_drafted import One
from scaicontrol_http.requests import Answer, Listing
from scaicontrol_http.sending.schemas import HandOverAnswer, SendAnswer

_READ = (Permission.ADMIN_BILLING, Permission.BILLING_READ)
_ADMIN = (Permission.ADMIN_BILLING,)
_ONE = "/admin/invoices/{invoice_id}"
_MINE = "/billing/invoices/{invoice_id}"
_PDF = "application/pdf"

Revision = Annotated[int, Meta(ge=1, description="Which rendering, from 1; for administrators. The newest without it.")]


class FileAnswer(Answer):
    """A file that comes beside the answer; ``sha256`` is that of its bytes."""

    name: str
    media_type: str
    size: int
    sha256: str
    revision: int | None


def _file(name: str, media_type: str, content: bytes, revision: int | None) -> Attached[FileAnswer]:
    answer = FileAnswer(
        name=name, media_type=media_type, size=len(content), sha256=sha256(content).hexdigest(), revision=revision
    )
    return Attached(answer, Attachment(name, media_type, content))


class Pdf(One, tag="pdf"):
    """Get the PDF as an embedded file; for administrators a draft's is a proforma."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = (f"GET {_ONE}/pdf", f"GET {_MINE}/pdf")

    revision: Revision | None = None

    async def run(self, call: Call) -> Attached[FileAnswer]:
        """Call ``ReadInvoicePdf``, or ``PreviewDraft``."""
        customer = call.actor.scope.kind is ScopeKind.TENANT
        revision = None if customer else self.revision
        try:
            found = await call.use(ReadInvoicePdf)(call.actor, self.wanted, revision)
        except DraftHasNoDocument:
            if customer or revision is not None:
                raise
            content = await call.use(PreviewDraft)(call.actor, self.wanted)
            return _file(f"draft-{self.invoice_id}.pdf", _PDF, content, None)
        return _file(f"{found.number}.pdf", _PDF, found.content, found.revision.revision)


class EInvoice(One, tag="einvoice"):
    """Get the electronic invoice (XML) as an embedded file, in the buyer's format or another."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = (f"GET {_ONE}/einvoice", f"GET {_MINE}/einvoice")

    format: Annotated[EInvoiceFormat, Meta(description="Which one; without it, the one the buyer wants.")] | None = None
    revision: Revision | None = None

    async def run(self, call: Call) -> Attached[FileAnswer]:
        """Call ``ReadEInvoice``."""
        revision = None if call.actor.scope.kind is ScopeKind.TENANT else self.revision
        found = await call.use(ReadEInvoice)(call.actor, self.wanted, self.format, revision)
        return _file(f"{found.number}.xml", XML, found.content, found.revision)


class Send(One, Confirmed, tag="send"):
    """E-mail an invoice to its buyer, or to the addresses given, with its PDF and, where wanted, its XML."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/send",)

    to: Annotated[
        list[Annotated[str, Meta(max_length=320)]],
        Meta(max_length=50, description="Addresses; none: the buyer's own.", examples=[["billing@acme.example"]]),
    ] = field(default_factory=list)

    async def run(self, call: Call) -> SendAnswer:
        """Call ``SendInvoice``."""
        given = call.around.idempotency_key
        key = f"{owner_of(call.actor)} {given}" if given else None
        return SendAnswer.of(await call.use(SendInvoice)(call.actor, self.wanted, self.to, key=key))


class Sends(One, tag="list_sends"):
    """List every request to send an invoice, newest first, with what became of it."""

    needs = _ADMIN
    routes = (f"GET {_ONE}/sends",)

    async def run(self, call: Call) -> Listing[SendAnswer]:
        """Call ``ListSends``."""
        stories = await call.use(ListSends)(call.actor, self.wanted)
        return Listing(items=[SendAnswer.told(story) for story in stories], total=len(stories), next_cursor=None)


class HandOver(One, Confirmed, tag="mark_sent"):
    """Record that an invoice went by another way, by post say: it counts as sent from now on."""

    needs = _ADMIN
    routes = ("POST /admin/invoices/mark-sent",)

    async def run(self, call: Call) -> HandOverAnswer:
        """Call ``RecordHandOver``."""
        return HandOverAnswer(sent=await call.use(RecordHandOver)(call.actor, [self.wanted]))


READING = (Pdf, EInvoice)
ACTIONS = (Send, Sends, HandOver)
