"""An audit of everything: clean books are clean, and each kind of tampering is found where it was done."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.integrity import IntegrityRule
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.ids import PartnerId, SubscriptionId
from scaicontrol_core.payments.lifecycle import PaymentKind
from scaicontrol_core.payments.payment_input import NewFailedPayment, NewPayment, NewRefund
from scaicontrol_core.payments.use_cases.record_failed_payment import RecordFailedPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.payments.use_cases.record_refund import RecordRefund
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.testing import builders

BOSS = Actor.system("auditor")


async def test_honest_books_are_clean(business: Any) -> None:
    audited = await business.audit()
    assert audited.is_clean, audited.findings
    assert [rule.rule for rule in audited.rules] == list(IntegrityRule)
    checked = {rule.rule.value: rule.checked for rule in audited.rules}
    assert checked["numbers_without_gaps"] == checked["documents_add_up"] == 4  # three invoices and a credit note
    assert checked["credits_within_invoices"] == 1
    assert checked["periods_billed_once"] == checked["charges_on_invoices"] == 3
    assert checked["reports_tie_out"] == checked["activated_once"] == checked["one_live_subscription"] == 1
    assert checked["owners_agree"] == 8  # the subscription, its three periods, four documents


async def test_a_voided_invoice_keeps_the_books_clean(business: Any) -> None:
    await business.world.use(VoidInvoice)(BOSS, business.invoices()[2].id, "Billed in error")
    audited = await business.audit()
    assert audited.is_clean, audited.findings


async def test_changes_in_the_middle_of_a_period_keep_the_books_clean(business: Any) -> None:
    change = business.world.use(ChangeSubscription)
    for quantity, proration in ((3, Proration.IMMEDIATE), (1, Proration.IMMEDIATE), (2, Proration.NEXT_INVOICE)):
        business.world.clock.advance(days=2)
        await change(BOSS, business.subscription.id, SubscriptionChange(quantity=quantity, proration=proration))
    business.world.clock.set(datetime(2026, 5, 28, 12, tzinfo=UTC))
    for month in (4, 5):
        await business.world.use(RunBilling)(BOSS, parse_month(f"2026-{month:02}"))
    audited = await business.audit()
    assert audited.is_clean, audited.findings
    assert {entry.charge_kind for entry in business.ledger()} >= {ChargeKind.RECURRING, ChargeKind.ADJUSTMENT}


async def test_a_missing_number_is_a_gap(business: Any) -> None:
    first = business.invoices()[0]
    del business.world.store.tables["invoices"][first.id]
    business.alter(business.ledger()[0], invoice_id=None)
    found = await business.faults()
    assert any("gap before it" in fault for fault in found["numbers_without_gaps"])


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("totals__net_cents", 19901, "net says 19901"),
        ("totals__gross_cents", 1, "gross says 1"),
        ("totals__payable_cents", 1, "payable says 1"),
        ("lines__0__net_cents", 19899, "VAT group S 21.00 net says 19900"),
        ("vat_details__entries__0__amount_cents", 4180, "VAT is 4180, its rate gives 4179"),
    ],
)
async def test_a_document_that_does_not_add_up(business: Any, path: str, value: int, fault: str) -> None:
    business.rewrite(business.invoices()[0], **{path: value})
    assert any(fault in each for each in (await business.faults())["documents_add_up"])


async def test_a_document_that_cannot_be_read(business: Any) -> None:
    business.invoices()[0].frozen_document = '{"lines": 3}'
    assert any("can't be read" in fault for fault in (await business.faults())["documents_add_up"])


async def test_more_credited_than_the_notes_say(business: Any) -> None:
    second = business.invoices()[1]
    second.credited = evolve(second.credited, net_cents=9951)
    assert (await business.faults())["credits_within_invoices"] == [
        f"{second.number}: net credited says 9951, its credit notes sum to 9950"
    ]


async def test_credit_notes_beyond_the_invoice(business: Any) -> None:
    note = business.invoices()[3]
    second = next(each for each in business.invoices() if each.id == note.referenced_invoice_id)
    note.net_cents, second.credited = -19901, evolve(second.credited, net_cents=19901)
    found = await business.faults()
    assert any("take back 19901 net of 19900" in fault for fault in found["credits_within_invoices"])


async def settled(business: Any) -> None:
    """The first invoice is paid and partly refunded, the second paid too much, the third tried in vain."""
    first, second, third = business.invoices()[:3]
    for invoice in (first, second, third):
        invoice.mark_sent(datetime(2026, 1, 28, tzinfo=UTC))
    use = business.world.use
    await use(RecordPayment)(BOSS, first.id, NewPayment())
    await use(RecordRefund)(BOSS, first.id, NewRefund(amount_cents=100))
    await use(RecordPayment)(BOSS, second.id, NewPayment(amount_cents=99_999))
    await use(RecordFailedPayment)(BOSS, third.id, NewFailedPayment())


async def test_payments_keep_the_books_clean(business: Any) -> None:
    await settled(business)
    assert (await business.faults()) == {}
    checked = {rule.rule.value: rule.checked for rule in (await business.audit()).rules}
    assert (checked["payments_counted"], checked["paid_when_settled"]) == (4, 3)


async def test_an_invoice_that_says_more_was_paid(business: Any) -> None:
    await settled(business)
    first, second, third = business.invoices()[:3]
    first.paid_cents += 1
    third.status = InvoiceStatus.PAID
    second.status = InvoiceStatus.SENT
    found = await business.faults()
    assert found["payments_counted"] == [f"{first.number}: says 24080 paid, its payments sum to 24079"]
    assert found["paid_when_settled"] == [
        f"{second.number}: is sent, and nothing is open",
        f"{third.number}: is paid, and 24079 is open",
    ]


async def test_money_that_is_gone_twice_or_went_elsewhere(business: Any) -> None:
    await settled(business)
    payments = {row.id: row for _, row in business.world.store.tables["payments"].values()}
    refund = next(row for row in payments.values() if row.kind is PaymentKind.REFUND)
    refund.amount_cents, refund.currency = 99_999, "USD"
    first = business.invoices()[0]
    assert (await business.faults())["payments_counted"] == [
        f"{first.number}: says 100 given back, its payments sum to 99999",
        f"{first.number}: 99999 was given back of 24079",
        f"{first.number}: 1 payments are of another currency, seller or buyer",
        "says otherwise than its refunds: -99899",
    ]


async def test_a_period_charged_twice(business: Any) -> None:
    february = business.ledger()[1]
    business.alter(february, period_start=date(2026, 2, 1))
    found = await business.faults()
    assert found["periods_billed_once"] == [
        "recurring period 1 from 2026-02-01 overlaps period 0, which ends on 2026-02-15"
    ]


async def test_a_charge_that_no_line_shows(business: Any) -> None:
    business.alter(business.ledger()[2], net_cents=20000)
    assert "was charged 20000, its lines sum to 19900" in (await business.faults())["charges_on_invoices"][0]


async def test_a_charge_after_the_end(business: Any) -> None:
    stored = business.world.store.tables["subscriptions"][business.subscription.id][1]
    stored.cancelled_at = datetime(2026, 1, 20, tzinfo=UTC)
    found = await business.faults()
    assert len(found["nothing_after_the_end"]) == 2  # of three periods, the first had begun


async def test_an_activation_told_twice(business: Any) -> None:
    told = next(each for each in business.world.store.outbox if each.topic == "subscription.activated.v1")
    business.world.store.outbox.append(told)
    assert (await business.faults())["activated_once"] == ["was announced as activated 2 times"]


async def test_two_live_subscriptions_to_one_service(business: Any) -> None:
    table = business.world.store.tables["subscriptions"]
    revision, stored = table[business.subscription.id]
    twin = evolve(stored, id=SubscriptionId("sub_twin"))
    table[twin.id] = (revision, twin)
    assert (await business.faults())["one_live_subscription"] == ["are 2 live subscriptions"]


async def test_rows_of_another_partner(business: Any) -> None:
    business.alter(business.ledger()[0], partner_id=builders.OPERATOR_ID)
    assert (await business.audit()).is_clean
    business.invoices()[0].partner_id = PartnerId("prt_other")
    assert (await business.faults())["owners_agree"] == ["has 1 rows that name another partner than its own"]


async def test_a_report_that_a_document_contradicts(business: Any) -> None:
    first = business.invoices()[0]
    business.rewrite(first, totals__net_cents=19901, totals__gross_cents=24080, totals__payable_cents=24080)
    found = await business.faults()
    assert "the report of 2026 does not tie out" in found["reports_tie_out"]


async def test_only_the_platform_audits_everything(business: Any) -> None:
    reseller = Actor.partner_admin("usr_1", builders.OPERATOR_ID)
    with pytest.raises(Forbidden):
        await business.world.use(AuditIntegrity)(reseller)
