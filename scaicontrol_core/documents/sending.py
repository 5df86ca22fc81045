"""What the use cases of sending share: whether a document may be sent, to whom, and as what message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.documents.einvoicing import XML
from scaicontrol_core.documents.mail import InvoiceVoid, Mail, MailAttachment, NobodyToSendTo, recipients_of
from scaicontrol_core.documents.plain_text import text_of_html
from scaicontrol_core.documents.producing import PDF, DraftHasNoDocument
from scaicontrol_core.kernel.errors import FieldError

if TYPE_CHECKING:
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.documents.transmission import SendRequest
    from scaicontrol_core.documents.work import DocumentsWork

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def sendable(invoice: Invoice) -> dict[str, Any]:
    """Return the frozen document; raises ``DraftHasNoDocument`` or ``InvoiceVoid``."""
    document = invoice.document
    if document is None:
        raise DraftHasNoDocument("A draft can't be sent.", hint="Finalize it first.")
    if invoice.status is InvoiceStatus.VOID:
        raise InvoiceVoid(f"{invoice.number} is void: it is not sent any more.")
    return document


async def usual_recipients(work: DocumentsWork, invoice: Invoice) -> tuple[str, ...]:
    """Return where the buyer wants documents sent: as its profile has it today, else as the document has it.

    Raises ``NobodyToSendTo``, and as ``sendable`` does.
    """
    document = sendable(invoice)
    profile = await work.billing_profiles.find(invoice.tenant_id) if invoice.tenant_id else None
    # Who wrote a document in another's name sends it to that other.
    other = document["seller"].get("email") if document.get("self_billed") else document["buyer"].get("contact_email")
    address = (profile.details.contact_email if profile else None) or other
    if not address:
        raise NobodyToSendTo(
            "The buyer has no address for invoices.",
            fields=(FieldError("/to", "name a recipient, or set contact_email in the billing profile"),),
        )
    return recipients_of([address])


def files_of(number: str, pdf: bytes, xml: bytes | None) -> tuple[MailAttachment, ...]:
    """Return what goes with a message: the PDF, and the XML where the buyer wants one beside it."""
    name = _UNSAFE.sub("_", number)
    files = (MailAttachment(f"{name}.pdf", PDF, pdf),)
    return files if xml is None else (*files, MailAttachment(f"{name}.xml", XML, xml))


def message_of(request: SendRequest, document: dict[str, Any], files: tuple[MailAttachment, ...]) -> Mail:
    """Return the message of a request whose words are settled: the same for every attempt."""
    seller, buyer = document["seller"], document["buyer"]
    by_buyer = bool(document.get("self_billed"))  # who writes a document is who sends it
    return Mail(
        from_name=buyer["company_name"] if by_buyer else seller.get("trading_name") or seller["legal_name"],
        reply_to=buyer.get("contact_email") if by_buyer else seller.get("email"),
        to=request.recipients,
        subject=request.subject or "",
        html=request.html or "",
        text=text_of_html(request.html or ""),
        language=document["language"],
        date=request.composed_at or request.requested_at,
        attachments=files,
        reference=request.id,
    )
