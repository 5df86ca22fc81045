"""What every store promises of requests to send and of their history."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from scaicontrol_adapters.sql.rows.sending import SendEntryRow
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.documents.mail import Handed, MailType
from scaicontrol_core.documents.mail_composing import RenderedMail
from scaicontrol_core.documents.mail_schedule import LEASE
from scaicontrol_core.documents.transmission import (
    SendEntry,
    SendId,
    SendNotDue,
    SendRequest,
    SendResult,
    SendStatus,
)
from scaicontrol_core.kernel.errors import Conflict, NotFound, OutOfScope, Refused, Retryable, ScaiControlError, Stale
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.clock import DEFAULT_START as NOW

PLATFORM = Actor.system("contract")
SELLER, OURS = PartnerId("prt_reseller"), TenantId("tnt_ours")
INVOICE = InvoiceId("inv_1")
PARTNER = Actor.partner_admin("rita", SELLER)
TENANT = Actor.tenant_user("tim", OURS, SELLER, Role.TENANT_ADMIN)
RIVAL = Actor.partner_admin("rob", PartnerId("prt_rival"))


@pytest.fixture
async def office(work_factory: Any) -> Any:
    """A seller, a customer, and a numbered invoice."""
    numbered = Invoice(
        id=INVOICE,
        partner_id=SELLER,
        tenant_id=OURS,
        seller_id=SELLER,
        currency="EUR",
        created_at=NOW,
        status=InvoiceStatus.FINALIZED,
        number="X-2026-000001",
        sequence=1,
        fiscal_year=2026,
        issue_date=date(2026, 1, 1),
        due_date=date(2026, 2, 1),
        frozen_document="{}",
        chain_hash="0" * 64,
        finalized_at=NOW,
    )
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(builders.new_partner(SELLER, operator=False, name="RES", invoice_number_prefix="RES"))
        await work.tenants.add(builders.new_tenant(OURS, SELLER))
        await work.invoices.add(numbered)
        await work.commit()
    return work_factory


def request(number: int = 1, **fields: Any) -> SendRequest:
    usual: dict[str, Any] = {
        "id": SendId(f"snd_{number}"),
        "invoice_id": INVOICE,
        "partner_id": SELLER,
        "tenant_id": OURS,
        "mail_type": MailType.INVOICE,
        "recipients": ("anna@example.com", "ben@müller.example"),
        "requested_by": "rita",
        "requested_at": NOW,
        "due_at": NOW,
    }
    made = SendRequest(**(usual | fields))
    made.record_request()
    return made


async def add(office: Any, *requests: SendRequest, actor: Actor = PLATFORM) -> None:
    async with office.begin(actor) as work:
        for each in requests:
            await work.send_requests.add(each)
        await work.commit()


async def save(office: Any, changed: SendRequest) -> None:
    async with office.begin(PLATFORM) as work:
        await work.send_requests.save(changed)
        await work.commit()


async def tell(office: Any, entry: SendEntry) -> None:
    async with office.begin(PLATFORM) as work:
        await work.send_history.add(entry)
        await work.commit()


async def read(office: Any, number: int = 1, actor: Actor = PLATFORM) -> SendRequest:
    async with office.begin(actor, read_only=True) as work:
        found: SendRequest = await work.send_requests.get(SendId(f"snd_{number}"))
    return found


async def delivered(office: Any, number: int = 1) -> SendRequest:
    """Claim, compose and hand over a request, a transaction each."""
    async with office.begin(PLATFORM) as work:
        found: SendRequest = await work.send_requests.get(SendId(f"snd_{number}"))
        found.claim("wrk_1", NOW)
        found.compose(RenderedMail(subject="Füße", html="<p>é</p>" * 20_000, template="t@3"), 2, NOW)
        await work.send_requests.save(found)
        await work.commit()
    async with office.begin(PLATFORM) as work:
        found = await work.send_requests.get(SendId(f"snd_{number}"))
        entry = found.hand_over(Handed(message_id=f"<m{number}@x>", refused=("ben@müller.example",)), "smtp", NOW)
        await work.send_requests.save(found)
        await work.send_history.add(entry)
        await work.commit()
    return found


async def test_a_request_reads_back_as_it_was(office: Any) -> None:
    await add(office, request(request_key="k" * 64))
    found = await read(office)
    assert (found.status, found.recipients, found.version) == (SendStatus.QUEUED, request().recipients, 1)
    sent = await delivered(office)
    kept = await read(office, actor=PARTNER)
    for name in ("html", "subject", "template", "revision", "message_id", "handed_at", "error", "status", "entries"):
        assert getattr(kept, name) == getattr(sent, name), name
    assert (kept.lease_owner, kept.lease_until, kept.attempts) == (None, None, 1)


async def test_of_two_that_claim_it_one_wins(office: Any) -> None:
    await add(office, request())
    one, other = await read(office), await read(office)
    one.claim("wrk_1", NOW)
    other.claim("wrk_2", NOW)
    await save(office, one)
    with pytest.raises(Stale):
        await save(office, other)
    assert (await read(office)).lease_owner == "wrk_1"


async def test_what_is_due_is_queued_ripe_and_in_nobody_s_hands(office: Any) -> None:
    later = request(1, due_at=NOW + timedelta(minutes=5))
    held = request(2, lease_owner="wrk_9", lease_until=NOW + LEASE)
    await add(office, later, held, request(3, due_at=NOW - timedelta(minutes=1)), request(4), request(5))
    await delivered(office, 5)

    async def due(minutes: int, limit: int = 10) -> list[str]:
        async with office.begin(PLATFORM, read_only=True) as work:
            return list(await work.send_requests.due(NOW + timedelta(minutes=minutes), limit))

    assert await due(0) == ["snd_3", "snd_4"]
    assert await due(0, limit=1) == ["snd_3"]
    assert await due(5) == ["snd_3", "snd_4", "snd_1"]
    assert await due(10) == ["snd_3", "snd_2", "snd_4", "snd_1"]


async def test_one_request_for_a_key_of_an_invoice(office: Any) -> None:
    await add(office, request(1, request_key="k"), request(2), request(3))
    with pytest.raises(Retryable):
        await add(office, request(4, request_key="k"))
    async with office.begin(PARTNER, read_only=True) as work:
        found = await work.send_requests.with_key(INVOICE, "k")
        assert found is not None
        assert found.id == "snd_1"
        assert await work.send_requests.with_key(INVOICE, "other") is None
        assert [each.id for each in await work.send_requests.of_invoice(INVOICE)] == ["snd_3", "snd_2", "snd_1"]


async def test_a_message_leads_back_to_its_request(office: Any) -> None:
    await add(office, request(1), request(2))
    await delivered(office, 2)
    async with office.begin(PLATFORM, read_only=True) as work:
        found = await work.send_requests.with_message("<m2@x>")
        assert found is not None
        assert found.id == "snd_2"
        assert await work.send_requests.with_message("<m1@x>") is None


async def test_the_history_is_told_in_order_and_nothing_twice(office: Any) -> None:
    await add(office, request(1), request(2))
    await delivered(office, 2)
    sent = await delivered(office, 1)
    entry = sent.report(SendResult.BOUNCED, NOW, event_key="report 1", recipient="anna@example.com", reason="full")
    async with office.begin(PLATFORM) as work:
        await work.send_requests.save(sent)
        await work.send_history.add(entry)
        await work.commit()
    async with office.begin(TENANT, read_only=True) as work:
        told = await work.send_history.of_invoice(INVOICE)
    assert [(each.send_id, each.ordinal, each.result) for each in told] == [
        ("snd_1", 1, SendResult.HANDED_OVER),
        ("snd_1", 2, SendResult.BOUNCED),
        ("snd_2", 1, SendResult.HANDED_OVER),
    ]
    assert told[1] == entry
    with pytest.raises(Conflict) as twice:
        await tell(office, entry)
    assert twice.value.code == "send_entry_exists"


async def test_nobody_else_sees_or_writes_them(office: Any) -> None:
    await add(office, request(1), actor=PARTNER)
    await delivered(office)
    with pytest.raises(NotFound):
        await read(office, actor=RIVAL)
    async with office.begin(RIVAL, read_only=True) as work:
        assert list(await work.send_requests.of_invoice(INVOICE)) == []
        assert list(await work.send_requests.due(NOW, 10)) == []
        assert list(await work.send_history.of_invoice(INVOICE)) == []
        assert await work.send_requests.with_message("<m1@x>") is None
    with pytest.raises((OutOfScope, Refused, ScaiControlError)):
        await add(office, request(2), actor=RIVAL)


async def test_no_line_of_the_history_is_changed_or_removed(office: Any) -> None:
    if not hasattr(office, "database"):
        return  # in memory nothing but the collection reaches a row
    await add(office, request())
    await delivered(office)
    rows: Any = SendEntryRow.__table__
    for statement in (update(rows).values(result="bounced"), delete(rows)):
        async with office.database.writer.connect() as connection:
            with pytest.raises(Refused) as refused:
                await connection.execute(statement)
            assert refused.value.code == "send_history_append_only"


async def test_of_many_that_claim_at_once_one_wins(office: Any) -> None:
    await add(office, request())

    async def claim(worker: int) -> bool:
        try:
            async with office.begin(PLATFORM) as work:
                found = await work.send_requests.get(SendId("snd_1"))
                found.claim(f"wrk_{worker}", NOW)
                await asyncio.sleep(0)
                await work.send_requests.save(found)
                await work.commit()
        except (Stale, SendNotDue, Retryable):
            return False
        return True

    won = await asyncio.gather(*(claim(worker) for worker in range(6)))
    assert sum(won) == 1
    assert (await read(office)).lease_owner == f"wrk_{won.index(True)}"
