"""What every store of invoices, number series, ledger, runs and revisions promises."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from scaicontrol_adapters.system import rest_awhile
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.billing_run import BillingRun, RunTotals, TenantFailure, VatTotal, parse_month
from scaicontrol_core.billing.credit_note import Credited, CreditedLine
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.errors import PeriodAlreadyBilled
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus, PdfStatus
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.billing.numbering import SeriesKey
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.documents.ports import FontVersion
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.kernel.errors import Conflict, NotFound, OutOfScope, Retryable, Stale
from scaicontrol_core.kernel.ids import InvoiceId, LineId, PartnerId, RunId, SubscriptionId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.subscriptions import BillingSchedule, Subscription, SubscriptionStatus
from scaicontrol_core.tax import VatNumberFormat, standard_rates
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.tenancy.vat_register import NoRegister
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds, builders
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_core.testing.world import retry_at_once

PLATFORM = Actor.system("contract")
SELLER, RIVAL = PartnerId("prt_reseller"), PartnerId("prt_rival")
OURS, THEIRS = TenantId("tnt_ours"), TenantId("tnt_theirs")
PARTNER = Actor.partner_admin("rita", SELLER)
TENANT = Actor.tenant_user("tim", OURS, SELLER, Role.TENANT_ADMIN)
NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


async def fill(work_factory: Any) -> Any:
    """Two wholesale partners with a customer each, and one plan."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        for partner_id, tenant_id, prefix in ((SELLER, OURS, "RES"), (RIVAL, THEIRS, "RIV")):
            await work.partners.add(
                builders.new_partner(
                    partner_id, operator=False, name=prefix, invoice_number_prefix=prefix, billing_model="wholesale"
                )
            )
            await work.tenants.add(builders.new_tenant(tenant_id, partner_id))
            await work.billing_profiles.add(builders.new_profile(tenant_id, partner_id))
        await work.services.add(builders.new_service())
        await work.plans.add(builders.new_plan())
        await work.commit()
    return work_factory


@pytest.fixture
async def market(work_factory: Any) -> Any:
    """That market on each backend."""
    return await fill(work_factory)


def line(number: int, **fields: Any) -> InvoiceLine:
    usual: dict[str, Any] = {
        "id": LineId(f"lin_{number}"),
        "description": f"Line {number}",
        "quantity": Quantity(Decimal(number)),
        "unit_price": UnitPrice(Decimal("19900.5")),
    }
    return InvoiceLine(**(usual | fields))


def invoice(count: int = 1, tenant_id: TenantId = OURS, **fields: Any) -> Invoice:
    partner_id = SELLER if tenant_id == OURS else RIVAL
    usual: dict[str, Any] = {
        "id": InvoiceId(f"inv_{count:03d}"),
        "partner_id": partner_id,
        "tenant_id": tenant_id,
        "seller_id": partner_id,
        "currency": "EUR",
        "created_at": DEFAULT_START + timedelta(minutes=count),
        "lines": (line(2), line(1)),
    }
    return Invoice(**(usual | fields))


def numbered(count: int = 1, tenant_id: TenantId = OURS, **fields: Any) -> Invoice:
    legal: dict[str, Any] = {
        "status": InvoiceStatus.FINALIZED,
        "number": f"X-2026-{count:06d}",
        "sequence": count,
        "fiscal_year": 2026,
        "issue_date": date(2026, 1, count),
        "due_date": date(2026, 2, count),
        "net_cents": 100,
        "tax_cents": 21,
        "gross_cents": 121,
        "frozen_document": '{"number":"é"}',
        "chain_hash": f"{count:064d}",
        "finalized_at": DEFAULT_START,
        "pdf_status": PdfStatus.PENDING,
    }
    return invoice(count, tenant_id, **(legal | fields))


async def keep(market: Any, *invoices: Invoice) -> None:
    async with market.begin(PLATFORM) as work:
        await work.invoices.add_many(invoices)
        await work.commit()


def facts(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in type(thing).__slots__ if not name.startswith("_")}


