"""Show what a template makes of a sample, or of an invoice."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.brand.loading import load_assets
from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_composing import MailTemplateSource
from scaicontrol_core.documents.ports import DocumentRenderer, ObjectStore, PdfParts, TemplateSource
from scaicontrol_core.documents.proforma import proforma
from scaicontrol_core.documents.templates.samples import order_about, sample_documents, sample_orders
from scaicontrol_core.documents.templates.template import (
    TemplateContent,
    TemplateId,
    TemplateLanguage,
    TemplateType,
)
from scaicontrol_core.documents.transmission_ports import MailRenderer
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import RateTable

_UNSAVED = "draft"
_KEY = "previews/template"


@frozen(kw_only=True)
class PreviewOrder:
    """What to show: a text, or a kept template, or neither (the built-in one), over a sample or an invoice.

    ``sample`` names one of the sample documents (the first unless one is named); ``pdf`` asks for
    pages, which e-mails have none of.
    """

    document_type: TemplateType | None = None
    content: TemplateContent | None = None
    template_id: TemplateId | None = None
    language: TemplateLanguage | None = None
    sample: str | None = None
    invoice_id: InvoiceId | None = None
    pdf: bool = False


@frozen(kw_only=True)
class Preview:
    """What it looks like: HTML, an e-mail's subject, and a PDF where one was asked for."""

    html: str
    subject: str | None = None
    pdf: bytes | None = None


@frozen
class PreviewTemplate:
    """Render a template without keeping anything. A draft is shown as one, with its watermark.

    Raises ``NotFound``, ``TemplateRejected`` with line and reason, ``RenderingLimitExceeded``, ``Invalid``.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    rates: RateTable
    renderer: DocumentRenderer
    objects: ObjectStore
    mail_renderer: MailRenderer

    async def __call__(self, actor: Actor, order: PreviewOrder) -> Preview:
        """Return how it looks."""
        actor.require(Permission.ADMIN_BILLING)
        name = _UNSAVED
        async with self.work.begin(actor, read_only=True) as work:
            if order.template_id is not None:
                kept = await work.templates.get(order.template_id)
                name, identity = kept.label, kept.identity
                language = order.language or identity.language
                order = evolve(
                    order,
                    document_type=identity.document_type,
                    content=order.content or kept.content,
                    language=language,
                )
            document, draft = await self._about(work, actor, order)
        kind = order.document_type or TemplateType.INVOICE
        if kind.is_printed:
            return await self._printed(order, name, document or _sample(kind, order), draft=draft)
        return await self._mailed(MailType(kind.value), order, name, document)

    async def _about(
        self, work: DocumentsWork, actor: Actor, order: PreviewOrder
    ) -> tuple[dict[str, Any] | None, bool]:
        """Return the invoice's document, if one is named, and whether it is a draft's."""
        if order.invoice_id is None:
            return None, False
        invoice = await work.invoices.get(order.invoice_id)
        if invoice.document is not None:
            return invoice.document, False
        return await proforma(work, actor, invoice.id, self.rates, self.clock.now()), True

    async def _printed(self, order: PreviewOrder, name: str, document: dict[str, Any], *, draft: bool) -> Preview:
        content, source = order.content, None
        if content is not None:
            source = TemplateSource(name, content.html_content, content.css_content, content.page_format)
        rendered = await self.renderer.render_html(document, template=source, draft=draft)
        if not order.pdf:
            return Preview(html=rendered.html)
        parts = PdfParts(assets=await load_assets(self.objects, rendered.html, rendered.fonts))
        return Preview(html=rendered.html, pdf=await self.renderer.render_pdf(rendered.html, _KEY, parts))

    async def _mailed(self, kind: MailType, order: PreviewOrder, name: str, document: dict[str, Any] | None) -> Preview:
        if order.pdf:
            raise Invalid.field("/pdf", "An e-mail has no pages.", code="preview_not_printed")
        content, source = order.content, None
        if content is not None:
            source = MailTemplateSource(name, content.subject or "", content.html_content, content.css_content)
        orders = sample_orders(kind, _language(order))
        about = order_about(kind, document) if document else orders[_shape(order, list(orders))]
        written = await self.mail_renderer.render_mail(about, source)
        return Preview(html=written.html, subject=written.subject)


def _language(order: PreviewOrder) -> str:
    return (order.language or TemplateLanguage.EN).value


def _sample(kind: TemplateType, order: PreviewOrder) -> dict[str, Any]:
    documents = sample_documents(kind, _language(order))
    return documents[_shape(order, list(documents))]


def _shape(order: PreviewOrder, shapes: list[str]) -> str:
    if order.sample is None:
        return shapes[0]
    if order.sample not in shapes:
        raise Invalid.field("/sample", f"{order.sample!r} is not one of {', '.join(shapes)}.", code="sample_unknown")
    return order.sample
