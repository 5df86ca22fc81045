"""No read walks a whole table of customers' rows: each list, filter and sort order has an index.

SQLite's planner is asked, since it answers the same for empty tables and full ones. The one
read that can't have an index is the search within names; it is left out here on purpose.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import pytest
from attrs import fields
from sqlalchemy import event

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory, SqlWork
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.audit.ports import AuditFilter
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus, PdfStatus
from scaicontrol_core.billing.numbering import SeriesKey
from scaicontrol_core.billing.ports import INVOICES, InvoiceFilter
from scaicontrol_core.billing.reporting import DocumentSpan
from scaicontrol_core.catalog import PlanFilter
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, PlanId, RunId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.paging import PageRequest, Position, Sorting
from scaicontrol_core.payments.ports import PAYMENTS, PaymentFilter
from scaicontrol_core.payments.receivable import EndOfDay
from scaicontrol_core.subscriptions import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SUBSCRIPTIONS, SubscriptionFilter
from scaicontrol_core.tax.ports import ExchangeRateFilter
from scaicontrol_core.tenancy import TenantFilter
from scaicontrol_core.tenancy.ports import TENANTS, UncheckedFilter
from scaicontrol_core.testing import FixedClock, SequentialIds
from scaicontrol_core.testing.clock import DEFAULT_START

PARTNER, TENANT = PartnerId("prt_1"), TenantId("tnt_1")
ACTORS = {
    "platform": Actor.system("test"),
    "partner": Actor.partner_admin("rita", PARTNER),
    "tenant": Actor.tenant_user("tim", TENANT, PARTNER, Role.TENANT_ADMIN),
}
#: Small by nature: dozens of rows, read as a whole.
SMALL = {"partners", "services", "plans", "service_packs", "service_pack_items", "plan_usage_pricing", "number_series"}
LAST_DAY = EndOfDay(day=date(2026, 1, 31), ends=DEFAULT_START)
UNCHECKED = UncheckedFilter(answered_before=DEFAULT_START, asked_before=DEFAULT_START, changed_since=DEFAULT_START)
SPAN = DocumentSpan(seller_id=PARTNER, first_day=date(2026, 1, 1), last_issue=date(2026, 4, 30))
AT, DAY = DEFAULT_START.isoformat(), "2026-01-01"

Read = Callable[[SqlWork], Awaitable[Any]]
#: Reads part of a list.
ReadPart = Callable[[SqlWork, PageRequest], Awaitable[Any]]


def _parts(sorting: Sorting, keys: Mapping[str, tuple[str, ...]], criteria: Any, read: ReadPart) -> dict[str, Read]:
    """Return a list's first part with its number of rows, one behind a cursor, and a numbered one, in each order."""
    reads: dict[str, Read] = {}
    for sort in sorting.choices:
        walk = sorting.walk(PageRequest(sort=sort), criteria)
        behind = walk.cursor(Position(keys[walk.sort], 1))
        asked = (PageRequest(sort=sort), PageRequest(sort=sort, cursor=behind), PageRequest(sort=sort, page=3))
        reads[sort] = partial(_each, asked=asked, read=read)
    return reads


async def _each(work: SqlWork, asked: tuple[PageRequest, ...], read: ReadPart) -> None:
    for page in asked:
        await read(work, page)


def _listed(collection: str, criteria: Any) -> ReadPart:
    if isinstance(criteria, TenantFilter):
        return lambda work, page: work.tenants.list(page, criteria)
    return lambda work, page: getattr(work, collection).list(criteria, page)


def _lists() -> dict[str, Read]:
    reads: dict[str, Read] = {}

    def note(sorting: Sorting, keys: Mapping[str, tuple[str, ...]], criteria: Any, read: ReadPart) -> None:
        given = [each.name for each in fields(type(criteria)) if getattr(criteria, each.name) is not None]
        for sort, part in _parts(sorting, keys, criteria, read).items():
            reads[f"{sorting.name} {'+'.join(given)} {sort}"] = part

    aged = {"created_at": (AT, "x")}
    for tenants in (TenantFilter(), TenantFilter(partner_id=PARTNER)):
        note(TENANTS, aged | {"name": ("n", "x")}, tenants, _listed("tenants", tenants))
    for narrowed in SUBSCRIPTION_FILTERS:
        found = SubscriptionFilter(**narrowed)
        note(SUBSCRIPTIONS, aged | {"status": ("active", "x")}, found, _listed("subscriptions", found))
    for narrowed in INVOICE_FILTERS:
        issued = InvoiceFilter(**narrowed)
        keys = aged | {"number": ("n", "x"), "issue_date": (DAY, "x")}
        note(INVOICES, keys, issued, _listed("invoices", issued))
    for narrowed in PAYMENT_FILTERS:
        paid = PaymentFilter(**narrowed)
        note(PAYMENTS, aged | {"received_on": (DAY, "x")}, paid, _listed("payments", paid))
    return reads


