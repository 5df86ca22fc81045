"""What every store promises of payments: none is lost, none counts twice, whoever records at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest

from scaicontrol_adapters.sql.retry import retried
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.errors import RefundExceedsPayments
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.kernel.errors import NotFound, Refused, Stale
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, SubscriptionId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.payments.errors import NothingToPay, PaymentReferenceTaken
from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentStatus
from scaicontrol_core.payments.payment import Payment
from scaicontrol_core.payments.payment_input import NewFailedPayment, NewPayment, NewRefund
from scaicontrol_core.payments.ports import PaymentFilter
from scaicontrol_core.payments.use_cases.record_failed_payment import RecordFailedPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.payments.use_cases.record_refund import RecordRefund
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.tax import standard_rates
from scaicontrol_core.testing import FixedClock, MemoryWorld, SequentialIds, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START

ADMIN = Actor.system("contract")
GROSS = 45_375
AT = DEFAULT_START


class Shop:
    """An operator with one customer, over one store."""

    def __init__(self, work: Any) -> None:
        clock, ids, check = FixedClock(), SequentialIds(), EInvoiceCheck()
        self.work = work
        self.draft = DraftInvoice(work, clock, ids)
        self.finalize = FinalizeInvoice(work, clock, standard_rates(), check)
        self.pay = retried(RecordPayment(work, clock, ids))
        self.fail = retried(RecordFailedPayment(work, clock, ids))
        self.refund = retried(RecordRefund(work, clock, ids, check))

    async def issue(self) -> Invoice:
        """Invoice three hours, 453.75 with VAT, and send it."""
        lines = (LineInput(description="Advice", quantity="3", unit_price_cents="12500"),)
        invoice = await self.finalize(ADMIN, (await self.draft(ADMIN, TENANT_ID, DraftInput(lines=lines))).id)
        async with self.work.begin(ADMIN) as work:
            sent: Invoice = await work.invoices.get(invoice.id)
            sent.mark_sent(AT)
            await work.invoices.save(sent)
            await work.commit()
        return sent

    async def stored(self, invoice_id: InvoiceId) -> Invoice:
        """Read it again."""
        async with self.work.begin(ADMIN, read_only=True) as work:
            found: Invoice = await work.invoices.get(invoice_id)
        return found

    async def entries(self, invoice_id: InvoiceId) -> list[Payment]:
        """Return what the ledger says of an invoice."""
        async with self.work.begin(ADMIN, read_only=True) as work:
            return list(await work.payments.of_invoice(invoice_id))

    async def page(self, actor: Actor = ADMIN, **wanted: Any) -> tuple[Payment, ...]:
        """List payments."""
        async with self.work.begin(actor, read_only=True) as work:
            page = await work.payments.list(PaymentFilter(**wanted), PageRequest(sort="received_on"))
        found: tuple[Payment, ...] = page.items
        return found


@pytest.fixture
async def shop(work_factory: Any) -> Shop:
    """It, on each backend."""
    async with work_factory.begin(ADMIN) as work:
        await work.partners.add(builders.new_partner())
        await work.tenants.add(builders.new_tenant())
        await work.billing_profiles.add(builders.new_profile())
        await work.services.add(builders.new_service())
        await work.plans.add(builders.new_plan())
        await work.commit()
    return Shop(work_factory)


async def test_a_payment_is_kept_as_it_was_recorded(shop: Shop) -> None:
    invoice = await shop.issue()
    wanted = NewPayment(
        amount_cents=10_000, received_on=date(2026, 1, 10), reference="NTRY-1", provider="bunq", idempotency_key="k1"
    )
    done = await shop.pay(ADMIN, invoice.id, wanted)
    (kept,) = await shop.entries(invoice.id)
    for name in ("id", "kind", "status", "method", "amount_cents", "currency", "received_on", "reference", "version"):
        assert getattr(kept, name) == getattr(done.payment, name)
    assert (kept.status, kept.settled_at, kept.returned_cents) == (PaymentStatus.SUCCEEDED, AT, 0)
    stored = await shop.stored(invoice.id)
    assert (stored.paid_cents, stored.open_cents, stored.status) == (10_000, GROSS - 10_000, InvoiceStatus.SENT)


async def test_a_reference_and_a_key_are_recorded_once(shop: Shop) -> None:
    invoice, other = await shop.issue(), await shop.issue()
    first = await shop.pay(ADMIN, invoice.id, NewPayment(amount_cents=1, reference="R", idempotency_key="k"))
    again = await shop.pay(ADMIN, invoice.id, NewPayment(amount_cents=1, reference="R", idempotency_key="k"))
    assert again.payment.id == first.payment.id
    with pytest.raises(PaymentReferenceTaken):
        await shop.pay(ADMIN, other.id, NewPayment(amount_cents=1, reference="R"))
    assert (await shop.stored(invoice.id)).paid_cents == 1
    assert (await shop.stored(other.id)).paid_cents == 0


async def test_of_many_payments_at_once_none_is_lost(shop: Shop) -> None:
    invoice = await shop.issue()

    async def pay(cents: int) -> None:
        while True:
            try:
                await shop.pay(ADMIN, invoice.id, NewPayment(amount_cents=cents))
            except Stale:
                continue  # lost every race: ask again, as a client would
            return

    await asyncio.gather(*(pay(1000 + each) for each in range(8)))
    stored = await shop.stored(invoice.id)
    assert stored.paid_cents == sum(1000 + each for each in range(8))
    assert sum(entry.signed_cents for entry in await shop.entries(invoice.id)) == stored.paid_cents


async def test_what_is_open_is_paid_once_however_many_mark_it_paid(shop: Shop) -> None:
    invoice = await shop.issue()
    answers = await asyncio.gather(
        *(shop.pay(ADMIN, invoice.id, NewPayment()) for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in answers) == ["NothingToPay"] * 3 + ["RecordedPayment"]
    stored = await shop.stored(invoice.id)
    assert (stored.status, stored.paid_cents, stored.balance_cents) == (InvoiceStatus.PAID, GROSS, 0)
    with pytest.raises(NothingToPay):
        await shop.pay(ADMIN, invoice.id, NewPayment())


async def test_one_key_at_once_is_one_payment(shop: Shop) -> None:
    invoice = await shop.issue()
    answers = await asyncio.gather(
        *(shop.pay(ADMIN, invoice.id, NewPayment(amount_cents=500, idempotency_key="charge-1")) for _ in range(4))
    )
    assert len({each.payment.id for each in answers}) == 1
    assert (await shop.stored(invoice.id)).paid_cents == 500


async def test_nobody_gets_back_more_than_was_paid_whoever_asks_at_once(shop: Shop) -> None:
    invoice = await shop.issue()
    await shop.pay(ADMIN, invoice.id, NewPayment())

    async def refund() -> int | None:
        while True:
            try:
                return (await shop.refund(ADMIN, invoice.id, NewRefund(amount_cents=20_000))).refund.amount_cents
            except Stale:
                continue
            except RefundExceedsPayments:
                return None

    assert sorted(await asyncio.gather(*(refund() for _ in range(5))), key=str) == [20_000, 20_000, None, None, None]
    stored, entries = await shop.stored(invoice.id), await shop.entries(invoice.id)
    assert (stored.refunded_cents, stored.status, stored.open_cents) == (40_000, InvoiceStatus.PAST_DUE, 40_000)
    assert entries[0].returned_cents == 40_000


async def test_a_refund_and_its_credit_note_are_written_together(shop: Shop) -> None:
    invoice = await shop.issue()
    await shop.pay(ADMIN, invoice.id, NewPayment())
    done = await shop.refund(ADMIN, invoice.id, NewRefund(credit_note=NewCreditNote(reason="Cancelled")))
    stored = await shop.stored(invoice.id)
    assert (stored.status, stored.balance_cents, stored.refundable_cents) == (InvoiceStatus.PAID, 0, 0)
    assert done.credit_note is not None
    assert (done.credit_note.gross_cents, done.refund.credit_note_id) == (-GROSS, done.credit_note.id)
    assert (await shop.entries(invoice.id))[1].payment_id == (await shop.entries(invoice.id))[0].id


async def test_a_record_of_money_is_neither_changed_nor_seen_by_others(shop: Shop) -> None:
    invoice = await shop.issue()
    payment = (await shop.pay(ADMIN, invoice.id, NewPayment(amount_cents=100))).payment
    async with shop.work.begin(ADMIN) as work:
        kept = await work.payments.get(payment.id)
        kept.status = PaymentStatus.FAILED
        with pytest.raises(Refused):
            await work.payments.save(kept)
    tenant = Actor.tenant_user("eve", TenantId("tnt_other"), PartnerId("prt_other"))
    for actor in (tenant, Actor.partner_admin("rival", PartnerId("prt_rival"))):
        assert await shop.page(actor) == ()
        async with shop.work.begin(actor, read_only=True) as work:
            assert await work.payments.find(payment.id) is None
            with pytest.raises(NotFound):
                await work.payments.get(payment.id)
    assert [each.id for each in await shop.page(Actor.tenant_user("jan", TENANT_ID, OPERATOR_ID))] == [payment.id]


async def test_who_is_judged_by_two_invoices_at_once_ends_active(shop: Shop) -> None:
    """Each sees the other's failure; whoever comes second looks again."""
    world = MemoryWorld(work=shop.work)
    await world.use(CreateSubscription)(ADMIN, NewSubscription(TENANT_ID, "scaikey.pro"))
    for month in (1, 2):
        world.clock.set(datetime(2026, month, 28, 12, tzinfo=UTC))
        await world.use(RunBilling)(ADMIN, parse_month(f"2026-{month:02}"))
    async with shop.work.begin(ADMIN, read_only=True) as work:
        invoices = (await work.invoices.list(InvoiceFilter(), PageRequest())).items
    for each in invoices:
        await shop.fail(ADMIN, each.id, NewFailedPayment())

    async def status() -> SubscriptionStatus:
        async with shop.work.begin(ADMIN, read_only=True) as work:
            found: SubscriptionStatus = (
                (await work.subscriptions.list(SubscriptionFilter(), PageRequest())).items[0].status
            )
        return found

    assert (len(invoices), await status()) == (2, SubscriptionStatus.PAST_DUE)
    await asyncio.gather(*(shop.pay(ADMIN, each.id, NewPayment()) for each in invoices))
    assert await status() is SubscriptionStatus.ACTIVE


