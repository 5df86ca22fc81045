"""Whatever is paid, refunded, credited and sent, in whatever order: the books agree to the cent."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.mark_overdue import MarkOverdue
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.payments.payment_input import NewFailedPayment, NewPayment, NewRefund
from scaicontrol_core.payments.use_cases.read_balances import ReadBalances
from scaicontrol_core.payments.use_cases.record_failed_payment import RecordFailedPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.payments.use_cases.record_refund import RecordRefund
from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import TENANT_ID

BOSS = Actor.system("settling")
_S = InvoiceStatus
cents = st.none() | st.integers(1, 400) | st.integers(1, 40_000)
steps = st.tuples(
    st.sampled_from(["pay", "pay", "fail", "refund", "refund+", "refund=", "credit", "send", "late", "void"]),
    st.integers(0, 2),
    cents,
)


class Books:
    """Three invoices, of 121.00, 0.36 and 363.00."""

    def __init__(self, world: MemoryWorld) -> None:
        self.world, self.ids = world, list[InvoiceId]()

    async def open(self) -> None:
        """Issue them."""
        for price in ("10000", "30", "30000"):
            lines = (LineInput(description="Advice", unit_price_cents=price),)
            draft = await self.world.use(DraftInvoice)(BOSS, TENANT_ID, DraftInput(lines=lines))
            self.ids.append((await self.world.use(FinalizeInvoice)(BOSS, draft.id)).id)

    async def step(self, what: str, which: int, amount: int | None) -> None:
        """Do one thing; what is refused changes nothing."""
        invoice_id, use = self.ids[which], self.world.use
        if what == "pay":
            await use(RecordPayment)(BOSS, invoice_id, NewPayment(amount_cents=amount))
        elif what == "fail":
            await use(RecordFailedPayment)(BOSS, invoice_id, NewFailedPayment(amount_cents=amount))
        elif what in ("refund", "refund+"):
            note = NewCreditNote(reason="Agreed", lines=_line(amount)) if what == "refund+" else None
            wanted = NewRefund(amount_cents=None if note else amount, credit_note=note)
            await use(RecordRefund)(BOSS, invoice_id, wanted)
        elif what == "refund=":
            note = NewCreditNote(reason="Agreed")
            await use(RecordRefund)(BOSS, invoice_id, NewRefund(amount_cents=amount, credit_note=note))
        elif what == "credit":
            await use(IssueCreditNote)(BOSS, invoice_id, NewCreditNote(reason="Agreed", lines=_line(amount)))
        elif what == "send":
            async with self.world.work.begin(BOSS) as work:
                invoice = await work.invoices.get(invoice_id)
                invoice.mark_sent(self.world.clock.now())
                if invoice.has_changed:
                    await work.invoices.save(invoice)
                    await work.commit()
        elif what == "void":
            await use(VoidInvoice)(BOSS, invoice_id, "Billed in error")
        else:
            self.world.clock.set(self.world.clock.now() + timedelta(days=amount or 10) % timedelta(days=40))
            await use(MarkOverdue)(BOSS)

    def invoices(self) -> list[Invoice]:
        """Return them as they are kept."""
        return [self.world.store.tables["invoices"][each][1] for each in self.ids]


def _line(amount: int | None) -> tuple[LineCredit, ...] | None:
    return None if amount is None else (LineCredit(position=1, net_cents=amount),)


async def _lived(story: list[Any]) -> None:
    world = await MemoryWorld.with_one_customer()
    world.clock.set(datetime(2026, 1, 15, 12, tzinfo=UTC))
    books = Books(world)
    await books.open()
    for step in story:
        try:
            await books.step(*step)
        except ScaiControlError:
            continue
    invoices = books.invoices()
    for each in invoices:
        assert (each.status is _S.PAID) == (
            each.sent_at is not None and each.status is not _S.VOID and not each.open_cents
        )
        assert 0 <= each.refunded_cents <= each.paid_cents
        assert each.open_cents - each.credit_cents == each.balance_cents
    audited = await world.use(AuditIntegrity)(BOSS)
    assert audited.is_clean, audited.findings
    report = await world.use(ReportAgeing)(BOSS)
    assert report.ties is True
    assert sum(row.open_cents for row in report.totals) == sum(each.open_cents for each in invoices)
    assert sum(row.credit_cents for row in report.totals) == sum(each.credit_cents for each in invoices)
    balances = await world.use(ReadBalances)(BOSS, TENANT_ID)
    assert sum(each.open_cents for each in balances) == sum(row.open_cents for row in report.totals)
    late = sum(row.open_cents - row.not_due_cents for row in report.totals)
    assert sum(each.overdue_cents for each in balances) == late


@given(st.lists(steps, max_size=14))
@settings(max_examples=60, deadline=None)
def test_the_books_agree_whatever_is_paid_and_given_back(story: list[Any]) -> None:
    asyncio.run(_lived(story))
