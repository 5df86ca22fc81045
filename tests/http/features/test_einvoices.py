"""An invoice's XML over HTTP: as it was made for its buyer, or in any format."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.einvoice.container import open_hybrid
from scaicontrol_adapters.einvoice.validation import validate_document, validate_xml
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile
from scaicontrol_core.testing.builders import billing_details

BOSS = Actor.operator("tests")
Issue = Callable[..., Awaitable[str]]


@pytest.fixture
def issue(container: Container, world: Any) -> Issue:
    """Issue an invoice to Acme, whose profile is changed first; return its id."""

    async def issued(**profile: Any) -> str:
        details = billing_details(company_name="Acme", **profile)
        await container.use(SetBillingProfile)(BOSS, world.acme, details)
        line = LineInput(description="Advice", unit_price_cents="12500")
        draft = await container.use(DraftInvoice)(BOSS, world.acme, DraftInput(lines=(line,)))
        return (await container.use(FinalizeInvoice)(BOSS, draft.id)).id

    return issued


async def test_a_buyer_gets_the_xml_it_asked_for(boss: Any, acme: Any, issue: Issue) -> None:
    sent = await issue(preferred_einvoice_format=EInvoiceFormat.CII)
    answer = await acme.send("GET", f"/billing/invoices/{sent}/einvoice")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["content-disposition"] == 'inline; filename="SCAI-2026-000002.xml"'
    assert answer.headers["x-einvoice-format"] == "cii"
    assert validate_xml(answer.content).findings == ()
    admins = await boss.send("GET", f"/admin/invoices/{sent}/einvoice")
    assert (admins.content, admins.headers["etag"]) == (answer.content, answer.headers["etag"])
    (revision,) = (await boss.get(f"/admin/invoices/{sent}/revisions"))["items"]
    assert (revision["einvoice_format"], f'"{revision["einvoice_sha256"]}"') == ("cii", answer.headers["etag"])


async def test_a_buyer_of_hybrids_finds_the_xml_in_its_pdf(acme: Any, issue: Issue) -> None:
    sent = await issue(preferred_einvoice_format=EInvoiceFormat.ZUGFERD)
    pdf = (await acme.send("GET", f"/billing/invoices/{sent}/pdf")).content
    assert validate_document(pdf).findings == ()
    xml = (await acme.send("GET", f"/billing/invoices/{sent}/einvoice")).content
    assert open_hybrid(pdf).xml == xml


async def test_the_xml_of_a_revision_is_the_one_inside_its_pdf(boss: Any, issue: Issue) -> None:
    path = f"/admin/invoices/{await issue(preferred_einvoice_format=EInvoiceFormat.ZUGFERD)}"
    await boss.send("GET", f"{path}/pdf")
    await boss.post(f"{path}/regenerate-pdf", status=201)
    for revision in (1, 2):
        named = {"revision": revision}
        xml = await boss.send("GET", f"{path}/einvoice", params=named)
        assert (xml.status_code, xml.headers["x-document-revision"]) == (200, str(revision))
        assert open_hybrid((await boss.send("GET", f"{path}/pdf", params=named)).content).xml == xml.content
    newest = await boss.send("GET", f"{path}/einvoice")
    assert newest.headers["x-document-revision"] == "2"
    await boss.refused("GET", f"{path}/einvoice", 404, "document_revision_not_found", params={"revision": 3})
    other = {"revision": 1, "format": "ubl"}
    await boss.refused("GET", f"{path}/einvoice", 422, "revision_of_other_format", "/revision", params=other)


@pytest.mark.parametrize("wanted", ["ubl", "xrechnung", "cii", "zugferd", "facturx"])
async def test_any_format_can_be_had_by_its_name(boss: Any, world: Any, wanted: str) -> None:
    answer = await boss.send("GET", f"/admin/invoices/{world.invoice}/einvoice", params={"format": wanted})
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-einvoice-format"] == wanted
    assert validate_xml(answer.content).findings == ()


async def test_what_cannot_be_had_is_said_in_so_many_words(boss: Any, acme: Any, world: Any) -> None:
    paper = f"/admin/invoices/{world.invoice}/einvoice"
    await boss.refused("GET", paper, 404, "einvoice_not_wanted")
    await boss.refused("GET", paper, 422, "choice_unknown", "/format", params={"format": "edifact"})
    await boss.refused("GET", f"/admin/invoices/{world.draft}/einvoice", 400, "invoice_not_finalized")
    await boss.refused("GET", "/admin/invoices/inv_none/einvoice", 404, "invoice_not_found")
    await acme.refused("GET", f"/billing/invoices/{world.draft}/einvoice", 404, "invoice_not_found")
    await acme.refused("GET", f"/billing/invoices/{world.their_invoice}/einvoice", 404, "invoice_not_found")


async def test_a_format_that_needs_more_than_was_frozen_names_the_rule(boss: Any, issue: Issue) -> None:
    path = f"/admin/invoices/{await issue(contact_email=None, vat_number=None)}/einvoice"
    lacking = await boss.refused("GET", path, 422, "einvoice_incomplete", params={"format": "xrechnung"})
    assert any("PEPPOL-EN16931-R010 (BT-49)" in each["message"] for each in lacking["errors"])


async def test_finalizing_tells_what_the_law_would_like_to_see(boss: Any, world: Any, container: Container) -> None:
    details = billing_details(company_name="Acme", address_line1=None)
    await container.use(SetBillingProfile)(BOSS, world.acme, details)
    line = LineInput(description="Advice", unit_price_cents="12500")
    draft = await container.use(DraftInvoice)(BOSS, world.acme, DraftInput(lines=(line,)))
    made = await boss.post(f"/admin/invoices/{draft.id}/finalize")
    (told,) = made["warnings"]
    assert told.startswith("Art. 226(5) (BT-50): The buyer's street is missing.")
    assert "warnings" not in await boss.get(f"/admin/invoices/{draft.id}")
