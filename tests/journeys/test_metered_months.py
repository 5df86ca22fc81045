"""Months of reported usage, from files to invoices: every event has an outcome, every overage is what the tiers give.

What is to be charged is computed here a second time, from the lines of the file alone.
"""

from __future__ import annotations

import json
import random
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import define, field

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_core.kernel.ids import RunId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.tenancy.use_cases.import_tenants import ImportTenants, TenantList
from scaicontrol_core.testing import FixedClock, MemoryWorld, SequentialIds, builders

PLATFORM = Actor.system("journey")
ZONE = ZoneInfo("Europe/Amsterdam")
GRACE = timedelta(hours=72)
METRIC, SERVICE = "api_calls", "keys"
#: tenant, month of the run → cents of overage
Overage = Mapping[tuple[str, str], int]


@define
class Files:
    """A catalogue, a list of customers, and the lines of a file of events."""

    catalogue: dict[str, Any]
    customers: Sequence[Mapping[str | None, Any]]
    events: Sequence[Mapping[str, Any]]
    service: str = SERVICE


@define
class Months:
    """What came of it all."""

    outcomes: Counter[str] = field(factory=Counter)
    overage: dict[tuple[str, str], int] = field(factory=dict)
    totals: dict[tuple[str, str], Fraction] = field(factory=dict)
    skipped: list[str] = field(factory=list)
    findings: list[Any] = field(factory=list)


async def live(world: MemoryWorld, files: Files, months: Sequence[str]) -> Months:
    """Import, subscribe, take in the whole file, then bill month by month."""
    found = Months()
    await world.keep(builders.new_partner(billing_timezone=ZONE.key, oss_registered=True))
    await world.use(ImportCatalogue)(PLATFORM, files.catalogue)
    imported = await world.use(ImportTenants)(PLATFORM, TenantList(rows=files.customers, vat_attestation="Made up."))
    for row in imported.rows:
        plan, packed = row.subscribe or "", (row.subscribe or "").removeprefix("pack:")
        try:
            if plan != packed:
                await world.use(SubscribePack)(PLATFORM, NewPackSubscription(row.tenant_id, packed))
            elif plan:
                wanted = NewSubscription(row.tenant_id, plan, start_date=row.start_date)
                await world.use(CreateSubscription)(PLATFORM, wanted)
        except ScaiControlError as error:
            found.skipped.append(f"{row.external_reference} {row.subscribe} {error.code}")
    for start in range(0, len(files.events), 1000):
        reports = [read_report(event, "tenant") for event in files.events[start : start + 1000]]
        batch = UsageBatch(reports=reports, backfill=True, by_reference=True)
        for outcome in await world.use(IngestUsage)(PLATFORM, batch):
            found.outcomes[(outcome.reason or outcome.status).value] += 1
    names = {row.tenant_id: row.external_reference for row in imported.rows}
    for month in months:
        report = await world.use(RunBilling)(PLATFORM, parse_month(month))
        found.skipped += [f"{failure.tenant_id} {failure.code}" for failure in report.totals.failures]
        assert report.run is not None
        for tenant_id, cents in (await _charged(world, report.run.id)).items():
            found.overage[names[tenant_id], month] = cents
    audit = await world.use(AuditIntegrity)(PLATFORM)
    found.findings = [finding for rule in audit.rules for finding in rule.findings]
    return found


async def _charged(world: MemoryWorld, run_id: RunId) -> dict[TenantId, int]:
    """Return the net of a run's usage lines, by tenant."""
    sums: Counter[TenantId] = Counter()
    page: PageRequest | None = PageRequest(limit=200)
    async with world.work.begin(PLATFORM, read_only=True) as work:
        while page is not None:
            listed = await work.invoices.list(InvoiceFilter(run_id=run_id, document_type=DocumentType.INVOICE), page)
            for invoice in (await work.invoices.get_many([each.id for each in listed.items])).values():
                used = [line.net_cents for line in invoice.lines if f": {METRIC}" in line.description]
                if sum(used) and invoice.tenant_id is not None:
                    sums[invoice.tenant_id] += sum(used)
            page = PageRequest(limit=200, cursor=listed.next_cursor) if listed.next_cursor else None
    return dict(sums)


