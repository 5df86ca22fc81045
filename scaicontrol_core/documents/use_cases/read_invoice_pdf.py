"""Read an invoice's PDF: the stored bytes, or the same bytes made again."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.ports import DocumentRenderer, EInvoiceWriter, ObjectStore
from scaicontrol_core.documents.producing import Production
from scaicontrol_core.documents.revision import DocumentRevision
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class InvoicePdf:
    """The PDF's bytes, its number for a file name, and the revision they are."""

    content: bytes
    number: str
    revision: DocumentRevision


@frozen
class ReadInvoicePdf:
    """Return the newest revision of an invoice's PDF, made at once if it is still pending; or the one named.

    A lost or altered object is made again from the HTML snapshot: the same bytes, by their digest. Should
    newer programs give other bytes, those become a revision of their own, and are returned.
    Raises ``NotFound`` (also a draft, to its buyer, and a revision that never was), ``DraftHasNoDocument``, and
    ``DocumentNotReady`` to a buyer whose seller has a template to mend.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    objects: ObjectStore
    renderer: DocumentRenderer
    einvoices: EInvoiceWriter

    async def __call__(self, actor: Actor, invoice_id: InvoiceId, revision: int | None = None) -> InvoicePdf:
        """Return content, number and revision (the newest unless one is named, from 1)."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(invoice_id)
        if invoice.number is None and actor.scope.kind is ScopeKind.TENANT:
            raise NotFound.of("invoice", invoice_id)
        production = Production(self.work, self.clock, self.objects, self.renderer, self.einvoices)
        wanted = await production.wanted(actor, invoice_id, revision)
        content, found = await production.pdf(actor, invoice, wanted)
        return InvoicePdf(content, invoice.number or "", found)