async def test_every_field_of_an_invoice_survives(market: Any) -> None:
    whole = numbered(
        document_type=DocumentType.CREDIT_NOTE,
        referenced_invoice_id=InvoiceId("inv_002"),
        reason="Cancelled within the month",
        credited=Credited(
            net_cents=-5,
            tax_cents=-1,
            lines=(CreditedLine(position=2, net_cents=-5, quantity=Decimal("0.5")),),
            note_ids=(InvoiceId("inv_003"),),
        ),
        status=InvoiceStatus.VOID,
        lines=(
            line(1, period=Period(date(2026, 1, 31), date(2026, 2, 28)), supply_date=date(2026, 1, 31)),
            line(
                2,
                quantity=Quantity(Decimal("-0.123456789")),
                unit_price=UnitPrice(Decimal(3), 10),
                unit_code="MON",
                plan_key="scaikey.pro",
                subscription_id=SubscriptionId("sub_1"),
            ),
        ),
        period=Period(date(2026, 1, 1), date(2026, 2, 1)),
        notes="Grüße,\nund Dank",
        buyer_reference="PO 7",
        invoice_date=date(2026, 1, 31),
        run_id=RunId("run_1"),
        sent_at=DEFAULT_START,
        paid_at=DEFAULT_START,
        voided_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        void_reason="Wrong customer.",
        pdf_status=PdfStatus.FAILED,
    )
    await keep(market, numbered(2))
    await keep(market, whole)
    async with market.begin(PLATFORM, read_only=True) as work:
        seen = await work.invoices.get(whole.id)
    assert facts(seen) == facts(whole)
    assert [str(each.quantity) for each in seen.lines] == ["1", "-0.123456789"]
    assert (seen.version, seen.document) == (1, {"number": "é"})


async def test_a_drafts_lines_are_replaced_and_reordered(market: Any) -> None:
    await keep(market, invoice(lines=()))
    for lines in ((line(1), line(2), line(3)), (line(3), line(1)), (line(1), line(3)), ()):
        async with market.begin(PARTNER) as work:
            draft = await work.invoices.get(InvoiceId("inv_001"))
            draft.edit(lines=lines)
            await work.invoices.save(draft)
            await work.commit()
        async with market.begin(PLATFORM, read_only=True) as work:
            assert (await work.invoices.get(InvoiceId("inv_001"))).lines == lines


async def test_two_editors_never_both_win(market: Any) -> None:
    await keep(market, invoice())
    async with market.begin(PLATFORM, read_only=True) as work:
        slow = await work.invoices.get(InvoiceId("inv_001"))
    async with market.begin(PLATFORM) as work:
        quick = await work.invoices.get(InvoiceId("inv_001"))
        quick.edit(notes="quick")
        await work.invoices.save(quick)
        await work.commit()
    slow.edit(notes="slow", lines=(line(9),))
    with pytest.raises(Stale):
        await _save(market, slow)
    async with market.begin(PLATFORM, read_only=True) as work:
        kept = await work.invoices.get(InvoiceId("inv_001"))
    assert (kept.notes, kept.version, len(kept.lines)) == ("quick", 2, 2)


async def _save(market: Any, changed: Invoice) -> None:
    async with market.begin(PLATFORM) as work:
        await work.invoices.save(changed)
        await work.commit()


async def test_lists_leave_the_lines_out_and_are_filtered_sorted_and_paged(market: Any) -> None:
    await keep(
        market,
        numbered(1),
        numbered(2, status=InvoiceStatus.SENT, run_id=RunId("run_1")),
        numbered(3, THEIRS),
        invoice(4),
        invoice(5, THEIRS, status=InvoiceStatus.VOID),
    )
    async with market.begin(PLATFORM, read_only=True) as work:

        async def listed(sort: str | None = None, **wanted: Any) -> str:
            page = await work.invoices.list(InvoiceFilter(**wanted), PageRequest(sort=sort))
            assert all(each.lines == () for each in page.items)
            assert page.total == len(page.items)
            return "".join(each.id[-1] for each in page.items)

        assert await listed() == "54321"
        assert await listed("created_at") == "12345"
        assert await listed("number") == "45123"
        assert await listed("-issue_date") == "32154"
        assert await listed(issued=True) == "321"
        assert await listed(currency="EUR") == "54321"
        assert await listed(currency="USD") == ""
        assert await listed(search=numbered(2).number[:-1]) == "321"  # type: ignore[index]  # it has one
        assert await listed(search="%") == await listed(search="2026") == ""
        day = numbered(2).issue_date
        assert await listed(issued_from=day, issued_to=day) == "".join(
            each for each in "321" if numbered(int(each)).issue_date == day
        )
        assert await listed(issued_to=date(2000, 1, 1)) == await listed(due_to=date(2000, 1, 1)) == ""
        assert await listed(issued=False) == "54"
        assert await listed(tenant_id=OURS) == "421"
        assert await listed(partner_id=RIVAL) == await listed(seller_id=RIVAL) == "53"
        assert await listed(status=InvoiceStatus.SENT) == await listed(run_id=RunId("run_1")) == "2"
        assert await listed(document_type=DocumentType.CREDIT_NOTE) == ""
        assert await listed(number="X-2026-000001") == "1"
        first = await work.invoices.list(InvoiceFilter(), PageRequest(limit=2, sort="number"))
        rest = await work.invoices.list(InvoiceFilter(), PageRequest(limit=9, sort="number", cursor=first.next_cursor))
        assert "".join(each.id[-1] for each in (*first.items, *rest.items)) == "45123"
        assert first.items[0].frozen_document is None
        assert rest.items[-1].frozen_document == '{"number":"é"}'


