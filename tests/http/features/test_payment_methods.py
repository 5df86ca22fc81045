"""Payment methods over HTTP: the customer's own, and what its seller records for it."""

from __future__ import annotations

from typing import Any

IBAN = "NL91ABNA0417164300"
MASKED = "NL************4300"
MANDATE = {"mandate_reference": "M-1", "debtor_name": "Acme B.V.", "iban": IBAN, "signed_on": "2026-01-10"}
MINE = "/billing/payment-methods"


async def test_a_customer_signs_chooses_and_takes_back(acme: Any, boss: Any, world: Any) -> None:
    (transfer,) = (await acme.get(MINE))["items"]
    assert (transfer["kind"], transfer["is_default"], transfer["id"]) == ("bank_transfer", True, None)
    assert (transfer["iban"], transfer["transfer_reference"]) == (IBAN, "invoice_number")
    made = await acme.post(MINE, MANDATE, status=201)
    assert (made["kind"], made["iban"], made["status"], made["is_default"]) == ("sepa_debit", MASKED, "active", False)
    one = f"{MINE}/{made['id']}"
    chosen = await acme.send("PUT", f"{one}/default", headers={"If-Match": '"1"'})
    assert (chosen.status_code, chosen.headers["etag"], chosen.json()["is_default"]) == (200, '"2"', True)
    listed = (await acme.get(MINE))["items"]
    assert [each["is_default"] for each in listed] == [False, True]
    assert IBAN not in str(listed[1:])
    assert (await acme.send("DELETE", f"{one}/default")).status_code == 204
    assert (await acme.get(MINE))["items"][0]["is_default"]
    assert (await acme.send("DELETE", one)).status_code == 204
    assert (await acme.get(MINE))["total"] == 1
    (gone,) = (await acme.get(MINE, status="detached"))["items"]
    assert (gone["id"], gone["status"]) == (made["id"], "detached")
    await acme.refused("DELETE", one, 400, "invalid_transition")
    await acme.refused("PUT", f"{one}/default", 409, "payment_method_detached")
    history = await boss.get(f"/admin/payment-methods/{made['id']}/history")
    assert [each["action"].partition(".")[2] for each in history["items"]] == [
        "detached",
        "default_changed",
        "default_changed",
        "added",
    ]
    assert IBAN not in str(history)
    assert MASKED in str(history)


async def test_the_seller_records_what_was_signed_on_paper(boss: Any, acme: Any, world: Any) -> None:
    path = f"/admin/tenants/{world.acme}/payment-methods"
    made = await boss.post(path, MANDATE | {"make_default": True, "bic": "ABNANL2A"}, status=201)
    assert made["is_default"]
    assert [each["id"] for each in (await acme.get(MINE))["items"]] == [None, made["id"]]
    other = await acme.post(MINE, MANDATE | {"mandate_reference": "M-2", "make_default": True}, status=201)
    found = {each["id"]: each["is_default"] for each in (await boss.get(path))["items"]}
    assert found == {None: False, made["id"]: False, other["id"]: True}
    await boss.put(f"{path}/{made['id']}/default", None)
    elsewhere = f"/admin/tenants/{world.jones}/payment-methods/{made['id']}"
    await boss.refused("DELETE", elsewhere, 404, "payment_method_not_found")
    assert (await boss.send("DELETE", f"{path}/{made['id']}")).status_code == 204


async def test_what_is_wrong_is_told_by_its_field_and_the_account_is_not_repeated(acme: Any) -> None:
    wrong = MANDATE | {"iban": "NL91ABNA0417164301", "mandate_reference": "//"}
    problem = await acme.refused("POST", MINE, 422, "invalid", "/mandate_reference", "/iban", json=wrong)
    assert "0417164301" not in str(problem)
    later = MANDATE | {"signed_on": "2026-03-01"}
    await acme.refused("POST", MINE, 422, "signed_on_invalid", "/signed_on", json=later)
    await acme.post(MINE, MANDATE, status=201)
    await acme.refused("POST", MINE, 409, "mandate_reference_taken", "/mandate_reference", json=MANDATE)
    await acme.refused("GET", f"{MINE}?status=lost", 422, "choice_unknown", "/status")


async def test_another_s_mandate_is_not_there(acme: Any, stranger: Any, boss: Any) -> None:
    made = await acme.post(MINE, MANDATE, status=201)
    await stranger.refused("DELETE", f"{MINE}/{made['id']}", 404, "payment_method_not_found")
    await stranger.refused("PUT", f"{MINE}/{made['id']}/default", 404, "payment_method_not_found")
    assert (await stranger.get(MINE))["total"] == 1
    # Another creditor's references are its own.
    await stranger.post(MINE, MANDATE, status=201)
    await boss.refused("GET", MINE, 404, "tenant_not_found")
