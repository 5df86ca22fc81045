"""Payments: full, partial, too much; failed ones; refunds with and without a credit note."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.errors import InvoiceHasPayments, NotPayable, NotYourSeries, RefundExceedsPayments
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.mark_overdue import MarkOverdue
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import InvoiceId, PaymentId, PlanId, ServiceId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.payments.errors import (
    CreditNoteMismatch,
    NothingToPay,
    NothingToRefund,
    PaymentKeyReused,
    PaymentReferenceTaken,
    RefundSpansPayments,
)
from scaicontrol_core.payments.lifecycle import PaymentMethod, PaymentStatus
from scaicontrol_core.payments.payment_input import NewPayment
from scaicontrol_core.payments.ports import PaymentFilter
from scaicontrol_core.payments.use_cases.list_payments import ListPayments
from scaicontrol_core.payments.use_cases.read_balances import ReadBalances
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork

GROSS = 45_375
_S = InvoiceStatus


class TestPayments:
    """Money that arrives."""

    async def test_parts_add_up_and_the_last_one_closes_the_invoice(self, counter: Any) -> None:
        invoice = await counter.issue()
        first = await counter.pay(invoice, 20_000)
        assert (first.invoice.status, first.invoice.open_cents) == (_S.SENT, GROSS - 20_000)
        last = await counter.pay(invoice, method=PaymentMethod.CARD, provider="stripe")
        kept = counter.stored(invoice)
        assert (last.payment.amount_cents, last.payment.method) == (GROSS - 20_000, PaymentMethod.CARD)
        assert (kept.status, kept.balance_cents, kept.paid_at) == (_S.PAID, 0, counter.world.clock.now())
        assert sorted(counter.topics("payment.", "invoice.")) == [
            "invoice.issued.v1",
            "invoice.paid.v1",
            "invoice.sent.v1",
            "payment.succeeded.v1",
            "payment.succeeded.v1",
        ]
        with pytest.raises(NothingToPay):
            await counter.pay(invoice)

    async def test_what_is_too_much_stands_to_the_customers_credit(self, counter: Any) -> None:
        invoice = await counter.issue()
        kept = (await counter.pay(invoice, GROSS + 500)).invoice
        assert (kept.status, kept.open_cents, kept.credit_cents) == (_S.PAID, 0, 500)
        assert (await counter.pay(invoice, 100)).invoice.credit_cents == 600
        (balance,) = await counter.world.use(ReadBalances)(counter.admin, TENANT_ID)
        assert (balance.seller_id, balance.currency, balance.open_cents, balance.credit_cents) == (
            OPERATOR_ID,
            "EUR",
            0,
            600,
        )

    async def test_what_arrives_before_the_invoice_is_sent_counts_and_it_is_paid_when_it_is(self, counter: Any) -> None:
        invoice = await counter.issue(sent=False)
        assert (await counter.pay(invoice)).invoice.status is _S.FINALIZED
        sent = await counter.send(invoice.id)
        assert (sent.status, sent.sent_at, sent.paid_at) == (_S.PAID, sent.paid_at, counter.world.clock.now())
        actions = [entry.action for entry in counter.world.store.audit if entry.resource_id == invoice.id]
        assert actions[-3:] == ["invoice.payment_received", "invoice.sent", "invoice.paid"]

    async def test_an_invoice_of_nothing_is_paid_when_it_is_sent(self, counter: Any) -> None:
        assert (await counter.issue(LineInput(description="Gift", unit_price_cents="0"))).status is _S.PAID

    async def test_a_credit_note_to_the_full_rest_closes_it_too(self, counter: Any) -> None:
        invoice = await counter.issue()
        await counter.pay(invoice, GROSS - 12_100)
        part = NewCreditNote(reason="Agreed", lines=(LineCredit(position=1, net_cents=10_000),))
        issued = await counter.world.use(IssueCreditNote)(counter.admin, invoice.id, part)
        assert (issued.original.status, issued.original.balance_cents) == (_S.PAID, 0)
        later = await counter.world.use(IssueCreditNote)(counter.admin, invoice.id, NewCreditNote(reason="All"))
        assert (later.original.status, later.original.credit_cents) == (_S.PAID, GROSS - 12_100)

    async def test_a_repeat_under_the_same_key_records_nothing(self, counter: Any) -> None:
        invoice = await counter.issue()
        first = await counter.pay(invoice, idempotency_key="charge-1")
        again = await counter.pay(invoice, idempotency_key="charge-1")
        assert again.payment.id == first.payment.id
        assert len(counter.entries()) == 1
        with pytest.raises(PaymentKeyReused):
            await counter.pay(invoice, 1, idempotency_key="charge-1")
        with pytest.raises(PaymentKeyReused):
            await counter.refund(invoice, idempotency_key="charge-1")

    async def test_a_commit_that_nobody_answered_is_looked_up(self, counter: Any) -> None:
        invoice = await counter.issue()
        faulty = FaultyWork(counter.world.work, lose_after=1)
        done = await counter.world.use(RecordPayment, work=faulty)(counter.admin, invoice.id, NewPayment())
        assert (done.invoice.status, len(counter.entries())) == (_S.PAID, 1)

    async def test_a_reference_is_recorded_once(self, counter: Any) -> None:
        invoice = await counter.issue()
        await counter.pay(invoice, 100, reference="NTRY-1")
        with pytest.raises(PaymentReferenceTaken):
            await counter.pay(invoice, 100, reference="NTRY-1")
        assert counter.stored(invoice).paid_cents == 100

    async def test_what_nobody_owes_is_not_paid(self, counter: Any) -> None:
        lines = (LineInput(description="Advice", unit_price_cents="100"),)
        draft = await counter.world.use(DraftInvoice)(counter.admin, TENANT_ID, DraftInput(lines=lines))
        with pytest.raises(NotPayable, match="draft"):
            await counter.pay(draft, 1)
        invoice = await counter.issue()
        note = await counter.world.use(IssueCreditNote)(
            counter.admin, invoice.id, NewCreditNote(reason="x", lines=(LineCredit(position=1, net_cents=1),))
        )
        with pytest.raises(NotPayable, match="credit note"):
            await counter.pay(note.credit_note, 1)
        gone = await counter.issue()
        await counter.world.use(VoidInvoice)(counter.admin, gone.id, "Wrong customer")
        with pytest.raises(NotPayable, match="void"):
            await counter.pay(gone, 1)

    async def test_an_invoice_that_holds_money_is_not_voided(self, counter: Any) -> None:
        invoice = await counter.issue()
        await counter.pay(invoice, 100)
        with pytest.raises(InvoiceHasPayments):
            await counter.world.use(VoidInvoice)(counter.admin, invoice.id, "Wrong customer")
        await counter.refund(invoice)
        gone, _ = await counter.world.use(VoidInvoice)(counter.admin, invoice.id, "Wrong customer")
        assert gone.balance_cents == 0

    async def test_each_wrong_value_is_named(self, counter: Any) -> None:
        invoice = await counter.issue()
        for wanted, pointer in (
            ({"amount_cents": 0}, "/amount_cents"),
            ({"amount_cents": -5}, "/amount_cents"),
            ({"received_on": date(2026, 1, 16)}, "/received_on"),
            ({"received_on": date(1999, 1, 1)}, "/received_on"),
            ({"currency": "USD"}, "/currency"),
            ({"reference": "x" * 141}, "/reference"),
        ):
            with pytest.raises(Invalid) as refused:
                await counter.pay(invoice, **wanted)
            assert [each.pointer for each in refused.value.fields] == [pointer]
        assert counter.entries() == []

    async def test_only_the_seller_records_and_the_buyer_reads(self, counter: Any) -> None:
        invoice = await counter.issue()
        buyer = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
        with pytest.raises(Forbidden):
            await counter.world.use(RecordPayment)(buyer, invoice.id, NewPayment())
        paid = (await counter.pay(invoice)).payment
        listed = await counter.world.use(ListPayments)(buyer, PaymentFilter(invoice_id=invoice.id), PageRequest())
        assert [each.id for each in listed.items] == [paid.id]
        with pytest.raises(NotYourSeries):
            await counter.world.use(RecordPayment)(
                Actor.partner_admin("rival", OPERATOR_ID), await _of_another(counter), NewPayment()
            )

    async def test_an_unknown_invoice_is_not_there(self, counter: Any) -> None:
        with pytest.raises(NotFound):
            await counter.world.use(ListPayments)(
                counter.admin, PaymentFilter(invoice_id=InvoiceId("inv_x")), PageRequest()
            )


async def _of_another(counter: Any) -> Any:
    """Return an invoice that the same partner sees and another seller issued."""
    invoice = await counter.issue()
    counter.stored(invoice).seller_id = "prt_other"
    return invoice.id


class TestFailures:
    """A scheduled payment that fails, and what becomes of the subscriptions it was for."""

    async def test_what_the_invoice_charges_is_past_due_until_it_is_paid(self, counter: Any) -> None:
        known, invoice = await counter.subscribed()
        failed = await counter.fail(invoice, failure_code="insufficient_funds", provider="stripe")
        assert (failed.payment.status, failed.payment.failure_code) == (PaymentStatus.FAILED, "insufficient_funds")
        assert (failed.invoice.status, failed.invoice.open_cents) == (_S.SENT, invoice.gross_cents)
        behind = counter.subscription(known)
        assert (behind.status, behind.past_due_since) == (SubscriptionStatus.PAST_DUE, counter.world.clock.now())
        await counter.pay(invoice, 100)
        assert counter.subscription(known).status is SubscriptionStatus.PAST_DUE
        await counter.pay(invoice)
        assert (counter.subscription(known).status, counter.subscription(known).past_due_since) == (
            SubscriptionStatus.ACTIVE,
            None,
        )
        assert counter.topics("subscription.", "payment.failed") == [
            "subscription.activated.v1",
            "subscription.payment_failed.v1",
            "payment.failed.v1",
            "subscription.changed.v1",
        ]

    async def test_it_stays_past_due_while_another_of_its_invoices_fails(self, counter: Any) -> None:
        known, january = await counter.subscribed()
        counter.at(2026, 2, 20)
        february = await counter.bill()
        await counter.fail(january)
        since = counter.subscription(known).past_due_since
        counter.at(2026, 2, 21)
        await counter.fail(february)
        assert counter.subscription(known).past_due_since == since
        await counter.pay(january)
        assert counter.subscription(known).status is SubscriptionStatus.PAST_DUE
        await counter.world.use(IssueCreditNote)(counter.admin, february.id, NewCreditNote(reason="Goodwill"))
        assert counter.subscription(known).status is SubscriptionStatus.ACTIVE

    async def test_only_what_is_active_falls_behind(self, counter: Any) -> None:
        known, invoice = await counter.subscribed()
        counter.subscription(known).status = SubscriptionStatus.SUSPENDED
        await counter.fail(invoice)
        await counter.pay(invoice)
        assert counter.subscription(known).status is SubscriptionStatus.SUSPENDED

    async def test_nothing_fails_that_is_not_owed(self, counter: Any) -> None:
        invoice = await counter.issue()
        await counter.pay(invoice)
        with pytest.raises(NothingToPay):
            await counter.fail(invoice)


class TestRefunds:
    """Money that goes back."""

    async def test_without_a_credit_note_what_was_owed_is_owed_again(self, counter: Any) -> None:
        invoice = await counter.issue()
        paid = (await counter.pay(invoice, method=PaymentMethod.CARD, provider="mollie")).payment
        done = await counter.refund(invoice, 5_000)
        assert (done.refund.method, done.refund.provider, done.refund.payment_id) == (
            PaymentMethod.CARD,
            "mollie",
            paid.id,
        )
        assert (done.invoice.status, done.invoice.open_cents, done.invoice.paid_at) == (_S.PAST_DUE, 5_000, None)
        assert "payment.refunded.v1" in counter.topics("payment.")
        assert (await counter.pay(invoice)).invoice.status is _S.PAID

    async def test_what_was_too_much_goes_back_and_the_invoice_stays_paid(self, counter: Any) -> None:
        invoice = await counter.issue()
        await counter.pay(invoice, GROSS + 500)
        done = await counter.refund(invoice, 500)
        assert (done.invoice.status, done.invoice.balance_cents) == (_S.PAID, 0)

    async def test_never_more_than_was_paid(self, counter: Any) -> None:
        invoice = await counter.issue()
        with pytest.raises(NothingToRefund):
            await counter.refund(invoice)
        await counter.pay(invoice, 10_000)
        with pytest.raises(RefundExceedsPayments):
            await counter.refund(invoice, 10_001)
        await counter.refund(invoice, 6_000)
        with pytest.raises(RefundExceedsPayments):
            await counter.refund(invoice, 4_001)
        assert (await counter.refund(invoice)).refund.amount_cents == 4_000
        with pytest.raises(NothingToRefund):
            await counter.refund(invoice)

    async def test_it_goes_back_the_way_one_payment_came(self, counter: Any) -> None:
        invoice = await counter.issue()
        small = (await counter.pay(invoice, 1_000)).payment
        large = (await counter.pay(invoice, 2_000)).payment
        with pytest.raises(RefundSpansPayments) as refused:
            await counter.refund(invoice, 2_500)
        assert [each.message for each in refused.value.fields] == [f"{small.id}: 1000 left", f"{large.id}: 2000 left"]
        assert (await counter.refund(invoice, 1_500)).refund.payment_id == large.id
        assert (await counter.refund(invoice, 900)).refund.payment_id == small.id
        with pytest.raises(RefundExceedsPayments):
            await counter.refund(invoice, 200, payment_id=small.id)
        with pytest.raises(NotFound):
            await counter.refund(invoice, 1, payment_id=PaymentId("pmt_none"))

    async def test_a_credit_note_of_the_same_amount_comes_with_it(self, counter: Any) -> None:
        invoice = await counter.issue()
        await counter.pay(invoice)
        hour = NewCreditNote(reason="Two hours were enough", lines=(LineCredit(position=1, quantity="1"),))
        done = await counter.refund(invoice, credit_note=hour)
        assert (done.refund.amount_cents, done.credit_note.gross_cents) == (15_125, -15_125)
        assert (done.invoice.status, done.invoice.balance_cents) == (_S.PAID, 0)
        assert done.refund.credit_note_id == done.credit_note.id
        with pytest.raises(CreditNoteMismatch):
            await counter.refund(invoice, 15_124, credit_note=hour)
        assert len(counter.stored(invoice).credited.note_ids) == 1

    async def test_an_amount_finds_the_lines_it_is_credited_on(self, counter: Any) -> None:
        free = LineInput(description="Gift", unit_price_cents="0")
        lines = (LineInput(description="One", unit_price_cents="1000"), free)
        invoice = await counter.issue(*lines, LineInput(description="Two", unit_price_cents="5000"))
        await counter.pay(invoice)
        note = NewCreditNote(reason="Goodwill")
        done = await counter.refund(invoice, 2_420, credit_note=note)
        assert [each.net_cents for each in done.credit_note.lines] == [-1000, -1000]
        with pytest.raises(CreditNoteMismatch) as refused:
            await counter.refund(invoice, 3, credit_note=note)  # 2 net come to 2, 3 to 4
        assert refused.value.fields[0].message == "4 would match"
        rest = await counter.refund(invoice, 4_840, credit_note=note)
        assert (rest.invoice.open_cents, rest.invoice.refundable_cents, rest.invoice.status) == (0, 0, _S.PAID)
        assert rest.invoice.credited.gross_cents == invoice.gross_cents

    async def test_of_what_was_partly_paid_no_more_goes_back_than_came(self, counter: Any) -> None:
        invoice = await counter.issue()
        await counter.pay(invoice, 10_000)
        done = await counter.refund(invoice, credit_note=NewCreditNote(reason="Cancelled"))
        assert (done.refund.amount_cents, done.invoice.status, done.invoice.balance_cents) == (10_000, _S.PAID, 0)

    async def test_a_repeat_under_the_same_key_answers_the_same(self, counter: Any) -> None:
        invoice = await counter.issue()
        await counter.pay(invoice)
        note = NewCreditNote(reason="Cancelled")
        first = await counter.refund(invoice, credit_note=note, idempotency_key="r1")
        again = await counter.refund(invoice, credit_note=note, idempotency_key="r1")
        assert (again.refund.id, again.credit_note.id) == (first.refund.id, first.credit_note.id)


class TestOverdue:
    """What was to be paid by now."""

    async def test_it_is_past_due_the_day_after_it_was_due_in_the_sellers_zone(self, counter: Any) -> None:
        invoice = await counter.issue()
        paid = await counter.issue()
        await counter.pay(paid)
        mark = counter.world.use(MarkOverdue)
        assert invoice.due_date == date(2026, 1, 29)
        counter.at(2026, 1, 29, 22)
        assert await mark(counter.admin) == 0
        counter.at(2026, 1, 29, 23)  # midnight in Amsterdam
        assert await mark(counter.admin) == 1
        assert await mark(counter.admin) == 0
        assert (counter.stored(invoice).status, counter.stored(paid).status) == (_S.PAST_DUE, _S.PAID)
        assert counter.topics("invoice.overdue") == ["invoice.overdue.v1"]
        assert (await counter.pay(invoice)).invoice.status is _S.PAID

    async def test_more_than_a_batch_is_marked(self, counter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("scaicontrol_core.billing.use_cases.mark_overdue._BATCH", 2)
        for _ in range(5):
            await counter.issue()
        counter.at(2026, 3, 1)
        assert await counter.world.use(MarkOverdue)(counter.admin) == 5


class TestPacks:
    """A pack's payment fails: all it includes is past due, and active again together."""

    async def test_children_stand_where_their_pack_stands(self, counter: Any) -> None:
        vault_id = ServiceId("svc_vault")
        vault = builders.new_plan(PlanId("pln_vault"), (vault_id, "vault"), "standard", base_price_cents=5000)
        await counter.world.keep(builders.new_service(vault_id, "vault"), vault)
        await counter.world.keep(builders.new_pack(builders.item_of(builders.new_plan()), builders.item_of(vault)))
        pack = await counter.world.use(SubscribePack)(counter.admin, NewPackSubscription(TENANT_ID, "growth"))
        january = await counter.bill()
        counter.at(2026, 2, 20)
        february = await counter.bill()

        def standing() -> list[SubscriptionStatus]:
            tables = counter.world.store.tables
            rows = [tables["pack_subscriptions"][pack.id][1]]
            rows += [tables["subscriptions"][member.subscription_id][1] for member in pack.members]
            return [row.status for row in rows]

        await counter.fail(january)
        assert standing() == [SubscriptionStatus.PAST_DUE] * 3
        await counter.fail(february)
        await counter.pay(january)
        assert standing() == [SubscriptionStatus.PAST_DUE] * 3
        await counter.pay(february)
        assert standing() == [SubscriptionStatus.ACTIVE] * 3
