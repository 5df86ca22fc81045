"""Rendered again: every revision stays, the newest is what is read, and a draft is shown as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import define

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.errors import InvoiceImmutable
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.documents.ports import NO_PARTS, PdfParts, RenderedHtml, TemplateSource
from scaicontrol_core.documents.revision import RevisionReason
from scaicontrol_core.documents.use_cases.list_document_revisions import ListDocumentRevisions
from scaicontrol_core.documents.use_cases.preview_draft import PreviewDraft
from scaicontrol_core.documents.use_cases.read_invoice_pdf import ReadInvoicePdf
from scaicontrol_core.documents.use_cases.regenerate_invoice_pdf import RegenerateInvoicePdf
from scaicontrol_core.kernel.errors import Forbidden, NotFound, Refused, ScaiControlError
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork
from scaicontrol_core.testing.objects import MemoryObjects

ADMIN = Actor.system("documents")
BUYER = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)


@define
class LookRenderer:
    """Writes number, sum and ``look``, which stands for the template of the day."""

    look: str = "old look"

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Return the page."""
        words = (document["number"], document["totals"]["gross_cents"], self.look, "draft" if draft else "legal")
        return RenderedHtml(" ".join(map(str, words)), "plain 1", (), "built-in")

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Return bytes that depend on page and key alone."""
        return f"{document_key}: {html}".encode()


@define
class Press:
    """A world with a renderer and an object store."""

    world: MemoryWorld
    renderer: LookRenderer
    objects: MemoryObjects

    async def draft(self) -> Invoice:
        """Draft an invoice of 125.00."""
        line = LineInput(description="Advice", unit_price_cents="12500")
        return await self.world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput(lines=(line,)))

    async def issue(self) -> Invoice:
        """Finalize one."""
        return await self.world.use(FinalizeInvoice)(ADMIN, (await self.draft()).id)


@pytest.fixture
async def press() -> Press:
    """A press that works."""
    renderer, objects = LookRenderer(), MemoryObjects()
    return Press(await MemoryWorld.with_one_customer(renderer=renderer, objects=objects), renderer, objects)


async def test_a_document_made_again_has_the_new_look_and_the_old_one_stays(press: Press) -> None:
    issued = await press.issue()
    read = press.world.use(ReadInvoicePdf)
    first = await read(ADMIN, issued.id)
    press.renderer.look = "new look"
    again = await press.world.use(RegenerateInvoicePdf)(ADMIN, issued.id)
    assert (again.revision, again.reason) == (2, RevisionReason.REGENERATE)
    assert b"new look" in (await read(BUYER, issued.id)).content
    assert await read(ADMIN, issued.id, revision=1) == first
    listed = await press.world.use(ListDocumentRevisions)(ADMIN, issued.id)
    assert [each.revision for each in listed] == [1, 2]


async def test_an_old_revision_that_was_lost_is_the_same_bytes_again(press: Press) -> None:
    issued = await press.issue()
    read = press.world.use(ReadInvoicePdf)
    first = await read(ADMIN, issued.id)
    press.renderer.look = "new look"
    await press.world.use(RegenerateInvoicePdf)(ADMIN, issued.id)
    press.objects.contents.clear()
    assert await read(ADMIN, issued.id, revision=1) == first


async def test_the_first_one_may_be_asked_for_by_name(press: Press) -> None:
    issued = await press.issue()
    made = await press.world.use(RegenerateInvoicePdf)(ADMIN, issued.id)
    assert made.revision == 1
    with pytest.raises(NotFound) as missing:
        await press.world.use(ReadInvoicePdf)(ADMIN, issued.id, revision=2)
    assert missing.value.code == "document_revision_not_found"


async def test_two_who_make_it_again_at_once_agree_on_what_is_newest(press: Press) -> None:
    issued = await press.issue()
    regenerate = press.world.use(RegenerateInvoicePdf)
    await regenerate(ADMIN, issued.id)

    async def somebody_else_does(_: int) -> None:
        await regenerate(ADMIN, issued.id)

    rival = FaultyWork(press.world.work, meanwhile=somebody_else_does)
    made = await press.world.use(RegenerateInvoicePdf, work=rival)(ADMIN, issued.id)
    listed = await press.world.use(ListDocumentRevisions)(ADMIN, issued.id)
    assert [each.revision for each in listed] == [1, 2]
    assert made == listed[-1]


async def test_a_draft_is_shown_with_its_amounts_and_keeps_no_trace(press: Press) -> None:
    draft = await press.draft()
    before = len(press.world.store.audit)
    shown = await press.world.use(PreviewDraft)(ADMIN, draft.id)
    assert shown == f"drafts/{draft.id}: None 15125 old look draft".encode()
    assert (press.objects.contents, len(press.world.store.audit)) == ({}, before)


async def test_what_has_its_number_is_no_draft_and_a_draft_has_no_revisions(press: Press) -> None:
    issued, draft = await press.issue(), await press.draft()
    with pytest.raises(InvoiceImmutable):
        await press.world.use(PreviewDraft)(ADMIN, issued.id)
    with pytest.raises(Refused) as refused:
        await press.world.use(RegenerateInvoicePdf)(ADMIN, draft.id)
    assert refused.value.code == "invoice_not_finalized"
    assert list(await press.world.use(ListDocumentRevisions)(ADMIN, draft.id)) == []


async def test_a_buyer_neither_makes_nor_lists_nor_previews(press: Press) -> None:
    issued = await press.issue()
    for verb in (
        press.world.use(RegenerateInvoicePdf)(BUYER, issued.id),
        press.world.use(ListDocumentRevisions)(BUYER, issued.id),
        press.world.use(PreviewDraft)(BUYER, issued.id),
    ):
        with pytest.raises(Forbidden):
            await verb


ODD = {
    "invoice_without_lines": DraftInput(lines=()),
    "exchange_rate_missing": DraftInput(
        lines=(LineInput(description="Advice", unit_price_cents="12500"),), currency="USD"
    ),
}


@pytest.mark.parametrize("code", ODD)
async def test_a_draft_that_lacks_something_says_what(press: Press, code: str) -> None:
    draft = await press.world.use(DraftInvoice)(ADMIN, TENANT_ID, ODD[code])
    with pytest.raises(ScaiControlError) as refused:
        await press.world.use(PreviewDraft)(ADMIN, draft.id)
    assert refused.value.code == code
    assert refused.value.fields


async def test_a_draft_that_costs_nothing_is_shown_too(press: Press) -> None:
    free = DraftInput(lines=(LineInput(description="A present", unit_price_cents="0"),))
    draft = await press.world.use(DraftInvoice)(ADMIN, TENANT_ID, free)
    assert b"None 0 old look draft" in await press.world.use(PreviewDraft)(ADMIN, draft.id)
