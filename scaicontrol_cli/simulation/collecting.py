"""What becomes of invoices: they are paid or not, and some were wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.use_cases.get_invoice import GetInvoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.simulation.paying import Step, StepKind, steps_of

if TYPE_CHECKING:
    from datetime import date

    from scaicontrol_cli.simulation.company import Company
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.ids import InvoiceId

_MOMENT = timedelta(seconds=3)
_WHOLE = 100
_REASON = "Simulated: charged by mistake"


@frozen(order=True)
class Due:
    """A step of an invoice that is due on a day; ``turn`` keeps the order in which the invoices came."""

    day: date
    turn: int
    invoice_id: InvoiceId
    reference: str
    step: Step


@frozen
class Collection:
    """The steps that invoices still have before them, by day."""

    company: Company
    waiting: dict[date, list[Due]]

    def expect(self, invoice: Invoice) -> None:
        """Know from now on what will become of an invoice; of nothing to pay nothing becomes."""
        account = self.company.by_tenant[invoice.customer_id]
        number, account.invoices = account.invoices, account.invoices + 1
        if invoice.issue_date is None or invoice.due_date is None or invoice.gross_cents <= 0:
            return
        customer, paying = account.customer, self.company.scenario.paying
        steps = steps_of(customer, paying, number, invoice.issue_date, invoice.due_date, by_card=customer.pays_by_card)
        for turn, step in enumerate(steps):
            day = max(step.day, self.company.today)
            self.waiting.setdefault(day, []).append(Due(day, turn, invoice.id, customer.reference, step))

    async def collect(self) -> None:
        """Do what is due today."""
        for due in self.waiting.pop(self.company.today, ()):
            self.company.pass_time(_MOMENT)
            await self._take(due)

    async def _take(self, due: Due) -> None:
        if due.step.kind is StepKind.CREDITED:
            await self._credit(due)

    async def _credit(self, due: Due) -> None:
        company = self.company
        lines = None if due.step.percent == _WHOLE else await self._part(due)
        wanted = NewCreditNote(reason=_REASON, lines=lines)
        await company.attempt("credit_note", company.use(IssueCreditNote)(company.actor, due.invoice_id, wanted))

    async def _part(self, due: Due) -> tuple[LineCredit, ...]:
        """Return part of the invoice's greatest line."""
        invoice = await self.company.use(GetInvoice)(self.company.actor, due.invoice_id)
        place, line = max(enumerate(invoice.lines, start=1), key=lambda each: (each[1].net_cents, -each[0]))
        return (LineCredit(position=place, net_cents=max(1, line.net_cents * due.step.percent // _WHOLE)),)
