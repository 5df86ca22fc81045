"""The days of a simulation: what happens at which hour, day after day, to the end.

The hours are UTC and lie within the operator's own day, so that no job finds yesterday's date.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from attrs import define, field

from scaicontrol_cli.simulation.acting import fulfil, join
from scaicontrol_cli.simulation.collecting import Collection
from scaicontrol_cli.simulation.metering import report_usage, watch_usage
from scaicontrol_cli.simulation.months import MonthReport, report_month
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.mark_overdue import MarkOverdue
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.kernel.period import Cadence, Period, period_at
from scaicontrol_core.metering.use_cases.tend_usage import TendUsage
from scaicontrol_core.subscriptions.use_cases.monitor_trials import MonitorTrials
from scaicontrol_core.subscriptions.use_cases.reap_pack_subscriptions import ReapPackSubscriptions
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.tenancy.use_cases.recheck_vat_numbers import RecheckVatNumbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from scaicontrol_cli.simulation.company import Company
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.ids import RunId
    from scaicontrol_core.simulation.behaviour import WishfulDay

_REAPING, _USAGE, _NOTICES, _CUSTOMERS = time(3), time(6), time(9, 20), time(10)
_BILLING, _MONEY, _CLOSING = time(18), time(19), time(21)


@define
class Calendar:
    """What is still to come, by day."""

    company: Company
    collection: Collection = field(init=False)
    wishes: dict[date, list[WishfulDay]] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        """Begin with nothing to collect."""
        self.collection = Collection(self.company)

    def look_forward(self, wishes: Iterable[WishfulDay]) -> None:
        """Note wishes for the days they come up; those of days gone by are forgotten."""
        for wished in wishes:
            if wished.day > self.company.today:
                self.wishes.setdefault(wished.day, []).append(wished)


async def live(company: Company, until: date, on_month: Callable[[MonthReport], None]) -> None:
    """Live through all days before ``until``, and report at the end of each calendar month and of the last day."""
    calendar = Calendar(company)
    day = company.scenario.starts_on
    while day < until:
        month = _month_of(day)
        await _morning(calendar, day, month)
        await _people(calendar, day)
        await _evening(calendar, day, month)
        if day == month.last_day or day + timedelta(days=1) == until:
            _at(company, day, _CLOSING)
            on_month(await report_month(company, month))
        day += timedelta(days=1)


async def _morning(calendar: Calendar, day: date, month: Period) -> None:
    company = calendar.company
    if day in (month.start, company.scenario.starts_on):
        for reference in sorted(company.accounts):
            wishes = company.behaviour.wishes(company.accounts[reference].customer, month)
            calendar.look_forward(wishes)
    _at(company, day, _REAPING)
    await company.use(ReapSubscriptions)(company.actor)
    await company.use(ReapPackSubscriptions)(company.actor)
    company.done["overdue"] += await company.use(MarkOverdue)(company.actor)
    while not (await company.use(TendUsage)(company.actor)).is_done:
        pass
    usage = company.scenario.usage
    if usage.metrics and (day - company.scenario.starts_on).days % usage.every_days == usage.every_days - 1:
        _at(company, day, _USAGE)
        await report_usage(company)
        await watch_usage(company)
    _at(company, day, _NOTICES)
    company.done["trial_notice"] += await company.use(MonitorTrials)(company.actor)


async def _people(calendar: Calendar, day: date) -> None:
    company = calendar.company
    _at(company, day, _CUSTOMERS)
    newcomers = sorted(company.newcomers.pop(day, ()), key=lambda each: each.reference)
    for customer in newcomers:
        calendar.look_forward(await join(company, customer))
        calendar.look_forward(company.behaviour.wishes(customer, _month_of(day)))
    if day.day == 1:
        await company.use(RecheckVatNumbers)(company.actor, everybody=True)
    for wished in sorted(calendar.wishes.pop(day, ())):
        following, invoice = await fulfil(company, wished)
        calendar.look_forward(following)
        if invoice is not None and invoice.number is not None:
            await calendar.collection.begin([invoice])


async def _evening(calendar: Calendar, day: date, month: Period) -> None:
    company = calendar.company
    _at(company, day, _BILLING)
    report = await company.use(RunBilling)(company.actor, month)
    company.done["billing_run"] += 1
    for failure in report.totals.failures:
        company.refused[f"billing: {failure.code}"] += 1
    if report.run is not None and report.totals.invoices:
        await calendar.collection.begin(await _invoices_of(company, report.run.id))
    _at(company, day, _MONEY)
    await calendar.collection.collect()


async def _invoices_of(company: Company, run_id: RunId) -> list[Invoice]:
    """Return what a run numbered, in the order of its numbers."""
    found: list[Invoice] = []
    wanted, cursor = InvoiceFilter(run_id=run_id, document_type=DocumentType.INVOICE, issued=True), None
    while True:
        page = PageRequest(limit=MAX_LIMIT, cursor=cursor)
        part = await company.use(ListInvoices)(company.actor, wanted, page)
        found += part.items
        cursor = part.next_cursor
        if cursor is None:
            return sorted(found, key=lambda invoice: invoice.number or "")


def _at(company: Company, day: date, hour: time) -> None:
    """Go on to an hour of the day, unless the day is further already."""
    company.clock.move_to(max(company.clock.now(), datetime.combine(day, hour, UTC)))


def _month_of(day: date) -> Period:
    return period_at(day.replace(day=1), Cadence.MONTHLY, 0)