SUBSCRIPTION_FILTERS: list[dict[str, Any]] = [
    {},
    {"tenant_id": TENANT},
    {"partner_id": PARTNER},
    {"plan_id": PlanId("pln_1")},
    {"status": SubscriptionStatus.ACTIVE},
    {"tenant_id": TENANT, "service_id": ServiceId("svc_1")},
]
INVOICE_FILTERS: list[dict[str, Any]] = [
    {},
    {"tenant_id": TENANT},
    {"partner_id": PARTNER},
    {"seller_id": PARTNER},
    {"status": InvoiceStatus.SENT},
    {"run_id": RunId("run_1")},
    {"issued": True},
    {"currency": "EUR"},
    {"issued_from": date(2026, 1, 1), "issued_to": date(2026, 1, 31)},
    {"search": "SCAI-2026"},
    {"seller_id": PARTNER, "number": "SCAI-2026-000001"},
]
PAYMENT_FILTERS: list[dict[str, Any]] = [
    {},
    {"tenant_id": TENANT},
    {"partner_id": PARTNER},
    {"seller_id": PARTNER},
    {"invoice_id": InvoiceId("inv_1")},
    {"seller_id": PARTNER, "reference": "NTRY-1"},
]


def _others() -> dict[str, Read]:
    day, key = date(2026, 1, 31), SeriesKey(PARTNER, DocumentType.INVOICE, 2026)
    invoice, plan, service = InvoiceId("inv_1"), PlanId("pln_1"), ServiceId("svc_1")
    return {
        "tenant": lambda w: w.tenants.get_many([TENANT]),
        "tenant by reference": lambda w: w.tenants.find_by_reference(PARTNER, "t001"),
        "profiles": lambda w: w.billing_profiles.of_tenants([TENANT]),
        "profile": lambda w: w.billing_profiles.find(TENANT),
        "profiles to check": lambda w: w.billing_profiles.unchecked(UNCHECKED, after=None, limit=200),
        "more to check": lambda w: w.billing_profiles.unchecked(UNCHECKED, after=TENANT, limit=200),
        "evidence": lambda w: w.vat_evidence.list(TENANT, PageRequest()),
        "profile there": lambda w: w.billing_profiles.exists(TENANT),
        "plans": lambda w: w.plans.list(PageRequest(), PlanFilter(shown_only=True)),
        "plan's subscriptions": lambda w: w.plans.live_subscriptions(plan),
        "packs of a plan": lambda w: w.packs.containing(plan),
        "live": lambda w: w.subscriptions.find_live(TENANT, service),
        "had trial": lambda w: w.subscriptions.had_trial(TENANT, service),
        "due": lambda w: w.subscriptions.due([PARTNER], day, after=TENANT, tenants=200),
        "due of one": lambda w: w.subscriptions.due([PARTNER], day, after=None, tenants=1, only=TENANT),
        "due of a page": lambda w: w.subscriptions.due([PARTNER], day, after=None, tenants=400, upto=TENANT),
        "due tenants": lambda w: w.subscriptions.due_tenants([PARTNER], day, after=TENANT, tenants=200),
        "due tenants of packs": lambda w: w.pack_subscriptions.due_tenants([PARTNER], day, after=TENANT, tenants=200),
        "open run": lambda w: w.billing_runs.find_open("2026-01//"),
        "last page of a run": lambda w: w.billing_runs.last_page(RunId("run_1"), PARTNER, day),
        "unfinished pages": lambda w: w.billing_runs.unfinished_pages(RunId("run_1")),
        "pages": lambda w: w.billing_runs.pages(RunId("run_1")),
        "count of pages": lambda w: w.billing_runs.count_pages(RunId("run_1")),
        "recurrences": lambda w: w.recurrences.of_next_tenants(
            PARTNER, partner_id=None, before=day, after=TENANT, tenants=500
        ),
        "recurrences of a partner": lambda w: w.recurrences.of_next_tenants(
            PARTNER, partner_id=PARTNER, before=day, after=None, tenants=500
        ),
        "known recurrences": lambda w: w.recurrences.known({"sub_1"}),
        "count due": lambda w: w.subscriptions.count_due_tenants([PARTNER], day),
        "ripe": lambda w: w.subscriptions.ripe(DEFAULT_START, after=SubscriptionId("sub_1"), limit=100),
        "awaiting pdf": lambda w: w.invoices.awaiting_document(status=PdfStatus.PENDING, limit=100),
        "chain": lambda w: w.invoices.chain(key, after=0, limit=500),
        "documents": lambda w: w.invoices.documents(SPAN, after=None, limit=500),
        "later documents": lambda w: w.invoices.documents(SPAN, after=(date(2026, 1, 31), invoice), limit=500),
        "overdue": lambda w: w.invoices.overdue(day, after=invoice, limit=100),
        "failing": lambda w: w.invoices.failing([SubscriptionId("sub_1")], apart_from=invoice),
        "payments of an invoice": lambda w: w.payments.of_invoice(invoice),
        "payments of a tenant": lambda w: w.payments.of_tenant(TENANT, PARTNER),
        "payment by key": lambda w: w.payments.with_key(PARTNER, "k"),
        "receivables": lambda w: w.receivables.of_seller(PARTNER, LAST_DAY, after=invoice, limit=500),
        "receivables of a tenant": lambda w: w.receivables.of_tenant(TENANT),
        "exchange rates": lambda w: w.exchange_rates.between(day, day, ["USD"]),
        "exchange rates of a year": lambda w: w.exchange_rates.between(date(2026, 1, 1), day),
        "list of rates": lambda w: w.exchange_rates.list(ExchangeRateFilter(), PageRequest()),
        "list of dollars": lambda w: w.exchange_rates.list(ExchangeRateFilter(currency="USD"), PageRequest()),
        "list of a day": lambda w: w.exchange_rates.list(ExchangeRateFilter(day=day), PageRequest()),
        "ledger": lambda w: w.billed_periods.of_invoice(invoice),
        "revision": lambda w: w.document_revisions.latest(invoice),
        "sends due": lambda w: w.send_requests.due(DEFAULT_START, limit=20),
        "sends": lambda w: w.send_requests.of_invoice(invoice),
        "send by key": lambda w: w.send_requests.with_key(invoice, "k"),
        "send by message": lambda w: w.send_requests.with_message("m"),
        "send history": lambda w: w.send_history.of_invoice(invoice),
        "history": lambda w: w.audit_log.history("invoice", invoice, PageRequest()),
        "whether the log knows": lambda w: w.audit_log.knows("invoice", "inv_never"),
        "log of a user": lambda w: w.audit_log.list(PageRequest(), AuditFilter(user_id="tom")),
        "log of a request": lambda w: w.audit_log.list(PageRequest(), AuditFilter(request_id="req")),
        "series": lambda w: w.number_series.list(PARTNER),
    }


