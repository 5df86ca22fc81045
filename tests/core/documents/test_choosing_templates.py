"""Documents and e-mails are written with the template that their buyer, or their seller, chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import define, field

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.documents.ports import NO_PARTS, PdfParts, RenderedHtml, TemplateSource
from scaicontrol_core.documents.templates.template import (
    DocumentTemplate,
    TemplateContent,
    TemplateId,
    TemplateIdentity,
    TemplateLanguage,
    TemplateType,
)
from scaicontrol_core.documents.use_cases.deliver_mail import DeliverMail
from scaicontrol_core.documents.use_cases.preview_draft import PreviewDraft
from scaicontrol_core.documents.use_cases.read_invoice_pdf import ReadInvoicePdf
from scaicontrol_core.documents.use_cases.regenerate_invoice_pdf import RegenerateInvoicePdf
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from scaicontrol_core.testing import FixedClock, MemoryWorld
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID, new_partner, new_profile, new_tenant

ADMIN = Actor.system("documents")
BUYER = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
NOW = FixedClock().now()


@define
class NamingRenderer:
    """Writes the name of the template it was given."""

    asked: list[str] = field(factory=list)

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Return a page."""
        name = template.name if template else "built-in"
        self.asked.append(name)
        return RenderedHtml(f"{document['number']} {template.html if template else ''} {draft}", "plain", (), name)

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Return bytes that depend on page and key alone."""
        return f"{document_key}: {html}".encode()


@define
class Press:
    """A world whose seller has house templates."""

    world: MemoryWorld
    renderer: NamingRenderer

    async def hang(self, name: str, kind: TemplateType, language: TemplateLanguage | None = None) -> DocumentTemplate:
        """Keep a template of the seller's."""
        identity = TemplateIdentity(partner_id=OPERATOR_ID, name=name, document_type=kind, language=language)
        content = TemplateContent(html_content=f"<p>{name} {kind}</p>", subject=f"{name} writes")
        made = DocumentTemplate.create(TemplateId(f"tpl_{name}_{kind}_{language}"), identity, content, NOW, "rita")
        await self.world.keep(made)
        return made

    async def draft(self) -> Invoice:
        """Draft an invoice."""
        line = LineInput(description="Advice", unit_price_cents="12500")
        return await self.world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput(lines=(line,)))

    async def issue(self) -> Invoice:
        """Finalize one."""
        return await self.world.use(FinalizeInvoice)(ADMIN, (await self.draft()).id)


@pytest.fixture
async def press() -> Press:
    """A seller whose house templates are called House; the buyer wants its own, called Acme."""
    renderer = NamingRenderer()
    world = MemoryWorld(renderer=renderer)
    seller = new_partner(invoice_template_name="House", email_template_name="House")
    buyer = new_profile(invoice_template_name="Acme", email_template_name="Acme")
    await world.keep(seller, new_tenant(), buyer)
    return Press(world, renderer)


async def test_a_document_is_printed_with_the_sellers_template_and_says_so(press: Press) -> None:
    await press.hang("House", TemplateType.INVOICE)
    read = await press.world.use(ReadInvoicePdf)(BUYER, (await press.issue()).id)
    assert read.revision.template == "House@1"
    assert b"<p>House invoice</p>" in read.content


async def test_the_buyers_own_comes_first_and_its_language_before_any(press: Press) -> None:
    await press.hang("House", TemplateType.INVOICE, TemplateLanguage.NL)
    await press.hang("Acme", TemplateType.INVOICE, TemplateLanguage.DE)
    issued = await press.issue()
    first = await press.world.use(ReadInvoicePdf)(ADMIN, issued.id)
    await press.hang("Acme", TemplateType.INVOICE)
    again = await press.world.use(RegenerateInvoicePdf)(ADMIN, issued.id)
    assert (first.revision.template, again.template) == ("House@1", "Acme@1")


async def test_a_new_version_shows_in_the_next_rendering_and_what_was_made_stays(press: Press) -> None:
    kept = await press.hang("House", TemplateType.INVOICE)
    issued = await press.issue()
    first = await press.world.use(ReadInvoicePdf)(ADMIN, issued.id)
    async with press.world.work.begin(ADMIN) as work:
        found = await work.templates.get(kept.id)
        found.save(TemplateContent(html_content="new look"), NOW, "rita")
        await work.templates.save(found)
        await work.commit()
    again = await press.world.use(RegenerateInvoicePdf)(ADMIN, issued.id)
    assert (again.template, again.revision) == ("House@2", 2)
    assert await press.world.use(ReadInvoicePdf)(ADMIN, issued.id, revision=1) == first


async def test_a_deleted_template_is_used_no_more(press: Press) -> None:
    kept = await press.hang("House", TemplateType.INVOICE)
    async with press.world.work.begin(ADMIN) as work:
        found = await work.templates.get(kept.id)
        found.delete(NOW, "rita")
        await work.templates.save(found)
        await work.commit()
    read = await press.world.use(ReadInvoicePdf)(ADMIN, (await press.issue()).id)
    assert read.revision.template == "built-in"


async def test_a_draft_is_shown_with_the_template_it_would_have(press: Press) -> None:
    await press.hang("House", TemplateType.INVOICE)
    await press.world.use(PreviewDraft)(ADMIN, (await press.draft()).id)
    assert press.renderer.asked == ["House@1"]


async def test_an_email_is_written_with_its_own_template(press: Press) -> None:
    await press.hang("House", TemplateType.EMAIL_INVOICE)
    await press.hang("Acme", TemplateType.EMAIL_CREDIT_NOTE)
    issued = await press.issue()
    request = await press.world.use(SendInvoice)(ADMIN, issued.id, ["anna@example.com"])
    sent = await press.world.use(DeliverMail)(ADMIN, request.id)
    assert sent.template == "House@1"
