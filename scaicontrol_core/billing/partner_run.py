"""The part of a billing run that is between the operator and its partners, after all customers are billed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.billing.billing_run import PartnerDocument, PartnerDocumentKind, PartnerFailure, RunTotals
from scaicontrol_core.billing.commissions.closing import Sides, close_months, open_statements
from scaicontrol_core.billing.commissions.errors import CommissionClosed, CommissionSettled
from scaicontrol_core.billing.commissions.settling import drafted_settlements, settle
from scaicontrol_core.billing.errors import PeriodAlreadyBilled
from scaicontrol_core.billing.page import vat_totals
from scaicontrol_core.billing.wholesale.billing import bill, drafted_bills
from scaicontrol_core.kernel.errors import Retryable, ScaiControlError, Stale

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import date, datetime

    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.commissions.statement import CommissionStatement
    from scaicontrol_core.billing.facts import Prepared, Rules
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
    from scaicontrol_core.tenancy.partner import Partner

_ATTEMPTS = 5
#: What it means that another run was faster.
_OVERTAKEN = (Stale, CommissionClosed, CommissionSettled, PeriodAlreadyBilled)


@frozen(kw_only=True)
class PartnerRun:
    """Closes the months that are over for every partner, settles and bills them, each in a transaction of its own.

    ``before`` is the first day that no month closed now may reach. One partner's failure stops no other.
    """

    work: UnitOfWorkFactory[BillingWork]
    ids: Ids
    retry: Retry
    now: datetime
    before: date
    rules: Rules

    async def __call__(self, actor: Actor, *, dry_run: bool) -> RunTotals:
        """Return what was done, or on a dry run would be."""
        async with self.work.begin(actor, read_only=True) as work:
            everyone = await work.sellers.everyone()
        operator = next((each for each in everyone if each.is_operator), None)
        totals = RunTotals()
        for each in everyone:
            if operator is not None and not each.is_operator:
                sides = Sides(partner=each, operator=operator)
                totals = totals.plus(await self._of(actor, sides, dry_run=dry_run))
        return totals

    async def _of(self, actor: Actor, sides: Sides, *, dry_run: bool) -> RunTotals:
        pending: list[CommissionStatement] = []
        closed = await self._step(sides.partner, partial(self._close, actor, sides, pending, dry_run=dry_run))
        settled = await self._step(sides.partner, partial(self._settle, actor, sides, tuple(pending), dry_run=dry_run))
        billed = await self._step(sides.partner, partial(self._bill, actor, sides, dry_run=dry_run))
        return closed.plus(settled).plus(billed)

    async def _step(self, partner: Partner, attempt: Callable[[], Awaitable[RunTotals]]) -> RunTotals:
        try:
            for _ in range(_ATTEMPTS - 1):
                try:
                    return await self.retry(attempt)
                except _OVERTAKEN:
                    continue  # another run was faster: look again at what is left
            return await self.retry(attempt)
        except Retryable:
            raise
        except ScaiControlError as error:
            failure = PartnerFailure(partner_id=partner.id, code=error.code, message=error.message)
            return RunTotals(partner_failures=(failure,))

    async def _close(
        self, actor: Actor, sides: Sides, pending: list[CommissionStatement], *, dry_run: bool
    ) -> RunTotals:
        """Close the months that are over; on a dry run they are ``pending``."""
        async with self.work.begin(actor, read_only=dry_run) as work:
            if dry_run:
                over = min(sides.month_of(self.now), self.before)
                statements, _ = await open_statements(work, sides, over, self.ids)
                pending[:] = statements
            else:
                statements = await close_months(work, sides, self.now, self.ids, self.before)
                await work.commit()
        return RunTotals(partner_documents=_stated(sides.partner, statements))

    async def _settle(
        self, actor: Actor, sides: Sides, pending: tuple[CommissionStatement, ...], *, dry_run: bool
    ) -> RunTotals:
        """Write the self-billing invoices of closed months."""
        async with self.work.begin(actor, read_only=dry_run) as work:
            closed = await work.commission_statements.unsettled(sides.partner.id)
            settlements = await drafted_settlements(work, sides, (*closed, *pending), self.rules, self.ids, self.now)
            if settlements and not dry_run:
                await settle(work, settlements)
                await work.commit()
        documents = (
            _invoiced(sides.partner, PartnerDocumentKind.SELF_BILLED_INVOICE, each.prepared) for each in settlements
        )
        return RunTotals(partner_documents=tuple(documents))

    async def _bill(self, actor: Actor, sides: Sides, *, dry_run: bool) -> RunTotals:
        """Bill what the partner sold in its own name in the months that are over."""
        over = min(sides.month_of(self.now), self.before)
        async with self.work.begin(actor, read_only=dry_run) as work:
            bills = await drafted_bills(work, sides, over, self.rules, self.ids, self.now)
            if bills and not dry_run:
                await bill(work, bills)
                await work.commit()
        kind, prepared = PartnerDocumentKind.WHOLESALE_INVOICE, [each.prepared for each in bills]
        return RunTotals(
            invoices=len(bills),
            lines=sum(len(each.charges) for each in bills),
            vat=vat_totals(prepared),
            partner_documents=tuple(_invoiced(sides.partner, kind, each) for each in prepared),
        )


def _invoiced(partner: Partner, kind: PartnerDocumentKind, prepared: Prepared) -> PartnerDocument:
    invoice, totals = prepared.facts.invoice, prepared.document.totals
    return PartnerDocument(
        partner_id=partner.id,
        partner_name=partner.name,
        kind=kind,
        month=f"{invoice.period.last_day:%Y-%m}" if invoice.period else "",
        currency=invoice.currency,
        lines=len(invoice.lines),
        net_cents=totals.net_cents,
        tax_cents=totals.tax_cents,
        gross_cents=totals.gross_cents,
        number=invoice.number,
    )


def _stated(partner: Partner, statements: Sequence[CommissionStatement]) -> tuple[PartnerDocument, ...]:
    return tuple(
        PartnerDocument(
            partner_id=partner.id,
            partner_name=partner.name,
            kind=PartnerDocumentKind.COMMISSION_STATEMENT,
            month=statement.name,
            currency=statement.currency,
            lines=statement.entry_count,
            net_cents=statement.commission_cents,
            gross_cents=statement.commission_cents,
        )
        for statement in statements
    )
