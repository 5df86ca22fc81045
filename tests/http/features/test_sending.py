"""Sending over HTTP: asked once, delivered once, and a bounce stands beside the invoice."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from httpx import AsyncClient

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.scaisend.signature import TOLERANCE_SECONDS, sign
from scaicontrol_adapters.scaivault.remembering import RememberedSecrets
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.documents.mail import MailRefused
from scaicontrol_core.testing.mail import MemoryMail
from scaicontrol_core.testing.secrets import MemorySecrets
from scaicontrol_jobs.mail import deliver_mail

SECRET = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings that know ScaiSend's secret."""
    return evolve(settings, scaisend_webhook_secret=SECRET)


@pytest.fixture
async def mail(container: Container) -> AsyncIterator[MemoryMail]:
    """A mail service in place of the folder."""
    kept, service = container.mail, MemoryMail()
    container.mail = service
    yield service
    container.mail = kept


async def test_an_invoice_is_sent_and_its_history_told(
    boss: Any, acme: Any, world: Any, container: Container, settings: Settings
) -> None:
    path = f"/admin/invoices/{world.invoice}"
    asked = await boss.post(f"{path}/send", {}, status=202)
    assert (asked["status"], asked["type"], asked["history"]) == ("queued", "email_invoice", [])
    assert asked["recipients"] == ["administratie@jansen.example"]
    while await deliver_mail(container):
        pass
    (sent,) = (await boss.get(f"{path}/sends"))["items"]
    assert (sent["id"], sent["status"], sent["channel"], sent["due_at"]) == (asked["id"], "sent", "folder", None)
    (entry,) = sent["history"]
    assert (entry["result"], entry["revision"], entry["template"]) == ("handed_over", 1, "built-in/email_invoice")
    (eml,) = [each for each in Path(settings.mail_dir).iterdir() if each.stem.startswith(sent["id"])]
    message = message_from_bytes(eml.read_bytes(), policy=default)
    assert str(message["Subject"]) == "Factuur SCAI-2026-000001 van ScaiLabs B.V."
    invoice = await boss.get(path)
    assert (invoice["status"], invoice["sent_at"], invoice["sends"]) == ("sent", sent["handed_at"], [sent])
    assert (await acme.get(f"/billing/invoices/{world.invoice}"))["status"] == "sent"
    history = await boss.get(f"{path}/history")
    assert {"invoice.send_requested", "invoice.sent"} <= {each["action"] for each in history["items"]}


async def test_the_same_key_sends_once(boss: Any, world: Any, container: Container, mail: MemoryMail) -> None:
    path, headers = f"/admin/invoices/{world.invoice}/send", {"Idempotency-Key": "k-1"}
    body = {"to": ["anna@example.com"]}
    first = await boss.post(path, body, status=202, headers=headers)
    assert await boss.post(path, body, status=202, headers=headers) == first
    other = {"to": ["b@example.com"]}
    await boss.refused("POST", path, 422, "idempotency_key_reused", json=other, headers=headers)
    await deliver_mail(container)
    assert [each.to for key, each in mail.sent.items() if key.startswith(first["id"])] == [("anna@example.com",)]


async def test_what_cannot_be_sent(boss: Any, world: Any) -> None:
    await boss.refused("POST", f"/admin/invoices/{world.draft}/send", 400, "invoice_not_finalized", json={})
    path = f"/admin/invoices/{world.invoice}/send"
    await boss.refused("POST", path, 422, "email_invalid", "/to/1", json={"to": ["a@example.com", "nobody"]})
    await boss.refused("POST", path, 422, "too_many_recipients", "/to", json={"to": [f"a{n}@x.nl" for n in range(21)]})


async def test_a_reseller_sends_its_own_and_nobody_else_s(reseller: Any, acme: Any, world: Any) -> None:
    await reseller.post(f"/admin/invoices/{world.their_invoice}/send", {}, status=202)
    await reseller.refused("POST", f"/admin/invoices/{world.invoice}/send", 404, "invoice_not_found", json={})
    await acme.refused("POST", f"/admin/invoices/{world.invoice}/send", 403, "forbidden", json={})