async def test_what_awaits_its_pdf_is_found(market: Any) -> None:
    await keep(market, numbered(2), numbered(1), numbered(3, pdf_status=PdfStatus.READY), invoice(4))
    async with market.begin(PLATFORM, read_only=True) as work:
        waiting = work.invoices.awaiting_document
        assert await waiting(status=PdfStatus.PENDING, limit=9) == ["inv_001", "inv_002"]
        assert await waiting(status=PdfStatus.PENDING, limit=1) == ["inv_001"]
        assert await waiting(status=PdfStatus.NONE, limit=9) == []


@pytest.mark.parametrize("actor", [PARTNER, TENANT], ids=["partner", "tenant"])
async def test_a_scope_holds_its_own_invoices_only(market: Any, actor: Actor) -> None:
    foreign = numbered(2, THEIRS)
    await keep(market, numbered(1), foreign)
    async with market.begin(actor) as work:
        assert [each.id for each in (await work.invoices.list(InvoiceFilter(), PageRequest())).items] == ["inv_001"]
        with pytest.raises(NotFound):
            await work.invoices.get(foreign.id)
        with pytest.raises(OutOfScope):
            await work.invoices.save(foreign)
        with pytest.raises(OutOfScope):
            await work.invoices.add(invoice(3, THEIRS))


KEY = SeriesKey(SELLER, DocumentType.INVOICE, 2026)


async def test_a_series_is_made_once_and_counts_on(market: Any) -> None:
    async with market.begin(PARTNER) as work:
        series = await work.number_series.lock(KEY, "RES")
        assert (series.next_number, series.last_issue_date, series.last_hash) == (1, None, None)
        series.take(date(2026, 1, 31))
        series.link("{}")
        await work.number_series.save(series)
        await work.commit()
    async with market.begin(PARTNER) as work:  # not committed: the number is returned
        series = await work.number_series.lock(KEY, "RES")
        assert (series.take(date(2026, 1, 31)), series.key, series.prefix) == ("RES-2026-000002", KEY, "RES")
        await work.number_series.save(series)
    async with market.begin(PLATFORM) as work:
        again = await work.number_series.lock(KEY, "RES")
        assert (again.next_number, again.last_issue_date, len(again.last_hash)) == (2, date(2026, 1, 31), 64)


async def test_series_are_listed_within_scope(market: Any) -> None:
    keys = [SeriesKey(RIVAL, DocumentType.INVOICE, 2026), KEY, SeriesKey(SELLER, DocumentType.CREDIT_NOTE, 2025)]
    async with market.begin(PLATFORM) as work:
        for key in keys:
            await work.number_series.save(await work.number_series.lock(key, "X"))
        await work.commit()
        ordered = [keys[2], keys[1], keys[0]]
    async with market.begin(PLATFORM, read_only=True) as work:
        assert [each.key for each in await work.number_series.list(None)] == ordered
        assert [each.key for each in await work.number_series.list(RIVAL)] == [keys[0]]
    async with market.begin(PARTNER, read_only=True) as work:
        assert [each.key for each in await work.number_series.list(None)] == ordered[:2]
        assert await work.number_series.list(RIVAL) == []
    async with market.begin(TENANT, read_only=True) as work:
        assert await work.number_series.list(None) == []


async def test_numbers_taken_at_once_have_no_gap_and_no_duplicate(market: Any) -> None:
    """Eight workers, one new series: also the making of the series is a race."""

    async def take() -> str:
        async def attempt() -> str:
            async with market.begin(PLATFORM) as work:
                series = await work.number_series.lock(KEY, "RES")
                number: str = series.take(date(2026, 1, 31))
                await work.number_series.save(series)
                await work.commit()
            return number

        while True:
            try:
                return await attempt()
            except Retryable:
                continue

    numbers = await asyncio.gather(*(take() for _ in range(24)))
    assert sorted(numbers) == [f"RES-2026-{count:06d}" for count in range(1, 25)]


