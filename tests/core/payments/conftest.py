"""A seller's counter: invoices that were sent, and money that comes and goes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest
from attrs import define

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.kernel.ids import InvoiceId, TenantId
from scaicontrol_core.payments.ageing import AgeingReport
from scaicontrol_core.payments.payment import Payment
from scaicontrol_core.payments.payment_input import NewFailedPayment, NewPayment, NewRefund
from scaicontrol_core.payments.recording import RecordedPayment
from scaicontrol_core.payments.use_cases.record_failed_payment import RecordFailedPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.payments.use_cases.record_refund import RecordedRefund, RecordRefund
from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import TENANT_ID


@define
class Counter:
    """The world, and what these stories do in it again and again."""

    world: MemoryWorld
    admin: ClassVar[Actor] = Actor.system("counter")

    def at(self, year: int, month: int, day: int, hour: int = 12) -> None:
        """Set the clock, in UTC."""
        self.world.clock.set(datetime(year, month, day, hour, tzinfo=UTC))

    async def issue(self, *lines: LineInput, tenant_id: TenantId = TENANT_ID, sent: bool = True) -> Invoice:
        """Number an invoice, of three hours of advice (453.75 with VAT), and send it."""
        shown = lines or (LineInput(description="Advice", quantity="3", unit_price_cents="12500"),)
        draft = await self.world.use(DraftInvoice)(self.admin, tenant_id, DraftInput(lines=shown))
        invoice = await self.world.use(FinalizeInvoice)(self.admin, draft.id)
        return await self.send(invoice.id) if sent else invoice

    async def send(self, invoice_id: InvoiceId) -> Invoice:
        """Hand an invoice over."""
        async with self.world.work.begin(self.admin) as work:
            invoice = await work.invoices.get(invoice_id)
            invoice.mark_sent(self.world.clock.now())
            await work.invoices.save(invoice)
            await work.commit()
        return invoice

    async def subscribed(self) -> tuple[Subscription, Invoice]:
        """Sell a plan and send its first invoice, 240.79 with VAT."""
        subscription = await self.world.use(CreateSubscription)(self.admin, NewSubscription(TENANT_ID, "scaikey.pro"))
        return subscription, await self.bill()

    async def bill(self) -> Invoice:
        """Run the billing of the month and send the newest invoice."""
        now = self.world.clock.now()
        await self.world.use(RunBilling)(self.admin, parse_month(f"{now:%Y-%m}"))
        newest = max(self.world.store.tables["invoices"], key=str)
        return await self.send(InvoiceId(str(newest)))

    async def pay(self, invoice: Invoice, amount_cents: int | None = None, **wanted: Any) -> RecordedPayment:
        """Record a payment."""
        wish = NewPayment(amount_cents=amount_cents, **wanted)
        return await self.world.use(RecordPayment)(self.admin, invoice.id, wish)

    async def fail(self, invoice: Invoice, **wanted: Any) -> RecordedPayment:
        """Record a failed payment."""
        return await self.world.use(RecordFailedPayment)(self.admin, invoice.id, NewFailedPayment(**wanted))

    async def refund(self, invoice: Invoice, amount_cents: int | None = None, **wanted: Any) -> RecordedRefund:
        """Record a refund."""
        wish = NewRefund(amount_cents=amount_cents, **wanted)
        return await self.world.use(RecordRefund)(self.admin, invoice.id, wish)

    async def ageing(self, as_of: date | None = None) -> AgeingReport:
        """Report what is open."""
        return await self.world.use(ReportAgeing)(self.admin, as_of)

    def stored(self, invoice: Invoice) -> Invoice:
        """Return the invoice as it is kept."""
        return self.world.store.tables["invoices"][invoice.id][1]  # type: ignore[no-any-return]

    def subscription(self, known: Subscription) -> Subscription:
        """Return a subscription as it is kept."""
        return self.world.store.tables["subscriptions"][known.id][1]  # type: ignore[no-any-return]

    def entries(self) -> list[Payment]:
        """Return the ledger of payments."""
        return [row for _, row in self.world.store.tables.get("payments", {}).values()]

    def topics(self, *beginnings: str) -> list[str]:
        """Return what was announced of these kinds."""
        return [topic for topic in self.world.store.topics() if topic.startswith(beginnings)]


@pytest.fixture
async def counter() -> Counter:
    """The operator with one monthly plan at EUR 199.00 and one Dutch customer; it is 15 January 2026."""
    return Counter(await MemoryWorld.with_one_customer())