async def test_a_refused_message_is_tried_again_by_hand(
    boss: Any, world: Any, container: Container, mail: MemoryMail
) -> None:
    async def refuse(_: str) -> None:
        raise MailRefused("550 no such user")

    mail.before = refuse
    asked = await boss.post(f"/admin/invoices/{world.invoice}/send", {}, status=202)
    await deliver_mail(container)
    sends = f"/admin/invoices/{world.invoice}/sends"
    (failed,) = (await boss.get(sends))["items"]
    assert (failed["status"], failed["error_code"], failed["error"]) == ("failed", "mail_refused", "550 no such user")
    mail.before = None
    retried = await boss.post(f"/admin/sends/{asked['id']}/retry", status=202)
    assert retried["status"] == "queued"
    await deliver_mail(container)
    (sent,) = (await boss.get(sends))["items"]
    assert [each["result"] for each in sent["history"]] == ["failed", "handed_over"]
    await boss.refused("POST", f"/admin/sends/{asked['id']}/retry", 400, "invalid_transition")


def signed(container: Container, event: object, *, secret: str = SECRET, late: int = 0, name: str = "evt_1") -> Any:
    """A webhook as ScaiSend sends it."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    stamp = int(container.clock.now().timestamp()) - late
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(stamp),
        "webhook-signature": f"v1a,x {sign(secret, name, stamp, body)}",
        "content-type": "application/json",
    }
    return {"content": body, "headers": headers}


def bounce(message_id: str, kind: str = "message.bounced", **data: Any) -> dict[str, Any]:
    """What ScaiSend says of a message."""
    known = {"id": message_id, "recipient": "anna@example.com", "reason": "mailbox full", "metadata": {}}
    return {"type": kind, "timestamp": "2026-01-15T10:00:00Z", "data": known | data}


async def test_a_bounce_is_shown_on_the_invoice(
    client: AsyncClient, boss: Any, anybody: Any, world: Any, container: Container, mail: MemoryMail
) -> None:
    await boss.post(f"/admin/invoices/{world.invoice}/send", {"to": ["anna@example.com"]}, status=202)
    await deliver_mail(container)
    (sent,) = (await boss.get(f"/admin/invoices/{world.invoice}/sends"))["items"]
    event = bounce(sent["message_id"])
    for _ in range(2):
        assert (await anybody.send("POST", "/callbacks/scaisend", **signed(container, event))).status_code == 202
    (bounced,) = (await boss.get(f"/admin/invoices/{world.invoice}"))["sends"]
    assert (bounced["status"], bounced["error"]) == ("bounced", "anna@example.com: mailbox full")
    assert [each["result"] for each in bounced["history"]] == ["handed_over", "bounced"]


async def test_what_is_no_report_of_ours(anybody: Any, world: Any, container: Container, rows: Any) -> None:
    before, path = await rows(), "/callbacks/scaisend"
    event = bounce("msg_of_somebody")
    await anybody.refused("POST", path, 404, "message_not_found", **signed(container, event))
    other = "whsec_" + b64encode(b"x" * 32).decode()
    late = TOLERANCE_SECONDS + 1
    for wrong in (signed(container, event, secret=other), signed(container, event, late=late), {"content": b"{}"}):
        await anybody.refused("POST", path, 401, "signature_invalid", **wrong)
    for malformed in (b"", b"[]", b"{}", b'{"type":"message.bounced","data":{"id":7}}', b"\xff"):
        await anybody.refused("POST", path, 400, "report_malformed", **signed(container, malformed))
    answer = await anybody.send("POST", path, **signed(container, bounce("x", "message.opened")))
    assert (answer.status_code, answer.json()) == (202, {"status": "ignored"})
    early = bounce("unknown", metadata={"reference": world.their_send})
    await anybody.refused("POST", path, 503, "report_too_early", **signed(container, early))
    assert await rows() == before


async def test_a_report_signed_with_a_secret_that_was_changed_is_taken(
    anybody: Any, world: Any, container: Container
) -> None:
    newer = "whsec_" + b64encode(b"fedcba9876543210fedcba9876543210").decode()
    path, event = "/callbacks/scaisend", bounce("x", "message.opened")
    container.settings = evolve(
        container.settings, scaisend_webhook_secret="", scaisend_webhook_secret_vault_path="mail/reports"
    )
    container.secrets = secrets = MemorySecrets()
    await anybody.refused("POST", path, 503, "secret_not_kept", **signed(container, event))
    await secrets.put("mail/reports", "whsec_nonsense")
    await anybody.refused("POST", path, 503, "secret_unusable", **signed(container, event))
    await secrets.put("mail/reports", SECRET)
    assert (await anybody.send("POST", path, **signed(container, event))).status_code == 202
    container.secrets = behind = RememberedSecrets(secrets, monotonic=iter(range(0, 1000, 10)).__next__)
    assert (await anybody.send("POST", path, **signed(container, event))).status_code == 202
    await secrets.put("mail/reports", newer)
    assert (await anybody.send("POST", path, **signed(container, event, secret=newer))).status_code == 202
    await anybody.refused("POST", path, 401, "signature_invalid", **signed(container, event))
    assert (await behind.get("mail/reports")).version == 3


async def test_a_template_is_tried_in_a_real_mail_program(boss: Any, world: Any, mail: MemoryMail) -> None:
    path = "/admin/billing/templates/designer/send-test"
    body = {"document_type": "email_reminder_1", "invoice_id": world.invoice, "to": ["me@example.com"]}
    assert (await boss.post(path, body, status=202))["refused"] == []
    (sent,) = mail.sent.values()
    assert sent.subject == "[Test] Herinnering: factuur SCAI-2026-000001 van ScaiLabs B.V."
    mail.sent.clear()
    await boss.refused("POST", path, 422, "choice_unknown", "/document_type", json=body | {"document_type": "letter"})
    await boss.refused("POST", path, 422, "recipient_missing", "/to", json=body | {"to": []})
    await boss.refused("POST", path, 404, "invoice_not_found", json=body | {"invoice_id": "inv_nobody"})
    assert mail.sent == {}


async def test_a_kept_template_is_tried_by_its_id(boss: Any, world: Any, mail: MemoryMail) -> None:
    path = "/admin/billing/templates/designer/send-test"
    new = {"name": "House", "subject": "Ours: {{ document.number }}", "html_content": "<p>{{ text.heading }}</p>"}
    kept = await boss.post("/admin/billing/templates", new | {"document_type": "email_invoice"}, status=201)
    body = {"document_type": "email_invoice", "invoice_id": world.invoice, "to": ["me@example.com"]}
    await boss.post(path, body | {"template_id": kept["id"]}, status=202)
    (sent,) = mail.sent.values()
    assert sent.subject == "[Test] Ours: SCAI-2026-000001"
    other = body | {"template_id": kept["id"], "document_type": "email_reminder_1"}
    await boss.refused("POST", path, 422, "template_type_differs", "/template_id", json=other)
    nobody = body | {"template_id": "tpl_nobody"}
    await boss.refused("POST", path, 404, "document_template_not_found", json=nobody)


async def test_an_operator_s_wrong_template_says_what_is_wrong(
    boss: Any, world: Any, container: Container, mail: MemoryMail
) -> None:
    body = {"document_type": "email_invoice", "invoice_id": world.invoice, "to": ["me@example.com"]}
    path = "/admin/billing/templates/designer/send-test"
    mine = {"subject": "{{ document.number }}", "html_content": "<p>{{ amount }}</p>"}
    await boss.post(path, body | mine, status=202)
    (sent,) = mail.sent.values()
    assert (sent.subject, sent.text) == ("[Test] SCAI-2026-000001", "€\xa0175,45\n")
    wrong = await boss.refused("POST", path, 422, "template_rejected", json=body | {"html_content": "{{ amont }}"})
    assert "amont" in wrong["detail"]


async def test_a_pile_of_letters_is_recorded_as_sent(boss: Any, world: Any) -> None:
    path = "/admin/invoices/mark-sent"
    assert await boss.post(path, {"ids": [world.invoice]}) == {"sent": 1}
    assert (await boss.get(f"/admin/invoices/{world.invoice}"))["status"] == "sent"
    assert await boss.post(path, {"ids": [world.invoice]}) == {"sent": 0}
    await boss.refused("POST", path, 404, "invoice_not_found", json={"ids": [world.invoice, "inv_nobodys"]})
    await boss.refused("POST", path, 422, "bulk_size_invalid", "/ids", json={"ids": []})
