"""Show a draft as the invoice it would be: a proforma with a watermark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.finalizing import drafted_document
from scaicontrol_core.billing.freezing import Rules
from scaicontrol_core.documents.ports import DocumentRenderer
from scaicontrol_core.documents.templates.choosing import print_template
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import RateTable

if TYPE_CHECKING:
    from scaicontrol_core.billing.frozen_document import FrozenDocument

_WITHOUT_FORCE = {"number": None, "issue_date": None, "due_date": None, "payment_reference": None}


class _AnythingGoes:
    """A draft may still lack what its buyer's e-invoice format will ask for."""

    def check(self, document: FrozenDocument) -> None:
        """Let it pass."""


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

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> bytes:
        """Return the PDF."""
        actor.require(Permission.ADMIN_BILLING)
        rules = Rules(rates=self.rates, document_check=_AnythingGoes())
        async with self.work.begin(actor, read_only=True) as work:
            document = await drafted_document(work, actor, invoice_id, rules, self.clock.now())
            template = await print_template(work, await work.invoices.get(invoice_id), document.language)
        shown = document.to_dict() | _WITHOUT_FORCE
        rendered = await self.renderer.render_html(shown, template=template, draft=True)
        return await self.renderer.render_pdf(rendered.html, f"drafts/{invoice_id}")