def entry(ordinal: int = 0, **fields: Any) -> BilledPeriod:
    usual: dict[str, Any] = {
        "subscription_id": SubscriptionId("sub_1"),
        "ordinal": ordinal,
        "charge_kind": ChargeKind.RECURRING,
        "partner_id": SELLER,
        "tenant_id": OURS,
        "period_start": date(2026, 1, 31),
        "period_end": date(2026, 2, 28),
        "net_cents": 19900,
        "currency": "EUR",
        "invoice_id": InvoiceId("inv_001"),
        "run_id": RunId("run_1"),
        "billed_at": DEFAULT_START,
    }
    return BilledPeriod(**(usual | fields))


def subscription(number: int, tenant_id: TenantId = OURS) -> Subscription:
    return Subscription(
        id=SubscriptionId(f"sub_{number}"),
        partner_id=SELLER if tenant_id == OURS else RIVAL,
        tenant_id=tenant_id,
        service_id=builders.SERVICE_ID,
        plan_id=builders.PLAN_ID,
        plan_key="scaikey.pro",
        starts_on=date(2026, 1, 31),
        created_at=DEFAULT_START,
        exclusive=False,
        quantity=number,
        status=SubscriptionStatus.ACTIVE,
        schedule=BillingSchedule(date(2026, 1, 31), Cadence.MONTHLY),
    )


async def test_the_ledger_takes_each_period_once(market: Any) -> None:
    async with market.begin(PLATFORM) as work:
        await work.subscriptions.add(subscription(1))
        await work.invoices.add(numbered())
        await work.billed_periods.add_many([entry(1), entry(0)])
        await work.commit()
    for again in ([entry(1)], [entry(2), entry(0)]):
        with pytest.raises(PeriodAlreadyBilled):
            await _append(market, again)
    async with market.begin(TENANT, read_only=True) as work:
        assert await work.billed_periods.of_invoice(InvoiceId("inv_001")) == [entry(0), entry(1)]
    foreign = Actor.tenant_user("eve", THEIRS, RIVAL)
    async with market.begin(foreign, read_only=True) as work:
        assert await work.billed_periods.of_invoice(InvoiceId("inv_001")) == []


async def test_the_ledger_counts_each_kind_of_charge_by_itself(market: Any) -> None:
    credit = entry(0, charge_kind=ChargeKind.ADJUSTMENT, net_cents=-9629)
    async with market.begin(PLATFORM) as work:
        await work.subscriptions.add(subscription(1))
        await work.invoices.add(numbered())
        await work.billed_periods.add_many([entry(0), credit])
        await work.commit()
    with pytest.raises(PeriodAlreadyBilled):
        await _append(market, [credit])
    async with market.begin(TENANT, read_only=True) as work:
        assert {each.charge_kind for each in await work.billed_periods.of_invoice(InvoiceId("inv_001"))} == {
            ChargeKind.RECURRING,
            ChargeKind.ADJUSTMENT,
        }


async def _append(market: Any, entries: list[BilledPeriod]) -> None:
    async with market.begin(PLATFORM) as work:
        await work.billed_periods.add_many(entries)
        await work.commit()


async def test_runs_are_kept_with_their_totals(market: Any) -> None:
    run = BillingRun(id=RunId("run_1"), month=parse_month("2026-10"), started_at=DEFAULT_START, partner_id=SELLER)
    totals = RunTotals(
        invoices=2,
        lines=3,
        drafts=1,
        tenants=4,
        vat=(VatTotal(country="NL", category="S", rate="21.00", currency="EUR", net_cents=100, tax_cents=21),),
        failures=(TenantFailure(tenant_id=THEIRS, code="billing_profile_required", message="None — yet."),),
    )
    async with market.begin(PARTNER) as work:
        run.start()
        await work.billing_runs.add(run)
        run.complete(totals, NOW)
        await work.billing_runs.save(run)
        await work.commit()
    async with market.begin(PLATFORM, read_only=True) as work:
        kept = await work.billing_runs.get(run.id)
    assert facts(kept) == facts(run)
    async with market.begin(Actor.partner_admin("ivo", RIVAL), read_only=True) as work:
        with pytest.raises(NotFound) as missing:
            await work.billing_runs.get(run.id)
    assert missing.value.code == "billing_run_not_found"


