"""What becomes of invoices: they are handed over, paid or not, refunded, and some were wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_cli.simulation.acting import end_all
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.use_cases.get_invoice import GetInvoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.record_hand_over import RecordHandOver
from scaicontrol_core.payments.lifecycle import PaymentMethod
from scaicontrol_core.payments.payment_input import NewFailedPayment, NewPayment, NewRefund
from scaicontrol_core.payments.use_cases.record_failed_payment import RecordFailedPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.payments.use_cases.record_refund import RecordRefund
from scaicontrol_core.simulation.paying import Step, StepKind, steps_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from scaicontrol_cli.simulation.company import Account, Company
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.ids import InvoiceId

_MOMENT = timedelta(seconds=3)
_WHOLE = 100
_MISTAKE, _GOODWILL = "Simulated: charged by mistake", "Simulated: money given back"


@frozen
class Due:
    """A step of an account's invoice."""

    invoice_id: InvoiceId
    account: Account
    step: Step


@frozen
class Collection:
    """The steps that invoices still have before them, by day, in the order in which they came."""

    company: Company
    waiting: dict[date, list[Due]] = field(factory=dict)

    async def begin(self, invoices: Sequence[Invoice]) -> None:
        """Hand invoices over, and know from now on what will become of each."""
        if invoices:
            handing_over = self.company.use(RecordHandOver)
            self.company.done["sent"] += await handing_over(self.company.actor, [each.id for each in invoices])
        for invoice in invoices:
            self._expect(invoice)

    def _expect(self, invoice: Invoice) -> None:
        if invoice.tenant_id is None:
            return  # between operator and partner
        account = self.company.by_tenant[invoice.tenant_id]
        number, account.invoices = account.invoices, account.invoices + 1
        if invoice.issue_date is None or invoice.due_date is None or invoice.gross_cents <= 0:
            return  # of nothing to pay nothing becomes
        customer, paying = account.customer, self.company.scenario.paying
        for step in steps_of(customer, paying, number, invoice.issue_date, invoice.due_date):
            self.waiting.setdefault(max(step.day, self.company.today), []).append(Due(invoice.id, account, step))

    async def collect(self) -> None:
        """Do what is due today."""
        for due in self.waiting.pop(self.company.today, ()):
            self.company.pass_time(_MOMENT)
            await self._take(due)

    async def _take(self, due: Due) -> None:
        company, kind = self.company, due.step.kind
        method = PaymentMethod.CARD if due.account.customer.pays_by_card else PaymentMethod.BANK_TRANSFER
        if kind is StepKind.PAID:
            recording = company.use(RecordPayment)(company.actor, due.invoice_id, NewPayment(method=method))
            await company.attempt("payment", recording)
        elif kind is StepKind.FAILED:
            failing = company.use(RecordFailedPayment)(company.actor, due.invoice_id, NewFailedPayment(method=method))
            await company.attempt("failed_payment", failing)
        elif kind is StepKind.GIVEN_UP:
            await end_all(company, due.account)
        elif kind is StepKind.REFUNDED:
            refund = NewRefund(credit_note=await self._credit_note(due, _GOODWILL))
            await company.attempt("refund", company.use(RecordRefund)(company.actor, due.invoice_id, refund))
        else:
            note = await self._credit_note(due, _MISTAKE)
            await company.attempt("credit_note", company.use(IssueCreditNote)(company.actor, due.invoice_id, note))

    async def _credit_note(self, due: Due, reason: str) -> NewCreditNote:
        """Want back all of an invoice, or part of its greatest line."""
        if due.step.percent == _WHOLE:
            return NewCreditNote(reason=reason)
        invoice = await self.company.use(GetInvoice)(self.company.actor, due.invoice_id)
        place, line = max(enumerate(invoice.lines, start=1), key=lambda each: (each[1].net_cents, -each[0]))
        part = LineCredit(position=place, net_cents=max(1, line.net_cents * due.step.percent // _WHOLE))
        return NewCreditNote(reason=reason, lines=(part,))
