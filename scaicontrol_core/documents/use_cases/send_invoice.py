"""Have a document sent to its buyer."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.documents.mail import SendKeyReused, recipients_of
from scaicontrol_core.documents.mail_composing import mail_type_of
from scaicontrol_core.documents.sending import sendable, usual_recipients
from scaicontrol_core.documents.transmission import SendId, SendRequest
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

if TYPE_CHECKING:
    from scaicontrol_core.billing.invoice import Invoice


@frozen
class SendInvoice:
    """Write a request to send an invoice or credit note; a job delivers it.

    The same ``key`` for the same document is the same request, for ever. Raises ``NotFound``,
    ``NotYourSeries``, ``DraftHasNoDocument``, ``InvoiceVoid``, ``NobodyToSendTo``,
    ``SendKeyReused``, ``Invalid`` for an address that is none.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, invoice_id: InvoiceId, to: Sequence[str] = (), *, key: str | None = None
    ) -> SendRequest:
        """Return the request, queued; without ``to`` it goes to the buyer's address for invoices."""
        actor.require(Permission.ADMIN_BILLING)
        wanted = recipients_of(to)
        request_key = sha256(key.encode()).hexdigest() if key is not None else None
        async with self.work.begin(actor) as work:
            invoice = await work.invoices.get(invoice_id)
            require_own_name(actor, invoice.issuer_id)
            sendable(invoice)
            known = await work.send_requests.with_key(invoice_id, request_key) if request_key else None
            if known is not None:
                return _same(known, wanted)
            request = self._request(actor, invoice, wanted or await usual_recipients(work, invoice), request_key)
            request.record_request()
            invoice.request_send(request.id, request.recipients)
            await work.send_requests.add(request)
            await work.invoices.save(invoice)
            await work.commit()
        return request

    def _request(
        self, actor: Actor, invoice: Invoice, recipients: tuple[str, ...], request_key: str | None
    ) -> SendRequest:
        now = self.clock.now()
        return SendRequest(
            id=SendId(self.ids.new("snd")),
            invoice_id=invoice.id,
            partner_id=invoice.partner_id,
            tenant_id=invoice.tenant_id,
            mail_type=mail_type_of(invoice.document or {}),
            recipients=recipients,
            requested_by=actor.subject,
            requested_at=now,
            due_at=now,
            request_key=request_key,
        )


def _same(known: SendRequest, wanted: tuple[str, ...]) -> SendRequest:
    if wanted and wanted != known.recipients:
        raise SendKeyReused("This key came with other recipients before.", hint="Use a new key for a new request.")
    return known
