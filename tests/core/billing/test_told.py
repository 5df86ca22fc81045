"""What becomes of an invoice is announced: issued, sent, credited, voided."""

from __future__ import annotations

from typing import Any

from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.record_hand_over import RecordHandOver
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice


def _told(books: Any) -> list[Any]:
    return [each for each in books.world.store.outbox if each.topic.startswith(("invoice.", "credit_note."))]


async def test_an_issued_invoice_is_announced_with_its_amounts(books: Any) -> None:
    issued = await books.issue()
    (event,) = _told(books)
    assert (event.topic, event.aggregate_id, event.tenant_id) == ("invoice.issued.v1", issued.id, issued.tenant_id)
    assert (event.data["number"], event.data["gross_cents"]) == (issued.number, issued.gross_cents)
    assert (event.data["document_type"], event.data["due_date"]) == ("invoice", issued.due_date.isoformat())


async def test_what_is_sent_is_announced_once(books: Any) -> None:
    issued = await books.issue()
    for _ in range(2):
        await books.world.use(RecordHandOver)(books.admin, [issued.id])
    assert [each.topic for each in _told(books)] == ["invoice.issued.v1", "invoice.sent.v1"]
    assert _told(books)[1].data["number"] == issued.number


async def test_a_void_invoice_is_announced_with_why(books: Any) -> None:
    issued = await books.issue()
    await books.world.use(VoidInvoice)(books.admin, issued.id, "Sent twice.")
    event = _told(books)[-1]
    assert (event.topic, event.data["reason"]) == ("invoice.voided.v1", "Sent twice.")
    assert (event.data["number"], event.data["gross_cents"]) == (issued.number, issued.gross_cents)


async def test_a_credit_note_is_announced_with_what_it_takes_back(books: Any) -> None:
    issued = await books.issue()
    made = await books.world.use(IssueCreditNote)(books.admin, issued.id, NewCreditNote(reason="Too much"))
    (event,) = [each for each in _told(books) if each.topic == "credit_note.issued.v1"]
    assert event.aggregate_id == made.credit_note.id
    assert event.data["referenced_invoice_id"] == issued.id
    assert event.data["gross_cents"] == -issued.gross_cents
