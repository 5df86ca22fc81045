"""Invoices and billing runs over HTTP: from a draft to a document that no one can change."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from scaicontrol_http.requests import attachment

Rows = Callable[[], Awaitable[Mapping[str, int]]]
DRAFT = {
    "lines": [
        {"description": "02-01-2026 Consulting", "unit_price_cents": 10000, "quantity": "1.5", "unit_code": "HUR"},
        {"description": "01-01-2026 Calls", "unit_price_cents": "0.3", "price_divisor": 10, "quantity": 12345},
    ],
    "notes": "As agreed.",
    "buyer_reference": "PO-7",
}


async def test_a_draft_becomes_an_invoice(boss: Any, world: Any) -> None:
    made = await boss.post("/admin/invoices", DRAFT | {"tenant_id": world.acme}, status=201)
    path = f"/admin/invoices/{made['id']}"
    assert (made["status"], made["number"], made["net_cents"]) == ("draft", None, 15370)
    edited = await boss.patch(path, {"notes": None, "invoice_date": "2026-01-15"}, headers={"If-Match": '"1"'})
    assert (edited["notes"], edited["buyer_reference"], len(edited["lines"])) == (None, "PO-7", 2)
    await boss.refused("PATCH", path, 412, "stale_version", json={"notes": "late"}, headers={"If-Match": '"1"'})
    turned = await boss.put(f"{path}/line-items/order", {"line_ids": [line["id"] for line in edited["lines"][::-1]]})
    assert [line["description"][:2] for line in turned["lines"]] == ["01", "02"]
    final = await boss.post(f"{path}/finalize")
    assert (final["status"], final["number"]) == ("finalized", "SCAI-2026-000002")
    assert (final["net_cents"], final["tax_cents"], final["gross_cents"]) == (15370, 3228, 18598)
    assert final["document"]["number"] == final["number"]
    assert final["vat_details"]["entries"][0]["rate"] == "21.00"
    assert await boss.post(f"{path}/finalize") == final
    assert await boss.get(path) == final | {"sends": []}


async def test_lines_are_sorted_by_the_dates_they_begin_with(boss: Any, world: Any) -> None:
    path = f"/admin/invoices/{world.draft}"
    sorted_lines = await boss.post(f"{path}/line-items/sort-by-date")
    assert [line["description"] for line in sorted_lines["lines"]] == ["01-01-2026 First", "02-01-2026 Second"]
    await boss.refused("PUT", f"{path}/line-items/order", 422, "line_order_invalid", "/line_ids", json={"line_ids": []})


@pytest.mark.parametrize(
    "change",
    [
        {"notes": "x"},
        {"buyer_reference": "x"},
        {"invoice_date": "2026-01-15"},
        {"due_date": "2026-03-01"},
        {"currency": "USD"},
        {"period_start": "2026-01-01", "period_end": "2026-02-01"},
        {"lines": []},
    ],
)
async def test_a_finalized_invoice_never_changes(boss: Any, world: Any, rows: Rows, change: dict[str, Any]) -> None:
    path = f"/admin/invoices/{world.invoice}"
    before, counted = await boss.get(path), await rows()
    await boss.refused("PATCH", path, 400, "invoice_immutable", json=change)
    await boss.refused("POST", f"{path}/line-items/sort-by-date", 400, "invoice_immutable")
    assert await boss.get(path) == before
    assert await rows() == counted


async def test_voiding_wants_a_reason_and_keeps_the_number(boss: Any, world: Any) -> None:
    path = f"/admin/invoices/{world.invoice}"
    await boss.refused("POST", f"{path}/void", 422, "invalid_body", "/reason", json={})
    await boss.refused("POST", f"{path}/void", 422, "required", "/reason", json={"reason": " "})
    voided = await boss.post(f"{path}/void", {"reason": "Sent to the wrong company."})
    assert (voided["invoice"]["status"], voided["invoice"]["number"]) == ("void", "SCAI-2026-000001")
    assert "credit note" in voided["warning"]
    assert (await boss.post(f"/admin/invoices/{world.draft}/void", {"reason": "A slip."}))["warning"] is None
    await boss.refused("POST", f"{path}/void", 400, "invalid_transition", json={"reason": "again"})


async def test_what_cannot_be_finalized_stays_a_draft(boss: Any, world: Any, rows: Rows) -> None:
    empty = await boss.post("/admin/invoices", {"tenant_id": world.acme}, status=201)
    homeless = await boss.post("/admin/invoices", DRAFT | {"tenant_id": world.bare}, status=201)
    before = await rows()
    await boss.refused("POST", f"/admin/invoices/{empty['id']}/finalize", 422, "invoice_without_lines")
    await boss.refused("POST", f"/admin/invoices/{homeless['id']}/finalize", 409, "billing_profile_required")
    await boss.refused("POST", "/admin/invoices/inv_nothing/finalize", 404, "invoice_not_found")
    assert await rows() == before
    assert (await boss.get(f"/admin/invoices/{homeless['id']}"))["status"] == "draft"


async def test_every_wrong_line_of_a_draft_is_named(boss: Any, world: Any, rows: Rows) -> None:
    before = await rows()
    lines = [
        {"description": "", "unit_price_cents": 1},
        {"description": "x", "unit_price_cents": "free"},
        {"description": "x", "unit_price_cents": 1, "quantity": "0.1234567891"},
        {"description": "x", "unit_price_cents": -1},
        {"description": "x", "unit_price_cents": 1, "price_divisor": 0},
    ]
    problem = await boss.refused(
        "POST", "/admin/invoices", 422, "invalid", json={"tenant_id": world.acme, "lines": lines}
    )
    assert [each["pointer"] for each in problem["errors"]] == [
        "/lines/0/description",
        "/lines/1/unit_price_cents",
        "/lines/2/quantity",
        "/lines/3/unit_price_cents",
        "/lines/4/price_divisor",
    ]
    half = {"tenant_id": world.acme, "period_start": "2026-01-01"}
    await boss.refused("POST", "/admin/invoices", 422, "period_invalid", "/period_end", json=half)
    assert await rows() == before


async def test_the_pdf_is_made_at_once_and_stays_the_same(boss: Any, acme: Any, world: Any) -> None:
    first = await boss.send("GET", f"/admin/invoices/{world.invoice}/pdf")
    assert first.status_code == 200, first.text
    assert first.headers["content-type"] == "application/pdf"
    assert "SCAI-2026-000001.pdf" in first.headers["content-disposition"]
    assert "SCAI-2026-000001" in PdfReader(BytesIO(first.content)).pages[0].extract_text()
    own = await acme.send("GET", f"/billing/invoices/{world.invoice}/pdf")
    assert own.content == first.content
    assert own.headers["etag"] == first.headers["etag"]
    await acme.refused("GET", f"/billing/invoices/{world.draft}/pdf", 404, "invoice_not_found")


async def test_a_month_is_billed_once(boss: Any, world: Any, rows: Rows) -> None:
    before = await rows()
    dry = await boss.post("/admin/billing/runs", {"period": "2026-01", "dry_run": True})
    assert (dry["id"], dry["status"], len(dry["previews"])) == (None, "dry_run", 2)
    assert await rows() == before
    run = await boss.post("/admin/billing/runs", {"period": "2026-01"}, status=201)
    assert (run["status"], run["totals"]["invoices"]) == ("completed", 2)
    assert (await boss.get(f"/admin/billing/runs/{run['id']}"))["totals"] == run["totals"]
    again = await boss.post("/admin/billing/runs", {"period": "2026-01"}, status=201)
    assert again["totals"]["invoices"] == 0
    made = await boss.get("/admin/invoices", run_id=run["id"])
    assert made["total"] == 2
    await boss.refused("POST", "/admin/billing/runs", 422, "period_invalid", "/period", json={"period": "2026-13"})
    await boss.refused(
        "POST", "/admin/billing/runs", 404, "tenant_not_found", json={"period": "2026-01", "tenant_id": "tnt_nobody"}
    )


async def test_a_reseller_bills_its_own(reseller: Any, boss: Any, world: Any) -> None:
    run = await reseller.post("/admin/billing/runs", {"period": "2026-01"}, status=201)
    assert run["totals"]["invoices"] == 1
    (made,) = (await reseller.get("/admin/invoices", run_id=run["id"]))["items"]
    assert made["number"] == "RSL-2026-000002"
    assert made["seller_id"] == world.reseller


async def test_lists_are_narrowed_and_have_a_second_address(boss: Any, acme: Any, world: Any) -> None:
    drafts = await boss.get("/admin/invoices", status="draft", tenant_id=world.acme)
    assert [item["id"] for item in drafts["items"]] == [world.draft]
    found = await boss.get("/admin/billing/invoices", number="RSL-2026-000001")
    assert [item["id"] for item in found["items"]] == [world.their_invoice]
    own = await acme.get("/billing/invoices")
    assert [item["id"] for item in own["items"]] == [world.invoice]
    assert "lines" not in own["items"][0]
    assert (await acme.get(f"/billing/invoices/{world.invoice}"))["number"] == "SCAI-2026-000001"
    await acme.refused("GET", f"/billing/invoices/{world.draft}", 404, "invoice_not_found")


async def test_a_tenant_sees_its_next_invoice_and_no_other(boss: Any, reseller: Any, acme: Any, world: Any) -> None:
    own = await acme.get("/billing/upcoming-invoice")
    assert own == await boss.get(f"/admin/tenants/{world.acme}/upcoming-invoice")
    (invoice,) = own["invoices"]
    assert invoice["net_cents"] == sum(line["net_cents"] for line in invoice["lines"]) > 0
    assert {entry["rate"] for entry in invoice["vat"]} == {"21.00"}
    await reseller.refused("GET", f"/admin/tenants/{world.acme}/upcoming-invoice", 404, "tenant_not_found")
    await acme.refused("GET", f"/admin/tenants/{world.theirs}/upcoming-invoice", 403, "forbidden")


async def test_an_invoices_history_names_who_did_what(boss: Any, world: Any) -> None:
    history = await boss.get(f"/admin/invoices/{world.invoice}/history")
    assert [entry["action"] for entry in history["items"]][-1] == "invoice.drafted"
    assert {entry["user_id"] for entry in history["items"]} == {"cli:tests"}


async def test_the_numbering_audit_finds_every_series_intact(boss: Any, reseller: Any, world: Any) -> None:
    audits = await boss.get("/admin/reports/numbering-audit")
    assert audits["total"] == 2
    assert all(item["intact"] for item in audits["items"])
    (own,) = (await reseller.get("/admin/reports/numbering-audit"))["items"]
    assert (own["first_number"], own["documents"]) == ("RSL-2026-000001", 1)


@pytest.mark.parametrize("name", ['A"; x="b', "A\r\nX-Evil: 1", "Ä\u202e/../A"])
def test_no_number_gets_out_of_its_header(name: str) -> None:
    header = attachment(name, "pdf")
    assert re.fullmatch(r'inline; filename="[A-Za-z0-9._-]+\.pdf"', header)
    assert attachment("SCAI-2026-000001", "pdf") == 'inline; filename="SCAI-2026-000001.pdf"'


async def test_a_month_is_written_in_plain_digits(boss: Any, world: Any) -> None:
    strange = {"period": "\uff12\uff10\uff12\uff16-01"}
    await boss.refused("POST", "/admin/billing/runs", 422, "period_invalid", "/period", json=strange)


async def test_customers_write_no_invoices(acme: Any, world: Any, rows: Rows) -> None:
    before = await rows()
    await acme.refused("POST", "/admin/invoices", 403, "forbidden", json=DRAFT | {"tenant_id": world.acme})
    await acme.refused("POST", f"/admin/invoices/{world.invoice}/void", 403, "forbidden", json={"reason": "No money."})
    await acme.refused("POST", "/admin/billing/runs", 403, "forbidden", json={"period": "2026-01"})
    assert await rows() == before