READS = _lists() | _others()


@pytest.fixture
async def work(migrated_sqlite_url: str) -> AsyncIterator[SqlUnitOfWorkFactory]:
    database = create_engine(migrated_sqlite_url)
    yield SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    await database.aclose()


@pytest.mark.parametrize("scope", ACTORS)
@pytest.mark.parametrize("read", READS)
async def test_no_read_scans_a_table_of_customers(work: SqlUnitOfWorkFactory, read: str, scope: str) -> None:
    asked: list[tuple[str, Any]] = []

    @event.listens_for(work.database.reader.sync_engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    async with work.begin(ACTORS[scope], read_only=True) as begun:
        await READS[read](begun)
    selects = [(statement, parameters) for statement, parameters in asked if statement.startswith("SELECT")]
    assert selects
    async with work.database.reader.connect() as connection:
        for statement, parameters in selects:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for step in plan:
                assert not _full_scan(step.detail, ends=" LIMIT " in statement), f"{step.detail}\n{statement}"


def _full_scan(detail: str, *, ends: bool = False) -> bool:
    """Tell whether a step reads every row; counting a whole list within an index is as good as it gets.

    A walk along an index ``ends`` where a LIMIT says so; the keys of a numbered page are no table.
    """
    words = detail.split()
    if words[0] != "SCAN" or words[1] in SMALL or words[1] == "page" or words[1].startswith("("):
        return False
    return "COVERING" not in words and not (ends and "INDEX" in words)


def test_a_full_scan_is_known_when_seen() -> None:
    assert _full_scan("SCAN tenants")
    assert _full_scan("SCAN invoices USING INDEX ix_invoices_created_at_id")
    assert _full_scan("SCAN invoices", ends=True)
    assert not _full_scan("SCAN invoices USING INDEX ix_invoices_created_at_id", ends=True)
    assert not _full_scan("SCAN invoices USING COVERING INDEX ix_invoices_created_at_id")
    assert not _full_scan("SEARCH invoices USING INDEX ix_invoices_created_at_id (created_at>?)")
