"""Show what a tenant's next invoice will be, as things stand."""

from __future__ import annotations

from datetime import date, datetime

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.due import PageRequestOfRun, find_due
from scaicontrol_core.billing.facts import DocumentCheck, Rules
from scaicontrol_core.billing.frozen_document import FrozenDocument
from scaicontrol_core.billing.page import preview_documents
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, RunId, TenantId
from scaicontrol_core.kernel.period import local_date, start_of_day
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import RateTable
from scaicontrol_core.tenancy.selling import seller_for

#: What a seller's books and rates say is no tenant's to read; whose invoice may be read is decided before.
_KEEPER = Actor.system("upcoming_invoice")
_FAR = date(9999, 12, 31)


@frozen(kw_only=True)
class UpcomingInvoice:
    """The documents that will be written on ``bills_on`` (a local day of the seller), one a currency.

    They have no number yet. None, and no document, if nothing is to come.
    """

    tenant_id: TenantId
    bills_on: date | None
    documents: tuple[FrozenDocument, ...] = ()


@frozen
class ReadUpcomingInvoice:
    """Return what a billing run of the day on which the tenant next owes something will write.

    That is today if anything is due already. Usage counts as far as it was reported. Raises
    ``NotFound`` for a tenant outside the scope, and what keeps the tenant from being billed.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids
    rates: RateTable
    document_check: DocumentCheck

    async def __call__(self, actor: Actor, tenant_id: TenantId) -> UpcomingInvoice:
        """Return it; nothing is written."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        async with self.work.begin(actor, read_only=True) as work:
            tenant = await work.tenants.get(tenant_id)
        async with self.work.begin(_KEEPER, read_only=True) as work:
            seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
            timezone, now = seller.configuration.billing_timezone, self.clock.now()
            ask = PageRequestOfRun(
                seller=seller,
                partner_ids=(tenant.partner_id,),
                cutoff=_FAR,
                today=local_date(now, timezone),
                now=now,
                run_id=RunId("upcoming"),
                only=tenant_id,
            )
            due = await find_due(work, ask)
            days = [each.next_billing_on for each in due.subscriptions] + [each.next_billing_on for each in due.packs]
            first = min((day for day in days if day is not None), default=None)
            if first is None:
                return UpcomingInvoice(tenant_id=tenant_id, bills_on=None)
            bills_on = max(first, ask.today)
            then = _at(bills_on, now, timezone)
            on_the_day = evolve(ask, cutoff=bills_on, today=bills_on, now=then)
            rules = Rules(rates=self.rates, document_check=self.document_check)
            documents = await preview_documents(work, on_the_day, self.ids, rules)
        return UpcomingInvoice(tenant_id=tenant_id, bills_on=bills_on, documents=documents)


def _at(day: date, now: datetime, timezone: str) -> datetime:
    """Return the first instant of the day that is not past."""
    return max(now, start_of_day(day, timezone))
