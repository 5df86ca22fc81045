"""What every store lets an audit see: clean books, and rows that were changed past all triggers and use cases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_adapters.sql.retry import retried
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.integrity import IntegrityRule
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.ids import InvoiceId, PackSubscriptionId, PaymentId, TenantId
from scaicontrol_core.payments.payment_input import NewFailedPayment, NewPayment, NewRefund
from scaicontrol_core.payments.use_cases.record_failed_payment import RecordFailedPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.payments.use_cases.record_refund import RecordRefund
from scaicontrol_core.subscriptions.use_cases.cancel_pack_subscription import CancelPackSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import TENANT_ID

BOSS = Actor.system("auditor")
_R = IntegrityRule


@pytest.fixture
async def world(work_factory: Any) -> MemoryWorld:
    """Three months of one subscription, on each backend; half of one invoice was credited."""
    world = MemoryWorld(work=work_factory)
    world.clock.set(datetime(2026, 1, 15, 12, tzinfo=UTC))
    async with work_factory.begin(BOSS) as work:
        await work.partners.add(builders.new_partner())
        await work.tenants.add(builders.new_tenant())
        await work.billing_profiles.add(builders.new_profile())
        await work.services.add(builders.new_service())
        await work.plans.add(builders.new_plan())
        await work.commit()
    await world.use(CreateSubscription)(BOSS, NewSubscription(TENANT_ID, "scaikey.pro"))
    for month in (1, 2, 3):
        world.clock.set(datetime(2026, month, 28, 12, tzinfo=UTC))
        await world.use(RunBilling)(BOSS, parse_month(f"2026-{month:02}"))
    async with work_factory.begin(BOSS, read_only=True) as work:
        billed = await work.integrity.documents(after=None, limit=1)
    half = LineCredit(position=1, net_cents=9950)
    credit = retried(world.use(IssueCreditNote))
    await credit(BOSS, billed[0].invoice_id, NewCreditNote(reason="Down for two weeks", lines=(half,)))
    return world


async def test_honest_books_are_clean_and_looked_at_whole(world: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaicontrol_core.integrity.auditing._PAGE", 2)
    audited = await world.use(AuditIntegrity)(BOSS)
    assert audited.is_clean, audited.findings
    checked = {rule.rule: rule.checked for rule in audited.rules}
    assert checked.pop(_R.OWNERS_AGREE) >= 8  # the databases keep more tables of tenants than the memory
    assert checked == {
        _R.NUMBERS_WITHOUT_GAPS: 4,
        _R.DOCUMENTS_ADD_UP: 4,
        _R.CHARGES_ON_INVOICES: 3,
        _R.CREDITS_WITHIN_INVOICES: 1,
        _R.PAYMENTS_COUNTED: 0,
        _R.PAID_WHEN_SETTLED: 3,
        _R.PERIODS_BILLED_ONCE: 3,
        _R.NOTHING_AFTER_THE_END: 3,
        _R.ACTIVATED_ONCE: 1,
        _R.ONE_LIVE_SUBSCRIPTION: 1,
        _R.CHILDREN_MIRROR_PACKS: 0,
        _R.COMMISSIONS_STATED: 0,
        _R.PARTNERS_BILLED: 0,
        _R.REPORTS_TIE_OUT: 1,
    }


@pytest.mark.usefixtures("world")
async def test_pages_of_the_ledger_and_of_credits_go_on_where_they_stopped(work_factory: Any) -> None:
    async with work_factory.begin(BOSS, read_only=True) as work:
        first = await work.integrity.ledger(after=None, limit=2)
        rest = await work.integrity.ledger(after=first[-1].key, limit=2)
        credited = await work.integrity.credited(after=None, limit=2)
        assert await work.integrity.credited(after=credited[-1].invoice_id, limit=2) == []
    assert [entry.billed.ordinal for entry in (*first, *rest)] == [0, 1, 2]
    assert credited[0].notes_net_cents == -credited[0].credited_net_cents == -9950
    assert all(entry.ended_at is None for entry in (*first, *rest))


@pytest.mark.usefixtures("world")
async def test_charges_stand_beside_the_lines_that_show_them(work_factory: Any) -> None:
    async with work_factory.begin(BOSS, read_only=True) as work:
        documents = await work.integrity.documents(after=None, limit=10)
        ids = [each.invoice_id for each in documents]
        charged = await work.integrity.charges(ids)
        invoiced = await work.integrity.invoiced(ids)
        assert await work.integrity.charges([InvoiceId("inv_none")]) == []
    assert [each.billed_at_once for each in documents] == [True, True, True, False]
    assert {each.charge_kind for each in charged} == {ChargeKind.RECURRING}
    for each in charged:
        key = (each.invoice_id, each.subscription_id, each.period_start, each.period_end)
        assert invoiced[key] == each.net_cents == 19900


async def test_payments_are_held_against_their_invoices(world: MemoryWorld, work_factory: Any) -> None:
    async with work_factory.begin(BOSS) as work:
        first, second = list(await work.integrity.settled(after=None, limit=2))
        for invoice in (await work.invoices.get_many([first.invoice_id, second.invoice_id])).values():
            invoice.mark_sent(world.clock.now())
            await work.invoices.save(invoice)
        await work.commit()
    await retried(world.use(RecordFailedPayment))(BOSS, first.invoice_id, NewFailedPayment())
    pay = retried(world.use(RecordPayment))
    paid = await pay(BOSS, first.invoice_id, NewPayment(amount_cents=20_000))
    await pay(BOSS, second.invoice_id, NewPayment(amount_cents=99_999))
    await retried(world.use(RecordRefund))(BOSS, first.invoice_id, NewRefund(amount_cents=100))
    audited = await world.use(AuditIntegrity)(BOSS)
    assert audited.is_clean, audited.findings
    assert {rule.rule: rule.checked for rule in audited.rules}[_R.PAYMENTS_COUNTED] == 4
    async with work_factory.begin(BOSS) as work:
        assert (await work.integrity.settled(after=first.invoice_id, limit=1))[0].received_cents == 99_999
        payment = await work.payments.get(paid.payment.id)
        payment.give_back(5, PaymentId("rfd_none"))
        await work.payments.save(payment)
        await work.commit()
    (found,) = (await world.use(AuditIntegrity)(BOSS)).findings
    assert (found.rule, found.resource_id, found.fault) == (
        _R.PAYMENTS_COUNTED,
        paid.payment.id,
        "says otherwise than its refunds: 5",
    )


async def test_a_ledger_that_says_more_than_the_invoice(world: MemoryWorld, work_factory: Any) -> None:
    async with work_factory.begin(BOSS) as work:
        (january, *_) = await work.integrity.ledger(after=None, limit=1)
        overlapping = evolve(january.billed, ordinal=99, period_start=january.billed.period_start)
        await work.billed_periods.add_many([overlapping])
        await work.commit()
    found = {finding.rule for finding in (await world.use(AuditIntegrity)(BOSS)).findings}
    assert found == {_R.PERIODS_BILLED_ONCE, _R.CHARGES_ON_INVOICES}


async def pack_findings(world: MemoryWorld) -> tuple[int, list[str]]:
    """Return how many packs were looked at, and what is wrong with them."""
    audited = await world.use(AuditIntegrity)(BOSS)
    (packs,) = [rule for rule in audited.rules if rule.rule is _R.CHILDREN_MIRROR_PACKS]
    return packs.checked, [finding.fault for finding in packs.findings]


async def test_children_that_strayed_from_their_pack(world: MemoryWorld, work_factory: Any) -> None:
    tenants = [TenantId(f"tnt_packed_{number}") for number in range(2)]
    plan = builders.new_plan()
    async with work_factory.begin(BOSS) as work:
        for tenant in tenants:
            await work.tenants.add(builders.new_tenant(tenant))
            await work.billing_profiles.add(builders.new_profile(tenant))
        await work.packs.add(builders.new_pack(builders.item_of(plan)))
        await work.commit()
    sold = [await world.use(SubscribePack)(BOSS, NewPackSubscription(tenant, "growth")) for tenant in tenants]
    await world.use(CancelPackSubscription)(BOSS, sold[1].id, immediate=True)
    assert await pack_findings(world) == (2, [])
    child_id = sold[0].members[0].subscription_id
    async with work_factory.begin(BOSS) as work:
        child = await work.subscriptions.get(child_id)
        child.suspend(plan, date(2026, 4, 1))
        await work.subscriptions.save(child)
        await work.commit()
    assert await pack_findings(world) == (2, [f"has status active, its child {child_id} suspended"])
    async with work_factory.begin(BOSS) as work:
        child = await work.subscriptions.get(child_id)
        child.pack_subscription_id = PackSubscriptionId("pks_gone")
        child.resume(plan, date(2026, 4, 1))
        await work.subscriptions.save(child)
        await work.commit()
    assert await pack_findings(world) == (
        2,
        [f"names {child_id} as its child, which does not name it", "is not there, but named by 1 subscriptions"],
    )
