"""Credit notes over HTTP: taken back once, however often it is asked; seen by the buyer; never more than is left."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
async def path(boss: Any, world: Any) -> str:
    """Where an invoice of three hours of advice is."""
    lines = [{"description": "Advice", "unit_price_cents": 12500, "quantity": 3}]
    made = await boss.post("/admin/invoices", {"tenant_id": world.acme, "lines": lines}, status=201)
    found = f"/admin/invoices/{made['id']}"
    await boss.post(f"{found}/finalize")
    return found


async def test_an_invoice_is_credited_in_part_and_then_the_rest(boss: Any, path: str) -> None:
    invoice = await boss.get(path)
    part = {"reason": "Two hours were enough", "lines": [{"position": 1, "quantity": 1}]}
    note = await boss.post(f"{path}/credit-note", part, status=201)
    after = await boss.get(path)
    assert (note["number"], note["document_type"], note["reason"]) == (
        "SCAI-CN-2026-000001",
        "credit_note",
        "Two hours were enough",
    )
    assert (note["net_cents"], note["tax_cents"], note["gross_cents"]) == (-12500, -2625, -15125)
    assert note["referenced_invoice_id"] == invoice["id"]
    assert note["allowed_moves"] == ["sent"]
    assert note["document"]["referenced_number"] == invoice["number"]
    assert (after["status"], after["credited_cents"], after["open_cents"]) == ("finalized", 15125, 30250)
    assert after["credit_note_ids"] == [note["id"]]
    rest = await boss.post(f"{path}/credit-note", {"reason": "Cancelled"}, status=201)
    after = await boss.get(path)
    assert (rest["gross_cents"], after["open_cents"]) == (-30250, 0)
    listed = await boss.get("/admin/invoices", referenced_invoice_id=invoice["id"])
    assert sorted(each["id"] for each in listed["items"]) == sorted(after["credit_note_ids"])
    await boss.refused("POST", f"{path}/credit-note", 409, "invoice_fully_credited", json={"reason": "Again"})


async def test_a_key_makes_a_repeat_harmless(boss: Any, path: str) -> None:
    wanted = {"reason": "Agreed", "lines": [{"position": 1, "net_cents": 5000}]}
    keys = {"Idempotency-Key": "once"}
    answers = [await boss.send("POST", f"{path}/credit-note", json=wanted, headers=keys) for _ in range(2)]
    assert answers[0].status_code == answers[1].status_code == 201
    assert answers[0].json() == answers[1].json()
    assert (await boss.get(path))["credited_cents"] == 6050


async def test_a_preview_shows_the_note_and_spends_no_number(boss: Any, path: str) -> None:
    shown = await boss.post(f"{path}/credit-note/preview", {"reason": "Agreed"})
    assert (shown["document"]["number"], shown["document"]["totals"]["gross_cents"]) == ("", -45375)
    assert (await boss.get(path))["credit_note_ids"] == []


async def test_each_refusal_names_its_field(boss: Any, acme: Any, path: str, world: Any) -> None:
    there = f"{path}/credit-note"
    for body, status, code, pointer in (
        ({"reason": " "}, 422, "required", "/reason"),
        ({"reason": "x", "lines": []}, 422, "credit_empty", "/lines"),
        ({"reason": "x", "lines": [{}]}, 422, "credit_line_unnamed", "/lines/0/line_id"),
        ({"reason": "x", "lines": [{"position": 2}]}, 422, "credit_line_unknown", "/lines/0/position"),
        ({"reason": "x", "lines": [{"position": 1, "quantity": "a"}]}, 422, "decimal_invalid", "/lines/0/quantity"),
        (
            {"reason": "x", "lines": [{"position": 1, "net_cents": 37501}]},
            409,
            "credit_exceeds_invoice",
            "/lines/0/net_cents",
        ),
    ):
        await boss.refused("POST", there, status, code, pointer, json=body)
    await boss.refused(
        "POST", f"/admin/invoices/{world.draft}/credit-note", 400, "invoice_not_finalized", json={"reason": "x"}
    )
    await acme.refused("POST", there, 403, "forbidden", json={"reason": "x"})
    await acme.refused("POST", f"{there}/preview", 403, "forbidden", json={"reason": "x"})
    await acme.refused("POST", f"{path}/reissue", 403, "forbidden", json={"reason": "x"})


async def test_a_credit_note_stays_and_so_does_its_invoice(boss: Any, path: str) -> None:
    made = await boss.post(f"{path}/credit-note", {"reason": "Agreed"}, status=201)
    note = f"/admin/invoices/{made['id']}"
    await boss.refused("POST", f"{note}/void", 400, "credit_note_final", json={"reason": "x"})
    await boss.refused("POST", f"{path}/void", 400, "invoice_credited", json={"reason": "x"})
    await boss.refused("POST", f"{note}/credit-note", 400, "not_an_invoice", json={"reason": "x"})
    await boss.refused("PATCH", note, 400, "invoice_immutable", json={"notes": "x"})


async def test_a_buyer_sees_it_in_the_list_and_reads_its_pdf(boss: Any, acme: Any, path: str) -> None:
    note = await boss.post(f"{path}/credit-note", {"reason": "Agreed"}, status=201)
    listed = await acme.get("/billing/invoices", document_type="credit_note")
    assert [each["number"] for each in listed["items"]] == [note["number"]]
    pdf = await acme.send("GET", f"/billing/invoices/{note['id']}/pdf")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")


async def test_an_invoice_is_written_anew(boss: Any, path: str) -> None:
    drafted = await boss.post(f"{path}/reissue", {"reason": "Wrong address"}, status=201)
    assert (drafted["invoice"]["status"], drafted["invoice"]["net_cents"]) == ("draft", 37500)
    assert drafted["original"]["credit_note_ids"] == [drafted["credit_note"]["id"]]
    again = f"/admin/invoices/{drafted['invoice']['id']}"
    await boss.refused("POST", f"{again}/reissue", 400, "invoice_not_finalized", json={"reason": "x"})
    await boss.post(f"{again}/finalize")
    anew = await boss.post(f"{again}/reissue", {"reason": "Once more", "finalize": True}, status=201)
    assert (anew["invoice"]["status"], anew["invoice"]["gross_cents"]) == ("finalized", 45375)
    audits = (await boss.get("/admin/reports/numbering-audit"))["items"]
    assert {each["document_type"]: each["intact"] for each in audits} == {"invoice": True, "credit_note": True}
