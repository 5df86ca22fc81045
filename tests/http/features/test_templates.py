"""Templates over HTTP: checked, kept in versions, restored, shown; each partner for itself."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

PATH = "/admin/billing/templates"
pytestmark = pytest.mark.usefixtures("world")
GOOD = '{% extends "invoice.html" %}'


async def test_a_template_is_made_saved_restored_and_deleted(boss: Any) -> None:
    new = {"name": "House", "document_type": "invoice", "language": "nl", "html_content": GOOD, "page_format": "A5"}
    made = await boss.post(PATH, new, status=201)
    assert (made["version"], made["warnings"], made["language"]) == (1, [], "nl")
    path = f"{PATH}/{made['id']}"
    second = await boss.put(path, {"html_content": "<p>{{ document.number }}</p>"}, headers={"If-Match": '"1"'})
    assert second["version"] == 2
    assert "art. 226 (5)" in " ".join(each["message"] for each in second["warnings"])
    old = {"html_content": GOOD}
    await boss.refused("PUT", path, 412, "stale_version", json=old, headers={"If-Match": '"1"'})
    versions = (await boss.get(f"{path}/versions"))["items"]
    assert [(each["version"], each["reason"]) for each in versions] == [(2, "saved"), (1, "created")]
    back = await boss.post(f"{path}/restore", {"version": 1}, status=200)
    assert (back["version"], back["html_content"], back["page_format"]) == (3, GOOD, "A5")
    assert (await boss.send("DELETE", path)).status_code == 204
    await boss.refused("DELETE", path, 400, "document_template_deleted")
    assert (await boss.get(PATH, name="House"))["items"] == []
    assert (await boss.get(path))["is_deleted"]
    again = await boss.post(PATH, new, status=201)
    assert (again["id"], again["version"]) == (made["id"], 5)
    await boss.refused("POST", PATH, 409, "document_template_exists", "/name", json=new)


async def test_what_could_not_be_rendered_is_refused_with_its_line(boss: Any) -> None:
    for html, part in (
        ("<p>\n{% if x %}", "line 2: wrong syntax"),
        ("\n\n{{ documnt.number }}", "line 3: there is no variable 'documnt'"),
        ("{{ seller.nam }}", "has no attribute 'nam'"),
        ("<script>alert(1)</script>", "forbidden"),
        ("{% include '/etc/passwd' %}", "built-in"),
        ("<img src='https://example.com/x.png'>", "network"),
    ):
        body = {"name": "x", "document_type": "invoice", "html_content": html}
        refused = await boss.refused("POST", PATH, 422, "template_faulty", json=body)
        assert part in refused["errors"][0]["message"]


async def test_the_designer_checks_shows_and_offers(boss: Any, world: Any) -> None:
    body = {"document_type": "email_invoice", "subject": "{{ nothing }}", "html_content": "<p>{{ buyer.vat }}</p>"}
    report = await boss.post(f"{PATH}/designer/validate", body, status=200)
    assert (report["valid"], report["findings"][0]["part"]) == (False, "subject")
    shown = await boss.post(
        f"{PATH}/designer/preview",
        {"document_type": "credit_note", "html_content": "<p>{{ document.title }}</p>", "language": "nl"},
        status=200,
    )
    assert "Creditnota" in shown["html"]
    paper = await boss.post(f"{PATH}/designer/preview", {"invoice_id": world.invoice, "pdf": True}, status=200)
    assert b64decode(paper["pdf_base64"]).startswith(b"%PDF")
    assert "SCAI-2026-000001" in paper["html"]
    mail = await boss.post(f"{PATH}/designer/preview", {"document_type": "email_reminder_1"}, status=200)
    assert mail["subject"]
    await boss.refused("POST", f"{PATH}/designer/preview", 422, "sample_unknown", "/sample", json={"sample": "none"})
    offered = (await boss.get(f"{PATH}/designer/variables", document_type="invoice"))["variables"]
    (gross,) = [each for each in offered if each["path"] == "totals.gross"]
    assert (gross["kind"], gross["optional"], gross["filter"]) == ("amount", False, "money")


async def test_a_copy_is_a_template_of_its_own(boss: Any) -> None:
    new = {"name": "House", "document_type": "credit_note", "html_content": '{% extends "credit_note.html" %}'}
    made = await boss.post(PATH, new, status=201)
    copy = await boss.post(f"{PATH}/{made['id']}/copy", {"name": "House", "language": "de"}, status=201)
    assert (copy["language"], copy["html_content"], copy["version"]) == ("de", made["html_content"], 1)
    taken = {"name": "House", "language": "de"}
    await boss.refused("POST", f"{PATH}/{made['id']}/copy", 409, "document_template_exists", json=taken)
    assert [each["language"] for each in (await boss.get(PATH, name="House"))["items"]] == [None, "de"]


async def test_a_partner_has_its_own_and_a_customer_none(boss: Any, reseller: Any, acme: Any, world: Any) -> None:
    new = {"name": "House", "document_type": "invoice", "html_content": GOOD}
    ours = await boss.post(PATH, new, status=201)
    theirs = await reseller.post(PATH, new, status=201)
    assert (ours["partner_id"], theirs["partner_id"]) == (world.operator, world.reseller)
    assert [each["id"] for each in (await reseller.get(PATH))["items"]] == [theirs["id"], world.their_template]
    assert (await boss.get(PATH))["total"] == 3
    await reseller.refused("GET", f"{PATH}/{ours['id']}", 404, "document_template_not_found")
    await reseller.refused("POST", PATH, 404, "partner_not_found", json=new | {"partner_id": world.operator})
    away = {"name": "Taken", "partner_id": world.reseller}
    await reseller.refused("POST", f"{PATH}/{ours['id']}/copy", 404, "document_template_not_found", json=away)
    shown, tried = f"{PATH}/designer/preview", f"{PATH}/designer/send-test"
    await reseller.refused("POST", shown, 404, "document_template_not_found", json={"template_id": ours["id"]})
    await reseller.refused("POST", shown, 404, "invoice_not_found", json={"invoice_id": world.invoice})
    mine = {"document_type": "email_invoice", "to": ["me@example.com"], "invoice_id": world.invoice}
    await reseller.refused("POST", tried, 404, "invoice_not_found", json=mine)
    await acme.refused("POST", shown, 403, "forbidden", json={})
    await acme.refused("GET", PATH, 403, "forbidden")
