"""The XML of an invoice: made with its PDF, kept beside it, proven, and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest
from attrs import define

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.errors import EInvoiceIncomplete
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.documents.errors import EInvoiceNotWanted
from scaicontrol_core.documents.object_keys import invoice_pdf_key, invoice_xml_key
from scaicontrol_core.documents.ports import NO_PARTS, PdfParts, RenderedHtml, TemplateSource
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.documents.use_cases.read_einvoice import ReadEInvoice
from scaicontrol_core.documents.use_cases.read_invoice_pdf import ReadInvoicePdf
from scaicontrol_core.documents.use_cases.regenerate_invoice_pdf import RegenerateInvoicePdf
from scaicontrol_core.documents.use_cases.render_document import RenderDocument
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound, Refused
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.einvoices import PlainEInvoices
from scaicontrol_core.testing.faults import FaultyWork, Killed
from scaicontrol_core.testing.objects import MemoryObjects

ADMIN = Actor.system("documents")
BUYER = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
PURE = (EInvoiceFormat.CII, EInvoiceFormat.UBL, EInvoiceFormat.XRECHNUNG)
HYBRID = (EInvoiceFormat.ZUGFERD, EInvoiceFormat.FACTURX)


@define
class HybridRenderer:
    """Writes the number, and after it whatever is to go into the PDF."""

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Return the page."""
        return RenderedHtml(f"<p>{document['number']}</p>", "plain 1", (), "built-in")

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Return bytes that depend on page, key and parts alone."""
        inside = b"" if parts.einvoice is None else parts.einvoice.file_name.encode() + parts.einvoice.xml
        return f"{document_key}: {html}".encode() + inside


@define
class Press:
    """A world whose one customer wants a format, or none."""

    world: MemoryWorld
    objects: MemoryObjects
    writer: PlainEInvoices

    @classmethod
    async def serving(cls, wanted: EInvoiceFormat | None) -> Press:
        """Return a press for a customer of that wish."""
        objects, writer = MemoryObjects(), PlainEInvoices()
        world = MemoryWorld(renderer=HybridRenderer(), objects=objects, einvoices=writer)
        profile = builders.new_profile(
            preferred_einvoice_format=wanted, buyer_reference="B-7", peppol_id="73602809", peppol_scheme="0106"
        )
        await world.keep(builders.new_partner(), builders.new_tenant(), profile)
        return cls(world, objects, writer)

    async def issue(self) -> Invoice:
        """Finalize an invoice."""
        line = LineInput(description="Advice", unit_price_cents="12500")
        draft = await self.world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput(lines=(line,)))
        return await self.world.use(FinalizeInvoice)(ADMIN, draft.id)

    async def render(self, invoice: Invoice, **ports: Any) -> DocumentRevision:
        """Make its documents."""
        return await self.world.use(RenderDocument, **ports)(ADMIN, invoice.id)

    async def read(
        self,
        invoice: Invoice,
        actor: Actor = BUYER,
        wanted: EInvoiceFormat | None = None,
        revision: int | None = None,
    ) -> Any:
        """Read its XML."""
        return await self.world.use(ReadEInvoice)(actor, invoice.id, wanted, revision)


@pytest.mark.parametrize("wanted", [*PURE, *HYBRID])
async def test_a_buyer_of_a_format_gets_it_with_the_pdf(wanted: EInvoiceFormat) -> None:
    press = await Press.serving(wanted)
    issued = await press.issue()
    revision = await press.render(issued)
    kept = press.objects.contents[invoice_xml_key(issued.id)]
    assert (revision.einvoice_format, revision.einvoice_key) == (wanted, invoice_xml_key(issued.id))
    assert revision.einvoice_sha256 == sha256(kept).hexdigest()
    read = await press.read(issued)
    assert (read.content, read.number, read.format, read.sha256, read.revision) == (
        kept,
        issued.number,
        wanted,
        revision.einvoice_sha256,
        1,
    )
    pdf = press.objects.contents[invoice_pdf_key(issued.id)]
    assert pdf.endswith(b"factur-x.xml" + kept) == (wanted in HYBRID)
    assert (kept in pdf) == (wanted in HYBRID)


async def test_reading_makes_what_is_still_pending() -> None:
    press = await Press.serving(EInvoiceFormat.CII)
    issued = await press.issue()
    assert (await press.read(issued)).revision == 1
    assert set(press.objects.contents) == {invoice_pdf_key(issued.id), invoice_xml_key(issued.id)}


async def test_who_wants_paper_gets_paper_and_any_format_by_its_name() -> None:
    press = await Press.serving(None)
    issued = await press.issue()
    revision = await press.render(issued)
    assert (revision.einvoice_format, revision.einvoice_key, revision.einvoice_sha256) == (None, None, None)
    assert list(press.objects.contents) == [invoice_pdf_key(issued.id)]
    with pytest.raises(EInvoiceNotWanted) as none:
        await press.read(issued)
    assert none.value.code == "einvoice_not_wanted"
    for wanted in (*PURE, *HYBRID):
        read = await press.read(issued, wanted=wanted)
        assert (read.format, read.revision) == (wanted, None)
        assert f'format="{wanted.value}"'.encode() in read.content
    assert list(press.objects.contents) == [invoice_pdf_key(issued.id)]


async def test_another_format_than_the_buyers_is_written_on_the_spot() -> None:
    press = await Press.serving(EInvoiceFormat.CII)
    issued = await press.issue()
    assert (await press.read(issued, wanted=EInvoiceFormat.CII)).revision == 1
    assert (await press.read(issued, wanted=EInvoiceFormat.UBL)).revision is None


async def test_a_format_that_asks_for_more_than_was_frozen_is_refused_with_the_rule() -> None:
    world = MemoryWorld(renderer=HybridRenderer())
    nameless = builders.new_profile(peppol_id=None, contact_email=None, vat_number=None)
    await world.keep(builders.new_partner(), builders.new_tenant(), nameless)
    press = Press(world, MemoryObjects(), PlainEInvoices())
    issued = await press.issue()
    with pytest.raises(EInvoiceIncomplete) as refused:
        await press.read(issued, wanted=EInvoiceFormat.XRECHNUNG)
    assert refused.value.code == "einvoice_incomplete"
    assert any("BR-DE-15" in field.message for field in refused.value.fields)


@pytest.mark.parametrize("wanted", [EInvoiceFormat.CII, EInvoiceFormat.ZUGFERD])
async def test_a_lost_xml_is_made_again_to_the_byte(wanted: EInvoiceFormat) -> None:
    press = await Press.serving(wanted)
    issued = await press.issue()
    first = await press.read(issued)
    del press.objects.contents[invoice_xml_key(issued.id)]
    assert await press.read(issued) == first
    assert press.objects.contents[invoice_xml_key(issued.id)] == first.content


async def test_a_lost_pdf_is_made_again_around_the_xml_that_was_kept() -> None:
    press = await Press.serving(EInvoiceFormat.ZUGFERD)
    issued = await press.issue()
    first = await press.world.use(ReadInvoicePdf)(ADMIN, issued.id)
    del press.objects.contents[invoice_pdf_key(issued.id)]
    press.writer.version = "2"
    assert await press.world.use(ReadInvoicePdf)(ADMIN, issued.id) == first


async def test_newer_programs_write_a_revision_of_their_own_where_everything_is_lost() -> None:
    press = await Press.serving(EInvoiceFormat.ZUGFERD)
    issued = await press.issue()
    first = await press.read(issued)
    press.objects.contents.clear()
    press.writer.version = "2"
    again = await press.read(issued)
    assert (again.revision, again.content) != (first.revision, first.content)
    assert again.revision == 2
    newest = (await press.world.use(ReadInvoicePdf)(ADMIN, issued.id)).revision
    assert (newest.revision, newest.reason) == (2, RevisionReason.REPRINT)
    assert newest.einvoice_sha256 == again.sha256
    assert await press.read(issued) == again


async def test_a_newer_writer_alone_changes_nothing_that_is_kept() -> None:
    press = await Press.serving(EInvoiceFormat.CII)
    issued = await press.issue()
    first = await press.read(issued)
    press.writer.version = "2"
    assert await press.read(issued) == first


@pytest.mark.parametrize("wanted", [*PURE, *HYBRID])
async def test_each_revision_gives_the_xml_that_went_out_with_it(wanted: EInvoiceFormat) -> None:
    press = await Press.serving(wanted)
    issued = await press.issue()
    first = await press.read(issued)
    press.writer.version = "2"
    await press.world.use(RegenerateInvoicePdf)(ADMIN, issued.id)
    second = await press.read(issued)
    assert (first.revision, second.revision) == (1, 2)
    assert first.content != second.content
    assert await press.read(issued, revision=1) == first
    assert await press.read(issued, wanted=wanted, revision=1) == first
    assert await press.read(issued, revision=2) == second
    with pytest.raises(NotFound) as never:
        await press.read(issued, revision=3)
    assert never.value.code == "document_revision_not_found"


async def test_a_revision_has_the_buyers_format_and_no_other() -> None:
    press = await Press.serving(EInvoiceFormat.CII)
    issued = await press.issue()
    with pytest.raises(Invalid) as other:
        await press.read(issued, wanted=EInvoiceFormat.UBL, revision=1)
    assert (other.value.code, other.value.fields[0].pointer) == ("revision_of_other_format", "/revision")
    paper = await Press.serving(None)
    with pytest.raises(EInvoiceNotWanted):
        await paper.read(await paper.issue(), revision=1)


@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
async def test_a_killed_worker_costs_nothing(moment: str) -> None:
    press = await Press.serving(EInvoiceFormat.CII)
    issued = await press.issue()
    dying = FaultyWork(press.world.work)
    setattr(dying, moment, 1)
    with pytest.raises(Killed):
        await press.render(issued, work=dying)
    assert (await press.render(issued)).revision == 1
    assert set(press.objects.contents) == {invoice_pdf_key(issued.id), invoice_xml_key(issued.id)}


async def test_an_xml_of_a_dead_attempt_by_an_older_writer_stays_where_it_is() -> None:
    press = await Press.serving(EInvoiceFormat.CII)
    issued = await press.issue()
    with pytest.raises(Killed):
        await press.render(issued, work=FaultyWork(press.world.work, kill_before=1))
    press.writer.version = "2"
    revision = await press.render(issued)
    assert (revision.revision, revision.einvoice_key) == (2, invoice_xml_key(issued.id, 2))


async def test_whose_xml_it_is() -> None:
    press = await Press.serving(EInvoiceFormat.CII)
    issued = await press.issue()
    draft = await press.world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput())
    with pytest.raises(NotFound):
        await press.read(issued, Actor.tenant_user("mallory", TenantId("tnt_other"), OPERATOR_ID, Role.TENANT_ADMIN))
    with pytest.raises(Forbidden):
        await press.read(issued, Actor.tenant_user("vera", TENANT_ID, OPERATOR_ID))
    with pytest.raises(NotFound):
        await press.read(draft)
    with pytest.raises(Refused) as refused:
        await press.read(draft, ADMIN)
    assert refused.value.code == "invoice_not_finalized"
