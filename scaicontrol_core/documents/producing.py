"""Producing a document: render, store, record. Safe to repeat, killed anywhere.

Nothing is rendered or uploaded within a transaction: the PDF is in the object store before a
row says so, and a crash in between only means that the same bytes are stored again.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.documents.brand.loading import load_assets
from scaicontrol_core.documents.einvoicing import XML, WrittenEInvoice, wanted_format, write_einvoice
from scaicontrol_core.documents.errors import (
    NEEDS_MENDING,
    DocumentNotReady,
    ObjectAltered,
    ObjectConflict,
    ObjectNotFound,
    ObjectStoreUnavailable,
)
from scaicontrol_core.documents.object_keys import invoice_pdf_key, invoice_xml_key
from scaicontrol_core.documents.ports import PdfParts, RenderedHtml
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.documents.templates.choosing import print_template
from scaicontrol_core.kernel.errors import Conflict, NotFound, Refused, Stale
from scaicontrol_core.kernel.scope import ScopeKind

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.documents.ports import DocumentRenderer, EInvoiceWriter, FontVersion, ObjectStore
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
class _StoredDocument:
    """What lies in the object store and is still to be recorded."""

    revision: int
    pdf_key: str
    pdf: bytes
    xml_key: str | None


@frozen
class Production:
    """The ports that producing needs, handed on by the use cases that do it."""

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    objects: ObjectStore
    renderer: DocumentRenderer
    einvoices: EInvoiceWriter

    async def produce(self, actor: Actor, invoice_id: InvoiceId) -> DocumentRevision:
        """Return the invoice's newest revision, made now if there is none yet.

        Raises ``NotFound``, ``DraftHasNoDocument``, and what renderer and store raise; to a customer, who
        has no template to mend, ``DocumentNotReady``.
        """
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(invoice_id)
            known = await work.document_revisions.latest(invoice_id)
        if known is not None:
            return known
        try:
            rendered = await self._write(actor, invoice)
            return await self.keep(actor, invoice, rendered, first=1, reason=RevisionReason.FINALIZE)
        except NEEDS_MENDING as broken:
            if actor.scope.kind is ScopeKind.TENANT:
                raise DocumentNotReady("The document is not ready yet.", hint="Try again later.") from broken
            raise

    async def wanted(self, actor: Actor, invoice_id: InvoiceId, number: int | None) -> DocumentRevision:
        """Return the revision of that number, None for the newest; raises ``NotFound`` and as ``produce`` does."""
        newest = await self.produce(actor, invoice_id)
        if number is None or number == newest.revision:
            return newest
        async with self.work.begin(actor, read_only=True) as work:
            known = await work.document_revisions.all_of(invoice_id)
        for revision in known:
            if revision.revision == number:
                return revision
        raise NotFound.of("document_revision", f"{invoice_id}/{number}")

    async def regenerate(self, actor: Actor, invoice_id: InvoiceId, reason: RevisionReason) -> DocumentRevision:
        """Write the frozen document anew with the template of today, as a revision after all others.

        Raises as ``produce`` does.
        """
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(invoice_id)
            known = await work.document_revisions.latest(invoice_id)
        rendered = await self._write(actor, invoice)
        return await self.keep(actor, invoice, rendered, first=known.revision + 1 if known else 1, reason=reason)

    async def renew(self, actor: Actor, invoice_id: InvoiceId, reason: RevisionReason) -> DocumentRevision:
        """Return the newest revision if today's template still writes the same, else one made now.

        Raises as ``produce`` does.
        """
        newest = await self.produce(actor, invoice_id)
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(invoice_id)
        rendered = await self._write(actor, invoice)
        if rendered.html == newest.html_snapshot:
            return newest
        return await self.keep(actor, invoice, rendered, first=newest.revision + 1, reason=reason)

    async def _write(self, actor: Actor, invoice: Invoice) -> RenderedHtml:
        """Write the frozen document with the template of today."""
        document = _finalized(invoice)
        async with self.work.begin(actor, read_only=True) as work:
            template = await print_template(work, invoice, document["language"])
        return await self.renderer.render_html(document, template=template)

    async def keep(
        self, actor: Actor, invoice: Invoice, rendered: RenderedHtml, *, first: int, reason: RevisionReason
    ) -> DocumentRevision:
        """Make the PDF of a rendered document and its XML, store them and record the next free revision.

        The XML is in the format that the buyer had at finalization, as the document says it.
        """
        document = _finalized(invoice)
        einvoice = write_einvoice(document, wanted_format(document), self.einvoices)
        stored = await self._store(invoice.id, rendered, einvoice, first)
        made = DocumentRevision(
            invoice_id=invoice.id,
            partner_id=invoice.partner_id,
            tenant_id=invoice.tenant_id,
            revision=stored.revision,
            object_key=stored.pdf_key,
            sha256=sha256(stored.pdf).hexdigest(),
            size=len(stored.pdf),
            reason=reason,
            html_snapshot=rendered.html,
            template=rendered.template,
            renderer=rendered.renderer,
            fonts=rendered.fonts,
            created_at=self.clock.now(),
            einvoice_format=einvoice.format if einvoice else None,
            einvoice_key=stored.xml_key,
            einvoice_sha256=einvoice.sha256 if einvoice else None,
        )
        return await self._record(actor, made)

    async def _store(
        self, invoice_id: InvoiceId, rendered: RenderedHtml, einvoice: WrittenEInvoice | None, first: int
    ) -> _StoredDocument:
        """Put PDF and XML where no other bytes are: under the first free revision."""
        parts = await self._parts(rendered.html, rendered.fonts, einvoice)
        revision = first
        while True:
            key = invoice_pdf_key(invoice_id, revision)
            pdf = await self.renderer.render_pdf(rendered.html, key, parts)
            try:
                await self.objects.put(key, pdf, content_type=PDF)
                if einvoice is None:
                    return _StoredDocument(revision, key, pdf, None)
                # A hybrid's too: what is inside the PDF can then be read, and lost pages be made again around it.
                xml_key = invoice_xml_key(invoice_id, revision)
                await self.objects.put(xml_key, einvoice.xml, content_type=XML)
                return _StoredDocument(revision, key, pdf, xml_key)
            except ObjectConflict:
                # Bytes of an attempt that died before its row was written, by older programs.
                if revision - first >= _SPARE_REVISIONS:
                    raise
                revision += 1

    async def pdf(self, actor: Actor, invoice: Invoice, revision: DocumentRevision) -> tuple[bytes, DocumentRevision]:
        """Return a revision's PDF; one that was lost or altered is made again from its snapshot, to the byte.

        Should newer programs give other bytes, those become a revision of their own, which is returned.
        """
        kept = await self._stored(revision.object_key, revision.sha256)
        if kept is not None:
            return kept, revision
        einvoice, _ = await self._einvoice(invoice, revision)
        parts = await self._parts(revision.html_snapshot, revision.fonts, einvoice)
        content = await self.renderer.render_pdf(revision.html_snapshot, revision.object_key, parts)
        if sha256(content).hexdigest() == revision.sha256:
            await self._put_back(revision.object_key, content, PDF)
            return content, revision
        reprint = await self._reprint(actor, invoice, revision)
        return await self.objects.get(reprint.object_key), reprint

    async def xml(
        self, actor: Actor, invoice: Invoice, revision: DocumentRevision
    ) -> tuple[WrittenEInvoice | None, DocumentRevision]:
        """Return a revision's XML, None if it has none; what is lost is made again, as a PDF is."""
        einvoice, was_lost = await self._einvoice(invoice, revision)
        if einvoice is None or revision.einvoice_key is None or not was_lost:
            return einvoice, revision
        if einvoice.sha256 == revision.einvoice_sha256:
            await self._put_back(revision.einvoice_key, einvoice.xml, XML)
            return einvoice, revision
        return einvoice, await self._reprint(actor, invoice, revision)

    async def _einvoice(self, invoice: Invoice, revision: DocumentRevision) -> tuple[WrittenEInvoice | None, bool]:
        """Return a revision's XML as it was kept, or written again; and whether it was lost."""
        wanted, key = revision.einvoice_format, revision.einvoice_key
        if wanted is None or key is None:
            return None, False
        kept = await self._stored(key, revision.einvoice_sha256)
        if kept is not None:
            return WrittenEInvoice(wanted, kept), False
        return write_einvoice(_finalized(invoice), wanted, self.einvoices), True

    async def _stored(self, key: str, digest: str | None) -> bytes | None:
        """Return what the store keeps; None if it is lost, or no longer what was stored."""
        try:
            content = await self.objects.get(key)
        except (ObjectNotFound, ObjectAltered):
            return None
        return content if sha256(content).hexdigest() == digest else None

    async def _put_back(self, key: str, content: bytes, content_type: str) -> None:
        # Altered bytes may lie there still, and a store replaces nothing; or it takes nothing now: the right
        # bytes are at hand, whoever asked gets them, and the next reading puts them back.
        with suppress(ObjectConflict, ObjectStoreUnavailable):
            await self.objects.put(key, content, content_type=content_type)

    async def _reprint(self, actor: Actor, invoice: Invoice, lost: DocumentRevision) -> DocumentRevision:
        async with self.work.begin(actor, read_only=True) as work:
            newest = await work.document_revisions.latest(invoice.id) or lost
        snapshot = RenderedHtml(lost.html_snapshot, lost.renderer, lost.fonts, lost.template)
        first = newest.revision + 1
        return await self.keep(actor, invoice, snapshot, first=first, reason=RevisionReason.REPRINT)

    async def _parts(self, html: str, fonts: tuple[FontVersion, ...], einvoice: WrittenEInvoice | None) -> PdfParts:
        assets = await load_assets(self.objects, html, fonts)
        return PdfParts(assets=assets, einvoice=einvoice.attachment if einvoice else None)

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


def _finalized(invoice: Invoice) -> dict[str, Any]:
    if invoice.document is None:
        raise DraftHasNoDocument("A draft has no document yet.", hint="Finalize it first.")
    return invoice.document