async def test_a_platforms_run_is_seen_by_the_platform_only(market: Any) -> None:
    run = BillingRun(id=RunId("run_1"), month=parse_month("2026-10"), started_at=DEFAULT_START, tenant_id=OURS)
    async with market.begin(PLATFORM) as work:
        await work.billing_runs.add(run)
        await work.commit()
    async with market.begin(PARTNER) as work:
        with pytest.raises(NotFound):
            await work.billing_runs.get(run.id)
        with pytest.raises(OutOfScope):
            await work.billing_runs.save(run)


def revision(number: int = 1) -> DocumentRevision:
    return DocumentRevision(
        invoice_id=InvoiceId("inv_001"),
        partner_id=SELLER,
        tenant_id=OURS,
        revision=number,
        object_key=f"invoices/inv_001/{number}.pdf",
        sha256="ab" * 32,
        size=4096,
        reason=RevisionReason.REPRINT if number > 1 else RevisionReason.FINALIZE,
        html_snapshot="<html>é</html>" * 10_000,  # longer than MariaDB's TEXT
        template="built-in",
        renderer="weasyprint 70.0",
        fonts=(FontVersion("a.otf", "cd" * 32), FontVersion("b.otf", "ef" * 32)),
        created_at=DEFAULT_START,
        einvoice_format=EInvoiceFormat.CII if number > 1 else None,
        einvoice_key=f"invoices/inv_001/{number}.xml" if number > 1 else None,
        einvoice_sha256="cd" * 32 if number > 1 else None,
    )


async def test_revisions_are_appended_and_the_newest_is_read(market: Any) -> None:
    await keep(market, numbered())
    for number in (1, 2):
        async with market.begin(PLATFORM) as work:
            await work.document_revisions.add(revision(number))
            await work.commit()
    with pytest.raises(Conflict) as refused:
        await _revise(market)
    assert refused.value.code == "revision_exists"
    async with market.begin(TENANT, read_only=True) as work:
        assert await work.document_revisions.latest(InvoiceId("inv_001")) == revision(2)
        assert list(await work.document_revisions.all_of(InvoiceId("inv_001"))) == [revision(1), revision(2)]
        assert await work.document_revisions.latest(InvoiceId("inv_none")) is None
    async with market.begin(Actor.tenant_user("eve", THEIRS, RIVAL), read_only=True) as work:
        assert await work.document_revisions.latest(InvoiceId("inv_001")) is None


async def _revise(market: Any) -> None:
    async with market.begin(PLATFORM) as work:
        await work.document_revisions.add(revision(2))
        await work.commit()


async def _a_quarter(market: Any) -> list[str]:
    """Bill a quarter, finalize a draft of one's own and void it; return the frozen documents in order."""
    clock, ids, rates = FixedClock(NOW), SequentialIds(10_000), standard_rates()
    async with market.begin(PLATFORM) as work:
        for number, tenant_id in ((1, OURS), (2, OURS), (3, THEIRS)):
            await work.subscriptions.add(subscription(number, tenant_id))
        await work.commit()
    checks = EInvoiceCheck(), retry_at_once, NoRegister(), VatNumberFormat()
    run = RunBilling(market, clock, ids, rates, *checks, rest_awhile)
    for today, month in ((5, "2026-02"), (6, "2026-02"), (40, "2026-03")):
        clock.set(datetime(2026, 2, 1, tzinfo=UTC) + timedelta(days=today))
        await run(PLATFORM, parse_month(month))
    by_hand = DraftInput(lines=(LineInput(description="Advice", quantity="1.5", unit_price_cents="12500"),))
    draft = await DraftInvoice(market, clock, ids)(PARTNER, OURS, by_hand)
    finalized = await FinalizeInvoice(market, clock, rates, EInvoiceCheck())(PARTNER, draft.id)
    await VoidInvoice(market, clock)(PARTNER, finalized.id, "Entered twice.")
    audits = await AuditNumbering(market)(PLATFORM)
    assert [audit.faults for audit in audits] == [()] * len(audits)
    async with market.begin(PLATFORM, read_only=True) as work:
        listed = await work.invoices.list(InvoiceFilter(), PageRequest(sort="number"))
        dues = await work.subscriptions.count_due_tenants([SELLER, RIVAL], NOW.date())
    assert dues == 0
    return [each.frozen_document for each in listed.items]


async def test_a_quarter_is_billed_to_the_same_bytes_on_every_store(market: Any) -> None:
    reference = await fill(MemoryUnitOfWorkFactory(FixedClock(), SequentialIds()))
    documents = await _a_quarter(market)
    assert len(documents) == 7  # five to customers, and what their partners are billed
    assert documents == await _a_quarter(reference)
