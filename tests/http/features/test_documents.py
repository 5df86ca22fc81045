"""PDFs over HTTP: revisions that stay, drafts shown as drafts, statements of account."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pypdf import PdfReader


def words(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(content)).pages)


async def test_a_pdf_made_again_is_a_revision_and_the_first_stays(boss: Any, acme: Any, world: Any) -> None:
    path = f"/admin/invoices/{world.invoice}"
    first = await boss.send("GET", f"{path}/pdf")
    made = await boss.post(f"{path}/regenerate-pdf", status=201)
    assert (made["revision"], made["reason"]) == (2, "regenerate")
    assert made["template"] == "built-in/invoice"
    newest = await boss.send("GET", f"{path}/pdf")
    assert (newest.headers["x-document-revision"], newest.headers["etag"]) == ("2", f'"{made["sha256"]}"')
    again = await boss.send("GET", f"{path}/pdf?revision=1")
    assert again.content == first.content
    listed = (await boss.get(f"{path}/revisions"))["items"]
    assert [(each["revision"], each["reason"]) for each in listed] == [(1, "finalize"), (2, "regenerate")]
    own = await acme.send("GET", f"/billing/invoices/{world.invoice}/pdf")
    assert own.content == newest.content


async def test_a_revision_that_never_was_is_not_found(boss: Any, acme: Any, world: Any) -> None:
    path = f"/admin/invoices/{world.invoice}"
    await boss.refused("GET", f"{path}/pdf?revision=9", 404, "document_revision_not_found")
    await boss.refused("GET", f"{path}/pdf?revision=0", 422, "invalid_query")
    await boss.refused("POST", f"/admin/invoices/{world.draft}/regenerate-pdf", 400, "invoice_not_finalized")
    await boss.refused("GET", f"/admin/invoices/{world.draft}/pdf?revision=1", 400, "invoice_not_finalized")
    await acme.refused("POST", f"{path}/regenerate-pdf", 403, "forbidden")
    await acme.refused("GET", f"{path}/revisions", 403, "forbidden")


async def test_a_draft_is_a_proforma_to_its_seller_and_nothing_to_its_buyer(boss: Any, acme: Any, world: Any) -> None:
    shown = await boss.send("GET", f"/admin/invoices/{world.draft}/pdf")
    assert shown.status_code == 200, shown.text
    assert "x-document-revision" not in shown.headers
    assert f"draft-{world.draft}.pdf" in shown.headers["content-disposition"]
    text = words(shown.content)
    assert "not an invoice for VAT purposes" in text or "geen factuur voor de btw" in text
    assert (await boss.get(f"/admin/invoices/{world.draft}/revisions"))["items"] == []
    assert (await boss.get(f"/admin/invoices/{world.draft}"))["status"] == "draft"
    await acme.refused("GET", f"/billing/invoices/{world.draft}/pdf", 404, "invoice_not_found")


async def test_a_customer_reads_its_account_as_json_and_as_a_pdf(boss: Any, acme: Any, world: Any) -> None:
    own = await acme.get("/billing/statement", **{"from": "2026-01-01", "to": "2026-12-31"})
    (account,) = own["accounts"]
    invoice = await acme.get(f"/billing/invoices/{world.invoice}")
    assert [(each["number"], each["amount_cents"]) for each in account["entries"]] == [
        ("SCAI-2026-000001", invoice["gross_cents"])
    ]
    assert account["closing_cents"] == invoice["gross_cents"]
    path = f"/admin/tenants/{world.acme}/statement"
    assert await boss.get(path, **{"from": "2026-01-01", "to": "2026-12-31"}) == own
    for asked in (
        await boss.send("GET", f"{path}?format=pdf"),
        await acme.send("GET", "/billing/statement", headers={"Accept": "application/pdf"}),
    ):
        assert asked.headers["content-type"] == "application/pdf"
        assert "SCAI-2026-000001" in words(asked.content)


async def test_a_statement_is_asked_for_rightly_by_the_right_people(acme: Any, boss: Any, world: Any) -> None:
    backwards = "/billing/statement?from=2026-02-01&to=2026-01-01"
    await acme.refused("GET", backwards, 422, "period_invalid", "/to")
    await acme.refused("GET", "/billing/statement?format=xml", 422, "format_unknown", "/format")
    await boss.refused("GET", "/billing/statement", 404, "tenant_not_found")
    await boss.refused("GET", "/admin/tenants/tnt_nobody/statement", 404, "tenant_not_found")
    await acme.refused("GET", f"/admin/tenants/{world.acme}/statement", 403, "forbidden")