# -- the same from the file alone -----------------------------------------------------------------


def expected(files: Files, months: Sequence[str]) -> Overage:
    """Return what the tiers give, by tenant and the month whose run bills it."""
    (service,) = (each for each in files.catalogue["services"] if each["slug"] == files.service)
    tiers = {plan["slug"]: plan.get("usage_pricing", ()) for plan in service["plans"]}
    found: dict[tuple[str, str], int] = {}
    for row in files.customers:
        slug, _, plan = (row["subscribe"] or "").partition(".")
        if slug == files.service and tiers.get(plan):
            used = daily(files.events, row["tenant"])
            for start, end in periods(date.fromisoformat(row["start_date"])):
                quantity = sum((used[day] for day in used if start <= day < end), Fraction(0))
                month = f"{billed_from(end):%Y-%m}"
                cents = priced(tiers[plan], quantity)
                if cents and month in months:
                    found[row["tenant"], month] = found.get((row["tenant"], month), 0) + cents
    return found


def daily(events: Iterable[Mapping[str, Any]], tenant: str) -> Mapping[date, Fraction]:
    """Return what a tenant used on each day in the seller's zone, each event once."""
    used: dict[date, Fraction] = {}
    seen: set[str] = set()
    for event in events:
        if event["tenant"] == tenant and event["metric"] == METRIC and event["idempotency_key"] not in seen:
            seen.add(event["idempotency_key"])
            day = datetime.fromisoformat(event["occurred_at"]).astimezone(ZONE).date()
            used[day] = used.get(day, Fraction(0)) + Fraction(str(event["quantity"]))
    return used


def periods(anchor: date) -> Iterable[tuple[date, date]]:
    """Yield a year of months from an anchor."""
    days = [_in_month(anchor, months) for months in range(13)]
    return pairwise(days)


def billed_from(end: date) -> date:
    """Return the first day that begins when the grace is over; where the clock went forward, that is a day later."""
    closes = (datetime(end.year, end.month, end.day, tzinfo=ZONE).astimezone(UTC) + GRACE).astimezone(ZONE)
    return closes.date() + timedelta(days=bool(closes.hour))


def _in_month(anchor: date, months: int) -> date:
    year, month = divmod(anchor.month - 1 + months, 12)
    year += anchor.year
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


def priced(tiers: Sequence[Mapping[str, Any]], quantity: Fraction) -> int:
    """Return what a quantity costs by graduated tiers, a line each, rounded half up."""
    cents = 0
    for tier in (each for each in tiers if each["metric"] == METRIC):
        ends = quantity if tier["tier_end"] is None else min(quantity, Fraction(tier["tier_end"]))
        within = max(ends - tier["tier_start"], Fraction(0))
        exact = within * Fraction(str(tier["unit_price_cents"])) / tier["unit_divisor"]
        cents += int(exact + Fraction(1, 2))
    return cents


# -- files made for the test --------------------------------------------------------------------


