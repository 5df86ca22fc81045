"""Read an invoice's XML: the one that was made for its buyer, or any other format written now."""

from __future__ import annotations

from attrs import field, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.documents.einvoicing import WrittenEInvoice, wanted_format, write_complete
from scaicontrol_core.documents.errors import EInvoiceNotWanted
from scaicontrol_core.documents.ports import DocumentRenderer, EInvoiceWriter, ObjectStore
from scaicontrol_core.documents.producing import DraftHasNoDocument, Production
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid, NotFound
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.fields import EInvoiceFormat


@frozen
class InvoiceXml:
    """The XML, its number for a file name, and the revision it belongs to; None if it was written just now."""

    content: bytes = field(repr=False)
    number: str
    format: EInvoiceFormat
    sha256: str
    revision: int | None


@frozen
class ReadEInvoice:
    """Return an invoice's XML; of a hybrid, the one inside its PDF.

    Without a format, or with the buyer's own, it is what was kept with the newest PDF (a lost object
    is made again, to the byte), or with the revision that is named. Any other format is written from the
    frozen document on the spot and belongs to no revision.
    Raises ``NotFound`` (also a draft, to its buyer, and a revision that never was or has no XML),
    ``DraftHasNoDocument``, ``EInvoiceNotWanted``, ``Invalid`` (``revision_of_other_format``), and
    ``EInvoiceIncomplete`` for a format that asks for more than was frozen.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    objects: ObjectStore
    renderer: DocumentRenderer
    einvoices: EInvoiceWriter

    async def __call__(
        self,
        actor: Actor,
        invoice_id: InvoiceId,
        einvoice_format: EInvoiceFormat | None = None,
        revision: int | None = None,
    ) -> InvoiceXml:
        """Return content, number, format and revision (the newest unless one is named, from 1)."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(invoice_id)
        if invoice.document is None or invoice.number is None:
            if actor.scope.kind is ScopeKind.TENANT:
                raise NotFound.of("invoice", invoice_id)
            raise DraftHasNoDocument("A draft has no document yet.", hint="Finalize it first.")
        own = wanted_format(invoice.document)
        wanted = einvoice_format or own
        if wanted is None:
            raise EInvoiceNotWanted.by(invoice.number)
        if wanted is own:
            return await self._kept(actor, invoice, own, revision)
        if revision is not None:
            message = f"Revision {revision} has no {wanted.value}: only the buyer's own format is kept with it."
            raise Invalid.field("/revision", message, code="revision_of_other_format")
        written = write_complete(invoice.document, wanted, self.einvoices)
        return InvoiceXml(written.xml, invoice.number, wanted, written.sha256, None)

    async def _kept(self, actor: Actor, invoice: Invoice, own: EInvoiceFormat, number: int | None) -> InvoiceXml:
        production = Production(self.work, self.clock, self.objects, self.renderer, self.einvoices)
        revision = await production.wanted(actor, invoice.id, number)
        kept, revision = await production.xml(actor, invoice, revision)
        if kept is None:  # a revision of the days before XML was kept
            if number is not None:
                raise NotFound.of("document_revision", f"{invoice.id}/{number}")
            kept = WrittenEInvoice(own, self.einvoices.write(invoice.document or {}, own))
        return InvoiceXml(kept.xml, invoice.number or "", own, kept.sha256, revision.revision)
