"""Deliver one request to send a document: claim it, compose it, hand it over, record what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.einvoicing import HYBRIDS
from scaicontrol_core.documents.mail import Handed, Mail, MailAttachment, MailSender, MailUnavailable
from scaicontrol_core.documents.mail_composing import MailOrder
from scaicontrol_core.documents.mail_schedule import LAST_ATTEMPT
from scaicontrol_core.documents.ports import DocumentRenderer, EInvoiceWriter, ObjectStore
from scaicontrol_core.documents.producing import Production
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.documents.sending import files_of, message_of, sendable
from scaicontrol_core.documents.templates.choosing import mail_template
from scaicontrol_core.documents.transmission import SendEntry, SendId, SendNotDue, SendRequest, SendStatus
from scaicontrol_core.documents.transmission_ports import MailRenderer
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import CommitUnknown, Conflict, ErrorKind, NotFound, ScaiControlError, Stale
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory

if TYPE_CHECKING:
    from scaicontrol_core.billing.invoice import Invoice

#: Errors that another attempt may mend: something we need on the way is away.
_LATER = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.RETRYABLE, ErrorKind.STALE})
#: How often others may change a request or its invoice while the outcome is recorded.
_RECORDINGS = 4

Settle = Callable[[SendRequest], SendEntry]


@frozen
class DeliverMail:
    """Hand a queued request's message over, exactly once as far as its channel allows.

    No transaction is open while anything is rendered or handed over. The words and the revision
    are settled and kept before the hand-over, whose key is the request's: a worker that goes on
    after a crash hands over the same message under the same key. A failure is no exception: the
    request says what was wrong and when it is tried again. Raises ``NotFound``, ``SendNotDue``.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    ids: Ids
    objects: ObjectStore
    renderer: DocumentRenderer
    einvoices: EInvoiceWriter
    mail: MailSender
    mail_renderer: MailRenderer
    retry: Retry

    async def __call__(self, actor: Actor, send_id: SendId) -> SendRequest:
        """Return the request as it stands afterwards."""
        actor.require(Permission.ADMIN_BILLING)
        owner = self.ids.new("wrk")
        request = await self.retry(lambda: self._claim(actor, send_id, owner))
        channel = self.mail.channel
        if request.attempts > LAST_ATTEMPT:
            told = (
                "mail_given_up",
                "Workers died over it, each time; look for it with the mail service before a retry.",
            )
            return await self._record(
                actor, send_id, owner, lambda found: found.fail(told, self.clock.now(), channel=channel)
            )
        try:
            message, key = await self._message(actor, request, owner)
            handed = await self.mail.send(message, key)
        except SendNotDue:
            raise  # another worker has it by now
        except MailUnavailable as away:
            error, doubtful, asked = _told(away), away.maybe_taken, away.retry_after
            return await self._record(
                actor,
                send_id,
                owner,
                lambda found: found.defer(error, self.clock.now(), channel=channel, doubtful=doubtful, asked=asked),
            )
        except ScaiControlError as wrong:
            return await self._record(actor, send_id, owner, self._failure(wrong, channel))
        except Exception as fault:  # noqa: BLE001 - else the request would be taken up again for ever, telling nobody
            return await self._record(actor, send_id, owner, self._fault(fault, channel))
        return await self._record_success(actor, send_id, handed, channel)

    async def _claim(self, actor: Actor, send_id: SendId, owner: str) -> SendRequest:
        try:
            async with self.work.begin(actor) as work:
                request = await work.send_requests.get(send_id)
                request.claim(owner, self.clock.now())
                await work.send_requests.save(request)
                await work.commit()
        except Stale:
            raise SendNotDue(f"Another worker took the request {send_id}.") from None
        return request

    async def _message(self, actor: Actor, request: SendRequest, owner: str) -> tuple[Mail, str]:
        """Return the message and its key, composed and kept now unless they were before."""
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(request.invoice_id)
        document = sendable(invoice)
        production = Production(self.work, self.clock, self.objects, self.renderer, self.einvoices)
        if request.is_composed:
            revision = await self._settled_revision(actor, request)
        else:
            revision = await production.renew(actor, invoice.id, RevisionReason.SEND)
            request = await self._compose(actor, request, owner, revision)
        files = await _files(production, actor, invoice, revision)
        return message_of(request, document, files), request.hand_over_key

    async def _compose(self, actor: Actor, request: SendRequest, owner: str, revision: DocumentRevision) -> SendRequest:
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(request.invoice_id)
            document = sendable(invoice)
            template = await mail_template(work, invoice, request.mail_type, document["language"])
        order = MailOrder(mail_type=request.mail_type, document=document)
        rendered = await self.mail_renderer.render_mail(order, template)

        async def settle() -> SendRequest:
            async with self.work.begin(actor) as work:
                found = await work.send_requests.get(request.id)
                if found.lease_owner != owner:
                    raise SendNotDue(f"Another worker took the request {request.id}.")
                found.compose(rendered, revision.revision, self.clock.now())
                await work.send_requests.save(found)
                await work.commit()
            return found

        return await self.retry(settle)

    async def _settled_revision(self, actor: Actor, request: SendRequest) -> DocumentRevision:
        async with self.work.begin(actor, read_only=True) as work:
            known = await work.document_revisions.all_of(request.invoice_id)
        for revision in known:
            if revision.revision == request.revision:
                return revision
        raise NotFound.of("document_revision", f"{request.invoice_id}/{request.revision}")

    def _failure(self, wrong: ScaiControlError, channel: str) -> Settle:
        """Return how to note an error: for later where waiting may mend it, else for good."""
        if wrong.kind in _LATER:
            return lambda found: found.defer(_told(wrong), self.clock.now(), channel=channel, doubtful=False)
        return lambda found: found.fail(_told(wrong), self.clock.now(), channel=channel)

    def _fault(self, fault: Exception, channel: str) -> Settle:
        """Return how to note a fault of our own: its kind, for its words may be secret; tried again, then given up."""
        told = ("mail_fault", f"A fault of the software: {type(fault).__name__}.")
        return lambda found: found.defer(told, self.clock.now(), channel=channel, doubtful=found.is_composed)

    async def _record_success(self, actor: Actor, send_id: SendId, handed: Handed, channel: str) -> SendRequest:
        return await self._record(
            actor, send_id, None, lambda found: found.hand_over(handed, channel, self.clock.now())
        )

    async def _record(self, actor: Actor, send_id: SendId, owner: str | None, settle: Settle) -> SendRequest:
        """Write what became of an attempt; a failure counts only while ``owner`` still holds the request.

        Whoever handed over the same message under the same key first has told it already.
        """
        for attempts_left in reversed(range(_RECORDINGS)):
            try:
                return await self.retry(lambda: self._write(actor, send_id, owner, settle))
            except (Stale, Conflict, CommitUnknown):
                if not attempts_left:
                    raise
        raise AssertionError("unreachable")

    async def _write(self, actor: Actor, send_id: SendId, owner: str | None, settle: Settle) -> SendRequest:
        async with self.work.begin(actor) as work:
            request = await work.send_requests.get(send_id)
            if request.status is not SendStatus.QUEUED or owner not in (None, request.lease_owner):
                return request
            entry = settle(request)
            await work.send_requests.save(request)
            await work.send_history.add(entry)
            if request.handed_at is not None:
                invoice = await work.invoices.get(request.invoice_id)
                invoice.mark_sent(request.handed_at)
                if invoice.has_changed:
                    await work.invoices.save(invoice)
            await work.commit()
        return request


async def _files(
    production: Production, actor: Actor, invoice: Invoice, revision: DocumentRevision
) -> tuple[MailAttachment, ...]:
    pdf, _ = await production.pdf(actor, invoice, revision)
    beside = revision.einvoice_format is not None and revision.einvoice_format not in HYBRIDS
    xml = (await production.xml(actor, invoice, revision))[0] if beside else None
    return files_of(invoice.number or invoice.id, pdf, xml.xml if xml else None)


def _told(error: ScaiControlError) -> tuple[str, str]:
    return error.code, f"{error.message} {error.hint}" if error.hint else error.message
