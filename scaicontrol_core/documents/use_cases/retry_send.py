"""Try a failed request again."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.documents.sending import sendable
from scaicontrol_core.documents.transmission import SendId, SendRequest
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class RetrySend:
    """Queue a failed request anew, after somebody mended what was wrong.

    Composed anew with today's template, unless what failed may have arrived: then it stays the
    same message with the same key. Raises ``NotFound``, ``NotYourSeries``, ``InvoiceVoid``,
    ``InvalidTransition`` for one that did not fail.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock

    async def __call__(self, actor: Actor, send_id: SendId) -> SendRequest:
        """Return the request, queued."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            request = await work.send_requests.get(send_id)
            invoice = await work.invoices.get(request.invoice_id)
            require_own_name(actor, invoice.issuer_id)
            sendable(invoice)
            request.retry(self.clock.now())
            await work.send_requests.save(request)
            await work.commit()
        return request
