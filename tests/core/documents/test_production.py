"""Making PDFs: each finalized invoice gets one, whoever dies or hurries in between."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest
from attrs import define

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import InvoiceStatus, PdfStatus
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.documents.errors import (
    DocumentNotReady,
    ObjectConflict,
    ObjectStoreUnavailable,
    RenderingFailed,
    RenderingUnavailable,
    TemplateRejected,
)
from scaicontrol_core.documents.object_keys import invoice_pdf_key
from scaicontrol_core.documents.ports import NO_PARTS, FontVersion, PdfParts, RenderedHtml, TemplateSource
from scaicontrol_core.documents.revision import RevisionReason
from scaicontrol_core.documents.use_cases.list_pending_documents import ListPendingDocuments
from scaicontrol_core.documents.use_cases.read_invoice_pdf import ReadInvoicePdf
from scaicontrol_core.documents.use_cases.render_document import RenderDocument
from scaicontrol_core.kernel.errors import Forbidden, NotFound, Refused, ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId, TenantId
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork, Killed
from scaicontrol_core.testing.objects import MemoryObjects

ADMIN = Actor.system("documents")
BUYER = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
FONTS = (FontVersion("SourceSans.otf", "ab" * 32),)


@define
class PlainRenderer:
    """Writes the number and the sum; ``version`` stands for the programs it is made of."""

    version: str = "1"
    broken: ScaiControlError | None = None
    rendered: int = 0

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Return a page with the number on it."""
        if self.broken is not None:
            raise self.broken
        return RenderedHtml(f"<p>{document['number']}</p>", f"plain {self.version}", FONTS, "built-in")

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Return bytes that depend on page, key and version alone."""
        self.rendered += 1
        inside = parts.einvoice.xml if parts.einvoice else b""
        return f"%PDF {self.version} {document_key} {html}".encode() + inside


@define
class Press:
    """A world with a renderer and an object store."""

    world: MemoryWorld
    renderer: PlainRenderer
    objects: MemoryObjects

    async def issue(self) -> Invoice:
        """Finalize an invoice."""
        line = LineInput(description="Advice", unit_price_cents="12500")
        draft = await self.world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput(lines=(line,)))
        return await self.world.use(FinalizeInvoice)(ADMIN, draft.id)

    async def render(self, invoice_id: InvoiceId, **ports: Any) -> Any:
        """Make its PDF."""
        return await self.world.use(RenderDocument, **ports)(ADMIN, invoice_id)

    def stored(self, invoice_id: InvoiceId) -> Invoice:
        """Return the stored row."""
        return self.world.store.tables["invoices"][invoice_id][1]  # type: ignore[no-any-return]

    def revisions(self) -> list[Any]:
        """Return all revisions."""
        return [row for _, row in self.world.store.tables.get("document_revisions", {}).values()]


@pytest.fixture
async def press() -> Press:
    """A press that works."""
    renderer, objects = PlainRenderer(), MemoryObjects()
    return Press(await MemoryWorld.with_one_customer(renderer=renderer, objects=objects), renderer, objects)


async def test_a_rendered_invoice_has_its_first_revision(press: Press) -> None:
    issued = await press.issue()
    assert list(await press.world.use(ListPendingDocuments)(ADMIN)) == [issued.id]
    revision = await press.render(issued.id)
    content = press.objects.contents[invoice_pdf_key(issued.id)]
    assert (revision.revision, revision.reason) == (1, RevisionReason.FINALIZE)
    assert (revision.sha256, revision.size) == (sha256(content).hexdigest(), len(content))
    assert (revision.html_snapshot, revision.renderer, revision.fonts) == (
        "<p>SCAI-2026-000001</p>",
        "plain 1",
        FONTS,
    )
    assert press.stored(issued.id).pdf_status is PdfStatus.READY
    assert list(await press.world.use(ListPendingDocuments)(ADMIN)) == []
    assert press.world.store.audit[-1].details["event"] == {"revision": 1, "sha256": revision.sha256}


async def test_what_is_made_is_not_made_again(press: Press) -> None:
    issued = await press.issue()
    first = await press.render(issued.id)
    assert await press.render(issued.id) == first
    assert press.renderer.rendered == 1


@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
async def test_a_killed_worker_costs_nothing(press: Press, moment: str) -> None:
    issued = await press.issue()
    dying = FaultyWork(press.world.work)
    setattr(dying, moment, 1)
    with pytest.raises(Killed):
        await press.render(issued.id, work=dying)
    await press.render(issued.id)
    assert [each.revision for each in press.revisions()] == [1]
    assert list(press.objects.contents) == [invoice_pdf_key(issued.id)]


async def test_two_workers_make_one_revision(press: Press) -> None:
    issued = await press.issue()
    rival = FaultyWork(press.world.work, meanwhile=lambda _: press.render(issued.id))
    revision = await press.render(issued.id, work=rival)
    assert press.revisions() == [revision]


async def test_an_invoice_that_changes_meanwhile_still_gets_its_document(press: Press) -> None:
    issued = await press.issue()
    voided = False

    async def somebody_voids(_: int) -> None:
        nonlocal voided
        if not voided:
            voided = True
            await press.world.use(VoidInvoice)(ADMIN, issued.id, "wrong customer")

    await press.render(issued.id, work=FaultyWork(press.world.work, meanwhile=somebody_voids))
    stored = press.stored(issued.id)
    assert (stored.status, stored.pdf_status) == (InvoiceStatus.VOID, PdfStatus.READY)


async def test_bytes_of_a_dead_attempt_by_older_programs_stay_where_they_are(press: Press) -> None:
    issued = await press.issue()
    with pytest.raises(Killed):
        await press.render(issued.id, work=FaultyWork(press.world.work, kill_before=1))
    press.renderer.version = "2"
    revision = await press.render(issued.id)
    assert revision.revision == 2
    assert sorted(press.objects.contents) == [invoice_pdf_key(issued.id, 1), invoice_pdf_key(issued.id, 2)]


async def test_a_store_that_holds_other_bytes_for_ever_is_an_error(press: Press) -> None:
    issued = await press.issue()
    for revision in range(1, 30):
        press.objects.contents[invoice_pdf_key(issued.id, revision)] = b"somebody else's"
    with pytest.raises(ObjectConflict):
        await press.render(issued.id)


async def test_what_cannot_be_rendered_is_marked_until_somebody_mends_it(press: Press) -> None:
    issued = await press.issue()
    press.renderer.broken = RenderingFailed("no glyph")
    with pytest.raises(RenderingFailed):
        await press.render(issued.id)
    assert press.stored(issued.id).pdf_status is PdfStatus.FAILED
    assert list(await press.world.use(ListPendingDocuments)(ADMIN)) == []
    assert list(await press.world.use(ListPendingDocuments)(ADMIN, failed=True)) == [issued.id]
    press.renderer.broken = None
    await press.render(issued.id)
    assert press.stored(issued.id).pdf_status is PdfStatus.READY


async def test_what_is_away_for_a_while_leaves_it_pending(press: Press) -> None:
    issued = await press.issue()
    press.renderer.broken = RenderingUnavailable("the pool is closed")
    with pytest.raises(RenderingUnavailable):
        await press.render(issued.id)
    assert press.stored(issued.id).pdf_status is PdfStatus.PENDING


async def test_a_store_that_is_away_leaves_it_pending(press: Press) -> None:
    class Away(MemoryObjects):
        async def put(self, key: str, content: bytes, **_: Any) -> None:
            raise ObjectStoreUnavailable("no answer")

    issued = await press.issue()
    with pytest.raises(ObjectStoreUnavailable):
        await press.render(issued.id, objects=Away())
    assert press.stored(issued.id).pdf_status is PdfStatus.PENDING


async def test_a_draft_has_no_document(press: Press) -> None:
    draft = await press.world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput())
    with pytest.raises(Refused) as refused:
        await press.render(draft.id)
    assert refused.value.code == "invoice_not_finalized"
    with pytest.raises(NotFound):
        await press.world.use(ReadInvoicePdf)(BUYER, draft.id)


async def test_a_buyer_reads_its_pdf_made_on_the_spot_if_need_be(press: Press) -> None:
    issued = await press.issue()
    read = press.world.use(ReadInvoicePdf)
    first = await read(BUYER, issued.id)
    assert (first.number, first.content) == (issued.number, press.objects.contents[invoice_pdf_key(issued.id)])
    assert (await read(BUYER, issued.id)) == first
    assert press.renderer.rendered == 1


async def test_a_lost_object_is_made_again_to_the_byte(press: Press) -> None:
    issued = await press.issue()
    read = press.world.use(ReadInvoicePdf)
    first = await read(ADMIN, issued.id)
    press.objects.contents.clear()
    assert await read(ADMIN, issued.id) == first
    assert press.objects.contents[first.revision.object_key] == first.content


async def test_altered_bytes_are_never_shown(press: Press) -> None:
    """What lies in the store is held against its digest; nobody is given anything else than what was made."""
    issued = await press.issue()
    read = press.world.use(ReadInvoicePdf)
    first = await read(ADMIN, issued.id)
    press.objects.contents[first.revision.object_key] = first.content.replace(b"SCAI", b"SCAM")
    assert await read(BUYER, issued.id) == first
    assert len(press.revisions()) == 1


async def test_a_customer_is_told_nothing_of_what_its_seller_has_to_mend(press: Press) -> None:
    issued = await press.issue()
    press.renderer.broken = TemplateRejected("House@3", "there is no variable 'secret'", 7)
    with pytest.raises(DocumentNotReady) as told:
        await press.world.use(ReadInvoicePdf)(BUYER, issued.id)
    assert "House" not in str(told.value.message) + str(told.value.hint) + str(told.value.fields)
    with pytest.raises(TemplateRejected):
        await press.world.use(ReadInvoicePdf)(ADMIN, issued.id)


async def test_newer_programs_write_a_revision_of_their_own(press: Press) -> None:
    issued = await press.issue()
    read = press.world.use(ReadInvoicePdf)
    first = await read(ADMIN, issued.id)
    press.objects.contents.clear()
    press.renderer.version = "2"
    again = await read(ADMIN, issued.id)
    assert (again.revision.revision, again.revision.reason) == (2, RevisionReason.REPRINT)
    assert again.revision.html_snapshot == first.revision.html_snapshot
    assert sha256(again.content).hexdigest() == again.revision.sha256
    assert (await read(ADMIN, issued.id)).revision == again.revision


async def test_a_reprint_survives_a_change_of_the_invoice(press: Press) -> None:
    issued = await press.issue()
    await press.world.use(ReadInvoicePdf)(ADMIN, issued.id)
    press.objects.contents.clear()
    press.renderer.version = "2"
    voided = False

    async def somebody_voids(_: int) -> None:
        nonlocal voided
        if not voided:
            voided = True
            await press.world.use(VoidInvoice)(ADMIN, issued.id, "wrong customer")

    work = FaultyWork(press.world.work, meanwhile=somebody_voids)
    again = await press.world.use(ReadInvoicePdf, work=work)(ADMIN, issued.id)
    assert again.revision.revision == 2


async def test_whose_documents_and_who_renders(press: Press) -> None:
    issued = await press.issue()
    stranger = Actor.tenant_user("mallory", TenantId("tnt_other"), OPERATOR_ID, Role.TENANT_ADMIN)
    with pytest.raises(NotFound):
        await press.world.use(ReadInvoicePdf)(stranger, issued.id)
    for verb in (
        press.world.use(RenderDocument)(BUYER, issued.id),
        press.world.use(ListPendingDocuments)(BUYER),
        press.world.use(ReadInvoicePdf)(Actor.tenant_user("vera", TENANT_ID, OPERATOR_ID), issued.id),
    ):
        with pytest.raises(Forbidden):
            await verb


async def test_the_work_list_is_oldest_first_and_bounded(press: Press) -> None:
    ids = [(await press.issue()).id for _ in range(3)]
    assert list(await press.world.use(ListPendingDocuments)(ADMIN, 2)) == ids[:2]
