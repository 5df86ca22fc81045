"""The demo's year, step by step; each step looks first, so that a second run changes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from scaicontrol_cli.demo.credit import credit
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.billing.use_cases.summarize_invoices import InvoiceSummary, SummarizeInvoices
from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue
from scaicontrol_core.kernel.errors import Conflict, ScaiControlError
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.kernel.period import Cadence, Period, period_at
from scaicontrol_core.subscriptions.pack_ports import PackSubscriptionFilter
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.list_pack_subscriptions import ListPackSubscriptions
from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions
from scaicontrol_core.subscriptions.use_cases.reap_pack_subscriptions import ReapPackSubscriptions
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.tenancy.partner import NewPartner, Partner
from scaicontrol_core.tenancy.seller import PartnerConfiguration
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.import_tenants import ImportedRow, ImportReport, ImportTenants, TenantList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scaicontrol_cli.context import Session
    from scaicontrol_core.billing.billing_run import TenantFailure
    from scaicontrol_core.kernel.ids import TenantId
    from scaicontrol_core.testing import FixedClock

FIRST_MONTH = date(2026, 1, 1)
#: The numbers are made up: VIES would say no, or worse, yes to a stranger's.
ATTESTATION = "Synthetic number of the demo; never to be checked with a register."
_PACK = "pack:"
_EVENING = time(20, tzinfo=UTC)


@frozen(kw_only=True)
class DemoFiles:
    """What the demo is made of, as read from its files."""

    operator: Mapping[str, Any]
    catalogue: Any
    customers: Sequence[Mapping[str | None, Any]]


@frozen(kw_only=True)
class Skipped:
    """A subscription that was asked for and not made, and why."""

    external_reference: str
    subscribe: str
    reason: str


@define(kw_only=True)
class DemoReport:
    """What is there after the load, and what this run of it did."""

    operator: Partner
    customers: ImportReport
    skipped: list[Skipped] = field(factory=list)
    unbilled: dict[TenantId, TenantFailure] = field(factory=dict)
    subscribed: int = 0
    invoiced: int = 0
    credited: int = 0
    subscriptions: int = 0
    summary: InvoiceSummary | None = None


def months(until: Period) -> Iterator[Period]:
    """Yield the calendar months of the demo up to and with ``until``."""
    ordinal = 0
    while (month := period_at(FIRST_MONTH, Cadence.MONTHLY, ordinal)).start <= until.start:
        yield month
        ordinal += 1


async def load(
    session: Session,
    clock: FixedClock,
    files: DemoFiles,
    until: Period,
    on_month: Callable[[int, int], None] = lambda _done, _total: None,
) -> DemoReport:
    """Set up seller, catalogue and customers; then live the months one by one on a clock of our own.

    Raises ``Conflict`` (``not_a_demo``) on a database that has another operator.
    """
    clock.set(datetime.combine(FIRST_MONTH, _EVENING))
    report = DemoReport(operator=await _operator(session, files.operator), customers=await _customers(session, files))
    existing = await _existing(session)
    year = tuple(months(until))
    for done, month in enumerate(year):
        on_month(done, len(year))
        clock.set(datetime.combine(month.last_day, _EVENING))
        await _subscribe(session, month, existing, report)
        await session.use(ReapSubscriptions)(session.actor)
        await session.use(ReapPackSubscriptions)(session.actor)
        await _bill(session, month, report)
        report.credited += await credit(session, month, report.customers)
    report.subscriptions = len(await _existing(session))
    report.summary = await session.use(SummarizeInvoices)(session.actor)
    return report


async def _operator(session: Session, wanted: Mapping[str, Any]) -> Partner:
    configuration = PartnerConfiguration().amended(wanted.get("configuration") or {})
    new = NewPartner(name=wanted.get("name") or "", configuration=configuration)
    operator = await session.use(BootstrapOperator)(session.actor, new)
    if operator.configuration.legal_name != configuration.legal_name:
        raise Conflict(
            f"This database belongs to {operator.configuration.legal_name or operator.name}, not to the demo.",
            code="not_a_demo",
            hint="Give the demo a database of its own: SCAICONTROL_DATABASE_URL, or SCAICONTROL_DATA_DIR.",
        )
    return operator


async def _customers(session: Session, files: DemoFiles) -> ImportReport:
    await session.use(ImportCatalogue)(session.actor, files.catalogue)
    return await session.use(ImportTenants)(
        session.actor, TenantList(rows=files.customers, vat_attestation=ATTESTATION)
    )


async def _existing(session: Session) -> set[tuple[TenantId, str]]:
    """Return which tenant has, or had, which plan or pack."""
    found: set[tuple[TenantId, str]] = set()
    cursor: str | None = None
    while True:
        request = PageRequest(limit=MAX_LIMIT, cursor=cursor)
        part = await session.use(ListSubscriptions)(session.actor, SubscriptionFilter(), request)
        found |= {(subscription.tenant_id, subscription.plan_key) for subscription in part.items}
        cursor = part.next_cursor
        if cursor is None:
            break
    while True:
        request = PageRequest(limit=MAX_LIMIT, cursor=cursor)
        packs = await session.use(ListPackSubscriptions)(session.actor, PackSubscriptionFilter(), request)
        found |= {(each.tenant_id, f"{_PACK}{each.pack_slug}") for each in packs.items}
        cursor = packs.next_cursor
        if cursor is None:
            return found


async def _subscribe(session: Session, month: Period, existing: set[tuple[TenantId, str]], report: DemoReport) -> None:
    for row in report.customers.rows:
        if not row.subscribe or not _starts_in(row, month) or (row.tenant_id, row.subscribe) in existing:
            continue
        try:
            await _sell(session, row, row.subscribe)
        except ScaiControlError as error:
            _skip(report, row, f"{error.message} [{error.code}]")
            continue
        existing.add((row.tenant_id, row.subscribe))
        report.subscribed += 1


async def _sell(session: Session, row: ImportedRow, wish: str) -> None:
    """Sell a plan from the row's first day, or a pack from the month it is sold in."""
    if wish.startswith(_PACK):
        pack = NewPackSubscription(row.tenant_id, wish.removeprefix(_PACK))
        await session.use(SubscribePack)(session.actor, pack)
        return
    wanted = NewSubscription(tenant_id=row.tenant_id, plan_key=wish, start_date=row.start_date)
    await session.use(CreateSubscription)(session.actor, wanted)


def _starts_in(row: ImportedRow, month: Period) -> bool:
    """Tell whether the row's first day lies in the month; without one, or earlier: in the first."""
    starts_on = max(row.start_date or FIRST_MONTH, FIRST_MONTH)
    return month.start <= starts_on < month.end


def _skip(report: DemoReport, row: ImportedRow, reason: str) -> None:
    skipped = Skipped(external_reference=row.external_reference, subscribe=row.subscribe or "", reason=reason)
    report.skipped.append(skipped)


async def _bill(session: Session, month: Period, report: DemoReport) -> None:
    """Run the month's billing if anybody can be billed: a run that finds nothing leaves a record all the same."""
    run = session.use(RunBilling)
    expected = await run(session.actor, month, dry_run=True)
    report.unbilled |= {failure.tenant_id: failure for failure in expected.totals.failures}
    if expected.totals.tenants > len(expected.totals.failures):
        done = await run(session.actor, month)
        report.invoiced += done.totals.invoices