def made(seed: int) -> Files:
    """Return files of a seller with nine customers and four months of usage, repeats and disorder included."""
    dice = random.Random(seed)
    tiers = [
        {"metric": METRIC, "tier_start": 0, "tier_end": 500, "unit_price_cents": 0, "unit_divisor": 1},
        {"metric": METRIC, "tier_start": 500, "tier_end": 2000, "unit_price_cents": 3, "unit_divisor": 10},
        {"metric": METRIC, "tier_start": 2000, "tier_end": None, "unit_price_cents": "1.5", "unit_divisor": 7},
    ]
    plan = {"tier": "pro", "billing_period": "monthly", "currency": "EUR", "quotas": {}}
    metered = {**plan, "slug": "pro", "name": "Pro", "base_price_cents": 19900, "usage_pricing": tiers}
    flat = {**plan, "slug": "flat", "name": "Flat", "base_price_cents": 4900}
    service = {"slug": SERVICE, "app_id": SERVICE, "name": "Keys", "metrics": [{"slug": METRIC, "unit": "call"}]}
    anchors = ["01-01", "01-15", "01-28", "01-29", "01-30", "01-31", "02-28", "01-31"]
    plans = ["keys.pro"] * 7 + ["keys.flat", ""]
    customers = [
        _customer(number, plan, day) for number, (plan, day) in enumerate(zip(plans, [*anchors, ""], strict=True))
    ]
    events: list[dict[str, Any]] = []
    for number in range(2400):
        event = {
            "idempotency_key": f"key-{number}",
            "tenant": f"c{dice.randrange(len(customers)):02}",
            "metric": METRIC,
            "quantity": str(dice.randrange(1, 120)),
            "occurred_at": _instant(dice),
        }
        events.insert(len(events) - min(len(events), dice.choice([0, 0, 0, 1, 40])), event)
        if dice.random() < 1 / 8:
            events.append(dict(dice.choice(events)))
    return Files({"services": [{**service, "plans": [metered, flat]}], "packs": []}, customers, events)


def _customer(number: int, plan: str, anchor: str) -> dict[str | None, Any]:
    return {
        "tenant": f"c{number:02}",
        "company_name": f"Klant {number} B.V.",
        "address_line1": "Straat 1",
        "postal_code": "3511 LX",
        "city": "Utrecht",
        "country_code": "NL",
        "is_business": "true",
        "contact_email": f"billing@c{number:02}.example",
        "subscribe": plan,
        "start_date": f"2026-{anchor}" if anchor else "",
    }


def _instant(dice: random.Random) -> str:
    """Return an instant of January to April with somebody's offset; many lie around a local midnight."""
    zone = ZoneInfo(dice.choice(["Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]))
    minutes = dice.choice([dice.randrange(1440), dice.randrange(1380, 1500)])
    day = datetime(2026, 1, 1, tzinfo=ZONE) + timedelta(days=dice.randrange(119))
    return (day.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(zone).isoformat()


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.services)])
async def world(request: pytest.FixtureRequest) -> Any:
    """An empty business on each database, on 20 May 2026."""
    database = create_engine(request.getfixturevalue(f"migrated_{request.param}_url"))
    clock, ids = FixedClock(), SequentialIds()
    clock.set(datetime(2026, 5, 20, 12, tzinfo=UTC))
    made = MemoryWorld(work=SqlUnitOfWorkFactory(database, clock, ids), clock=clock, ids=ids)
    made.work = made.ports["work"]
    yield made
    await database.aclose()


async def test_every_event_is_accounted_for_and_every_overage_is_exact(world: Any) -> None:
    files, months = made(2026), ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]
    found = await live(world, files, months)
    keys = Counter(event["idempotency_key"] for event in files.events)
    of_nobody = [event for event in files.events if event["tenant"] == "c08"]
    early = [event for event in files.events if event["tenant"] != "c08" and _is_early(files, event)]
    rejected = len(of_nobody) + len(early)
    counted = {event["idempotency_key"] for event in files.events if event not in of_nobody and event not in early}
    assert sum(found.outcomes.values()) == sum(keys.values()) == len(files.events)
    assert found.outcomes["no_subscription"] == rejected > 0
    assert found.outcomes["accepted"] == len(counted)
    assert found.outcomes["duplicate"] == len(files.events) - rejected - len(counted) > 0
    assert found.overage == expected(files, months)
    assert len(found.overage) > 15
    assert (found.skipped, found.findings) == ([], [])


def _is_early(files: Files, event: Mapping[str, Any]) -> bool:
    (row,) = (row for row in files.customers if row["tenant"] == event["tenant"])
    day = datetime.fromisoformat(event["occurred_at"]).astimezone(ZONE).date()
    return day < date.fromisoformat(row["start_date"])


def test_the_file_is_of_one_line_an_event() -> None:
    lines = [json.dumps(event) for event in made(1).events]
    assert [json.loads(line) for line in lines] == made(1).events
