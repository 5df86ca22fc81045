"""Payments over HTTP: recorded once, given back once, seen by the buyer; what is open, and how old it is."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
async def path(boss: Any, world: Any) -> str:
    """Where an invoice of three hours of advice (453.75 with VAT) is."""
    lines = [{"description": "Advice", "unit_price_cents": 12500, "quantity": 3}]
    made = await boss.post("/admin/invoices", {"tenant_id": world.acme, "lines": lines}, status=201)
    found = f"/admin/invoices/{made['id']}"
    await boss.post(f"{found}/finalize")
    return found


async def test_an_invoice_is_paid_in_parts_and_given_back(boss: Any, path: str) -> None:
    part = {"amount_cents": 10_000, "method": "card", "provider": "stripe", "reference": "ch_1"}
    done = await boss.post(f"{path}/payments", part, status=201)
    assert (done["payment"]["status"], done["payment"]["method"]) == ("succeeded", "card")
    assert (done["invoice"]["paid_cents"], done["invoice"]["open_cents"]) == (10_000, 35_375)
    paid = await boss.post(f"{path}/mark-paid")
    assert (paid["paid_cents"], paid["balance_cents"], paid["status"]) == (45_375, 0, "finalized")
    await boss.refused("POST", f"{path}/mark-paid", 409, "nothing_to_pay")
    wanted = {"credit_note": {"reason": "One hour less", "lines": [{"position": 1, "quantity": 1}]}}
    back = await boss.post(f"{path}/refund", wanted, status=201)
    assert (back["refund"]["amount_cents"], back["credit_note"]["gross_cents"]) == (15_125, -15_125)
    assert (back["invoice"]["refunded_cents"], back["invoice"]["balance_cents"]) == (15_125, 0)
    listed = await boss.get(f"{path}/payments", sort="created_at")
    assert [(each["kind"], each["amount_cents"]) for each in listed["items"]] == [
        ("payment", 10_000),
        ("payment", 35_375),
        ("refund", 15_125),
    ]
    found = await boss.get("/admin/payments", reference="ch_1", kind="payment", status="succeeded", method="card")
    assert [each["id"] for each in found["items"]] == [done["payment"]["id"]]


async def test_a_key_makes_a_repeat_harmless(boss: Any, path: str) -> None:
    for there, body, status in (
        ("payments", {"amount_cents": 1000}, 201),
        ("failed-payments", {"failure_code": "declined"}, 201),
        ("refund", {"amount_cents": 300}, 201),
        ("mark-paid", {}, 200),
    ):
        keys = {"Idempotency-Key": f"once-{there}"}
        answers = [await boss.send("POST", f"{path}/{there}", json=body, headers=keys) for _ in range(2)]
        assert [each.status_code for each in answers] == [status, status]
        assert answers[0].json() == answers[1].json()
    assert (await boss.get(f"{path}/payments"))["total"] == 4


async def test_each_refusal_names_its_field(boss: Any, acme: Any, path: str, world: Any) -> None:
    for there, body, status, code, pointer in (
        ("payments", {"amount_cents": 0}, 422, "number_invalid", "/amount_cents"),
        ("payments", {"amount_cents": 1, "method": "cheque"}, 422, "choice_unknown", "/method"),
        ("payments", {"amount_cents": 1, "received_on": "2199-01-01"}, 422, "received_on_invalid", "/received_on"),
        ("payments", {"amount_cents": 1, "currency": "USD"}, 422, "payment_currency_differs", "/currency"),
        ("failed-payments", {"failure_code": " "}, 422, "required", "/failure_code"),
    ):
        await boss.refused("POST", f"{path}/{there}", status, code, pointer, json=body)
    await boss.refused("POST", f"{path}/refund", 409, "nothing_to_refund", json={})
    await boss.post(f"{path}/mark-paid", {"reference": "R1"})
    await boss.refused(
        "POST", f"{path}/refund", 409, "refund_exceeds_payments", "/amount_cents", json={"amount_cents": 99_999}
    )
    wrong = {"credit_note": {"reason": "x", "lines": [{}]}}
    await boss.refused("POST", f"{path}/refund", 422, "credit_line_unnamed", "/credit_note/lines/0/line_id", json=wrong)
    mismatch = {"amount_cents": 3, "credit_note": {"reason": "x"}}  # 2 and 21 % are 2, 3 and 21 % are 4
    await boss.refused("POST", f"{path}/refund", 409, "credit_note_mismatch", "/amount_cents", json=mismatch)
    taken = {"amount_cents": 1, "reference": "R1"}
    await boss.refused("POST", f"{path}/payments", 409, "payment_reference_taken", "/reference", json=taken)
    await boss.refused("POST", f"/admin/invoices/{world.draft}/mark-paid", 400, "invoice_not_finalized", json={})
    for there in ("mark-paid", "payments", "failed-payments", "refund"):
        await acme.refused("POST", f"{path}/{there}", 403, "forbidden", json={"amount_cents": 1, "failure_code": "x"})


async def test_the_buyer_sees_its_own_payments_and_balances(boss: Any, acme: Any, path: str, world: Any) -> None:
    before = (await acme.get("/billing/balances"))["items"]
    await boss.post(f"{path}/payments", {"amount_cents": 50_000}, status=201)
    own = path.removeprefix("/admin")
    shown = await acme.get(f"/billing{own}/payments")
    assert [(each["amount_cents"], each["currency"]) for each in shown["items"]] == [(50_000, "EUR")]
    (after,) = (await acme.get("/billing/balances"))["items"]
    assert after["open_cents"] == before[0]["open_cents"] - 45_375
    assert (before[0]["credit_cents"], after["credit_cents"]) == (0, 4_625)
    assert (await boss.get(f"/admin/tenants/{world.acme}/balances"))["items"] == [after]


async def test_receivables_by_age_as_json_and_csv(boss: Any, acme: Any, path: str) -> None:
    report = await boss.get("/admin/reports/ageing")
    assert report["ties"] is True
    (total,) = report["totals"]
    assert total["open_cents"] == total["not_due_cents"] + sum(
        total[name] for name in ("days_1_30_cents", "days_31_60_cents", "days_61_90_cents", "over_90_cents")
    )
    invoices = (await boss.get("/admin/invoices", limit=200))["items"]
    own = [each for each in invoices if each["seller_id"] == report["seller_id"]]
    assert total["open_cents"] == sum(each["open_cents"] for each in own)
    long_ago = await boss.get("/admin/reports/ageing", as_of="2020-01-01")
    assert (long_ago["rows"], long_ago["ties"]) == ([], None)
    answer = await boss.send("GET", "/admin/reports/ageing?format=csv")
    heading, *rows = answer.text.splitlines()
    assert heading.startswith("as_of,buyer_id,buyer,currency,invoices,not_due,days_1_30")
    assert len(rows) == len(report["rows"])
    await acme.refused("GET", "/admin/reports/ageing", 403, "forbidden")