async def test_lists_are_narrowed(shop: Shop) -> None:
    invoice = await shop.issue()
    paid = (await shop.pay(ADMIN, invoice.id, NewPayment(reference="A"))).payment
    back = (await shop.refund(ADMIN, invoice.id, NewRefund(amount_cents=5))).refund
    failed = (await shop.fail(ADMIN, invoice.id, NewFailedPayment(failure_code="insufficient_funds"))).payment
    assert {each.id for each in await shop.page()} == {paid.id, back.id, failed.id}
    assert [each.id for each in await shop.page(kind=PaymentKind.REFUND)] == [back.id]
    assert [each.failure_code for each in await shop.page(status=PaymentStatus.FAILED)] == ["insufficient_funds"]
    assert [each.id for each in await shop.page(reference="A", seller_id=OPERATOR_ID)] == [paid.id]
    async with shop.work.begin(ADMIN, read_only=True) as work:
        assert [each.id for each in await work.payments.of_tenant(TENANT_ID, OPERATOR_ID)] == [paid.id, back.id]


async def test_what_is_overdue_and_what_fails_is_found(shop: Shop) -> None:
    invoice, other = await shop.issue(), await shop.issue()
    async with shop.work.begin(ADMIN, read_only=True) as work:
        due = invoice.due_date
        assert due is not None
        assert await work.invoices.overdue(due, after=None, limit=9) == []
        found = await work.invoices.overdue(date(2026, 12, 31), after=None, limit=9)
        assert list(found) == sorted([invoice.id, other.id])
        assert list(await work.invoices.overdue(date(2026, 12, 31), after=found[0], limit=9)) == [found[1]]
        none = await work.invoices.failing([SubscriptionId("sub_1")], apart_from=invoice.id)
        assert none == frozenset()
