"""Show a draft as the invoice it would be: a proforma with a watermark."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.brand.loading import load_assets
from scaicontrol_core.documents.ports import DocumentRenderer, ObjectStore, PdfParts
from scaicontrol_core.documents.proforma import proforma
from scaicontrol_core.documents.templates.choosing import print_template
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import RateTable


@frozen
class PreviewDraft:
    """Render a draft with today's VAT and parties, marked as no tax document on every page.

    Nothing is kept and no number is spent. Raises ``NotFound``, ``InvoiceImmutable`` for what has
    its number, and what finalization would raise: a seller without an address, a missing rate.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    rates: RateTable
    renderer: DocumentRenderer
    objects: ObjectStore

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> bytes:
        """Return the PDF."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            shown = await proforma(work, actor, invoice_id, self.rates, self.clock.now())
            template = await print_template(work, await work.invoices.get(invoice_id), shown["language"])
        rendered = await self.renderer.render_html(shown, template=template, draft=True)
        parts = PdfParts(assets=await load_assets(self.objects, rendered.html, rendered.fonts))
        return await self.renderer.render_pdf(rendered.html, f"drafts/{invoice_id}", parts)
