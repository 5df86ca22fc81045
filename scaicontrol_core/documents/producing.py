"""Producing a document: render, store, record. Safe to repeat, killed anywhere.

Nothing is rendered or uploaded within a transaction: the PDF is in the object store before a
row says so, and a crash in between only means that the same bytes are stored again.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.documents.errors import ObjectConflict
from scaicontrol_core.documents.object_keys import invoice_pdf_key
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.kernel.errors import Conflict, Refused, Stale

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.documents.ports import DocumentRenderer, ObjectStore, RenderedHtml
    from scaicontrol_core.documents.work import DocumentsWork
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.ids import InvoiceId
    from scaicontrol_core.kernel.work import UnitOfWorkFactory

PDF = "application/pdf"
_SPARE_REVISIONS = 20
#: How often others may change the invoice (send it, void it) while its document is recorded.
_ATTEMPTS = 3


class DraftHasNoDocument(Refused):
    """A draft has no legal document to show."""

    code = "invoice_not_finalized"


@frozen
class Production:
    """The ports that producing needs, handed on by the use cases that do it."""

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    objects: ObjectStore
    renderer: DocumentRenderer

    async def produce(self, actor: Actor, invoice_id: InvoiceId) -> DocumentRevision:
        """Return the invoice's newest revision, made now if there is none yet.

        Raises ``NotFound``, ``DraftHasNoDocument``, and what renderer and store raise.
        """
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(invoice_id)
            known = await work.document_revisions.latest(invoice_id)
        if known is not None:
            return known
        if invoice.document is None:
            raise DraftHasNoDocument("A draft has no document yet.", hint="Finalize it first.")
        rendered = await self.renderer.render_html(invoice.document)
        return await self.keep(actor, invoice, rendered, first=1, reason=RevisionReason.FINALIZE)

    async def keep(
        self, actor: Actor, invoice: Invoice, rendered: RenderedHtml, *, first: int, reason: RevisionReason
    ) -> DocumentRevision:
        """Make the PDF of a rendered document, store it and record it as the next free revision."""
        revision, key, pdf = first, "", b""
        while True:
            key = invoice_pdf_key(invoice.id, revision)
            pdf = await self.renderer.render_pdf(rendered.html, key)
            try:
                await self.objects.put(key, pdf, content_type=PDF)
                break
            except ObjectConflict:
                # Bytes of an attempt that died before its row was written, by an older renderer.
                if revision - first >= _SPARE_REVISIONS:
                    raise
                revision += 1
        made = DocumentRevision(
            invoice_id=invoice.id,
            partner_id=invoice.partner_id,
            tenant_id=invoice.tenant_id,
            revision=revision,
            object_key=key,
            sha256=sha256(pdf).hexdigest(),
            size=len(pdf),
            reason=reason,
            html_snapshot=rendered.html,
            template=rendered.template,
            renderer=rendered.renderer,
            fonts=rendered.fonts,
            created_at=self.clock.now(),
        )
        return await self._record(actor, made)

    async def _record(self, actor: Actor, made: DocumentRevision) -> DocumentRevision:
        for attempts_left in reversed(range(_ATTEMPTS)):
            try:
                async with self.work.begin(actor) as work:
                    invoice = await work.invoices.get(made.invoice_id)
                    invoice.document_ready(made.revision, made.sha256)
                    await work.document_revisions.add(made)
                    await work.invoices.save(invoice)
                    await work.commit()
            except (Stale, Conflict):
                async with self.work.begin(actor, read_only=True) as work:
                    known = await work.document_revisions.latest(made.invoice_id)
                if known is not None and known.revision >= made.revision:
                    return known  # another worker was faster, with the same bytes
                if not attempts_left:
                    raise
            else:
                break
        return made
