"""What every store of commission statements and of partners' charges promises."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_adapters.sql.rows.commissions import CommissionEntryRow, CommissionStatementRow
from scaicontrol_adapters.sql.rows.wholesale import WholesaleChargeRow
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.commissions.errors import CommissionClosed
from scaicontrol_core.billing.commissions.ports import EarningSpan
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.errors import PeriodAlreadyBilled
from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import Conflict, NotFound, OutOfScope, Refused, Retryable, ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.payments.payment_input import NewPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.tax import VatNumberFormat, standard_rates
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberEvidence, VatNumberState
from scaicontrol_core.tenancy.vat_register import NoRegister
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from scaicontrol_core.testing.world import retry_at_once

PLATFORM = Actor.system("contract")
SELF, WHOLE = PartnerId("prt_self"), PartnerId("prt_whole")
OURS, THEIRS = TenantId("tnt_ours"), TenantId("tnt_theirs")
OWN = Actor.partner_admin("sam", SELF)
RIVAL = Actor.partner_admin("wim", WHOLE)
CUSTOMER = Actor.tenant_user("tim", OURS, SELF, Role.TENANT_ADMIN)

#: What is appended and never changed, and a column of it.
KEPT: tuple[tuple[Any, str], ...] = (
    (CommissionStatementRow.__table__, "commission_cents"),
    (CommissionEntryRow.__table__, "commission_cents"),
    (WholesaleChargeRow.__table__, "net_cents"),
)


class Market:
    """A partner settled by self-billing and one that buys wholesale, with a customer each; it is 15 January 2026."""

    def __init__(self, work: Any) -> None:
        self.work = work
        self.clock = FixedClock(datetime(2026, 1, 15, 12, tzinfo=UTC))
        self.ids = SequentialIds()

    def use(self, use_case: Any) -> Any:
        ports = {
            "work": self.work,
            "clock": self.clock,
            "ids": self.ids,
            "rates": standard_rates(),
            "document_check": EInvoiceCheck(),
            "retry": retry_at_once,
            "vat_register": NoRegister(),
            "vat_numbers": VatNumberFormat(),
            "rest": _no_rest,
        }
        return use_case(**{each.name: ports[each.name] for each in use_case.__attrs_attrs__})

    async def fill(self) -> Market:
        async with self.work.begin(PLATFORM) as work:
            await work.partners.add(builders.new_partner())
            for partner_id, tenant_id, prefix, model in (
                (SELF, OURS, "SLF", "self_billed"),
                (WHOLE, THEIRS, "WHO", "wholesale"),
            ):
                await work.partners.add(
                    builders.new_partner(
                        partner_id,
                        operator=False,
                        name=prefix,
                        invoice_number_prefix=prefix,
                        billing_model=model,
                        commission_rate=1000,
                        self_billing_agreed_on=date(2026, 1, 1),
                        purchase_einvoice_format="cii",
                    )
                )
                await work.tenants.add(builders.new_tenant(tenant_id, partner_id, name=f"Customer of {prefix}"))
                await work.billing_profiles.add(builders.new_profile(tenant_id, partner_id))
            await work.services.add(builders.new_service())
            await work.plans.add(builders.new_plan())
            await work.commit()
        return self

    async def sell(self, cents: int, tenant_id: TenantId = OURS) -> Any:
        line = LineInput(description="Advice", unit_price_cents=str(cents))
        draft = await self.use(DraftInvoice)(PLATFORM, tenant_id, DraftInput(lines=(line,)))
        return await self.use(FinalizeInvoice)(PLATFORM, draft.id)

    async def run(self, month: str = "2026-12") -> Any:
        return await self.use(RunBilling)(PLATFORM, parse_month(month))


async def _no_rest(seconds: float) -> None:
    del seconds


@pytest.fixture
async def market(work_factory: Any) -> Market:
    return await Market(work_factory).fill()


def facts(thing: Any) -> dict[str, Any]:
    return {
        name: getattr(thing, name)
        for kind in type(thing).__mro__
        for name in getattr(kind, "__slots__", ())
        if not name.startswith("_")
    }


async def test_everything_about_a_partner_survives(market: Market) -> None:
    evidence = VatNumberEvidence(
        state=VatNumberState.VALID,
        source=VatEvidenceSource.VIES,
        checked_at=market.clock.now(),
        last_asked_at=market.clock.now(),
        reference="WAPI1",
    )
    async with market.work.begin(PLATFORM) as work:
        partner = await work.partners.get(SELF)
        partner.learn_vat_evidence(evidence)
        await work.partners.save(partner)
        await work.commit()
    async with market.work.begin(PLATFORM, read_only=True) as work:
        kept = await work.partners.get(SELF)
    assert kept.vat_evidence == evidence
    assert kept.configuration == partner.configuration
    assert kept.configuration.self_billing_agreed_on == date(2026, 1, 1)


async def test_a_month_of_everything(market: Market) -> None:
    """Sales, a void one, a subscription: closed, settled and billed once, however often it runs."""
    kept, voided = await market.sell(10000), await market.sell(5000)
    market.clock.set(datetime(2026, 1, 20, 12, tzinfo=UTC))
    await market.use(VoidInvoice)(PLATFORM, voided.id, "Never ordered")
    await market.use(CreateSubscription)(PLATFORM, NewSubscription(THEIRS, "scaikey.pro"))
    await market.run("2026-01")
    market.clock.set(datetime(2026, 2, 1, 12, tzinfo=UTC))
    first = await market.run()
    assert sorted((each.kind, each.net_cents) for each in first.totals.partner_documents) == [
        ("commission_statement", 1000),
        ("self_billed_invoice", 1000),
        ("wholesale_invoice", 17910),
    ]
    assert (await market.run()).totals.partner_documents == ()
    async with market.work.begin(PLATFORM, read_only=True) as work:
        (statement,) = await work.commission_statements.of_month(SELF, date(2026, 1, 1))
        assert [(each.kind, each.net_cents, each.commission_cents) for each in statement.entries] == [
            ("invoice", 10000, 1000),
            ("invoice", 5000, 500),
            ("cancellation", -5000, -500),
        ]
        assert (statement.net_cents, statement.commission_cents, statement.entry_count) == (10000, 1000, 3)
        assert [each.customer for each in statement.entries] == ["Customer of SLF"] * 3
        assert await work.commission_statements.rates([kept.id, InvoiceId("inv_none")]) == {kept.id: 1000}
        assert await work.commission_statements.last_month(SELF) == date(2026, 1, 1)
        assert await work.commission_statements.unsettled(SELF) == []
        page = await work.commission_statements.list(SELF, PageRequest())
        assert [facts(each) for each in page.items] == [facts(statement) | {"entries": ()}]
        settled = await work.invoices.get(statement.settled_by)
        assert (settled.tenant_id, settled.buyer_partner_id, settled.number) == (
            None,
            "prt_operator",
            "SLF-SB-2026-000001",
        )
        page = await work.invoices.list(
            InvoiceFilter(seller_id=PartnerId("prt_operator"), partner_id=WHOLE), PageRequest()
        )
        (bill,) = page.items
        (charge,) = await work.wholesale_charges.of_invoice(bill.id)
        assert (charge.list_cents, charge.discount_bp, charge.net_cents, charge.position) == (19900, 1000, 17910, 1)
        (line,) = (await work.invoices.get(bill.id)).lines
        assert line.description == "Customer of WHO: ScaiKey Pro (199.00 EUR − 10 %)"
    audit = await market.use(AuditIntegrity)(PLATFORM)
    assert audit.findings == ()
    looked_at = {rule.rule.value: rule.checked for rule in audit.rules}
    assert (looked_at["commissions_stated"], looked_at["partners_billed"]) == (1, 3)


async def test_what_is_closed_stays_as_it_is(market: Market) -> None:
    sold = await market.sell(10000)
    market.clock.set(datetime(2026, 2, 1, 12, tzinfo=UTC))
    await market.run()
    async with market.work.begin(PLATFORM) as work:
        (statement,) = await work.commission_statements.of_month(SELF, date(2026, 1, 1))
        statement.commission_cents = 1
        await work.commission_statements.save(statement)
        await work.commit()
    async with market.work.begin(PLATFORM) as work:
        (statement,) = await work.commission_statements.of_month(SELF, date(2026, 1, 1))
        assert statement.commission_cents == 1000
        statement.settled_by = sold.id
        with pytest.raises(Refused):
            await work.commission_statements.save(statement)


async def test_a_month_is_closed_once(market: Market) -> None:
    await market.sell(10000)
    market.clock.set(datetime(2026, 2, 1, 12, tzinfo=UTC))
    await market.run()
    async with market.work.begin(PLATFORM) as work:
        (statement,) = await work.commission_statements.of_month(SELF, date(2026, 1, 1))
        again = evolve(statement, id=market.ids.new("cms"), version=0, settled_by=None)
        with pytest.raises(ScaiControlError) as taken:
            await work.commission_statements.add(again)
        assert isinstance(taken.value, CommissionClosed | Retryable)


async def test_two_runs_at_once_share_the_work(market: Market) -> None:
    await market.sell(10000)
    await market.use(CreateSubscription)(PLATFORM, NewSubscription(THEIRS, "scaikey.pro"))
    await market.run("2026-01")
    market.clock.set(datetime(2026, 2, 1, 12, tzinfo=UTC))
    reports = await asyncio.gather(market.run(), market.run(), return_exceptions=True)
    failures = [each for each in reports if isinstance(each, BaseException)]
    assert failures == []
    async with market.work.begin(PLATFORM, read_only=True) as work:
        found = await work.invoices.list(InvoiceFilter(), PageRequest())
        between = sorted(each.number for each in found.items if each.tenant_id is None)
        assert between == ["SCAI-2026-000002", "SLF-SB-2026-000001"]
        assert len(await work.commission_statements.of_month(SELF, date(2026, 1, 1))) == 1


async def test_charges_are_entered_once(market: Market) -> None:
    await market.use(CreateSubscription)(PLATFORM, NewSubscription(THEIRS, "scaikey.pro"))
    await market.run("2026-01")
    market.clock.set(datetime(2026, 2, 1, 12, tzinfo=UTC))
    await market.run()
    async with market.work.begin(PLATFORM) as work:
        found = await work.invoices.list(InvoiceFilter(partner_id=WHOLE), PageRequest())
        bill = next(each for each in found.items if each.tenant_id is None)
        charges = await work.wholesale_charges.of_invoice(bill.id)
        assert await work.wholesale_charges.unbilled(WHOLE, market.clock.now()) == []
        with pytest.raises(PeriodAlreadyBilled):
            await work.wholesale_charges.add_many(charges)


async def test_what_was_free_is_not_billed(market: Market) -> None:
    await market.use(CreateSubscription)(PLATFORM, NewSubscription(THEIRS, "scaikey.pro"))
    await market.run("2026-01")
    later = datetime(2026, 3, 1, tzinfo=UTC)
    async with market.work.begin(PLATFORM) as work:
        (charged,) = await work.wholesale_charges.unbilled(WHOLE, later)
        invoice = (await work.invoices.list(InvoiceFilter(seller_id=WHOLE), PageRequest())).items[0]
        free = BilledPeriod(
            subscription_id=charged.subscription_id,
            ordinal=1,
            charge_kind=ChargeKind.USAGE,
            partner_id=WHOLE,
            tenant_id=THEIRS,
            period_start=charged.period_start,
            period_end=charged.period_end,
            net_cents=0,
            currency="EUR",
            invoice_id=invoice.id,
            run_id=invoice.run_id,
            billed_at=charged.billed_at,
        )
        await work.billed_periods.add_many([free])
        assert await work.wholesale_charges.unbilled(WHOLE, later) == [charged]


async def test_nobody_sees_or_writes_anybody_elses(market: Market) -> None:
    await market.sell(10000)
    market.clock.set(datetime(2026, 2, 1, 12, tzinfo=UTC))
    await market.run()
    span = EarningSpan(
        partner_id=SELF, before=date(2027, 1, 1), voided_before=market.clock.now(), timezone="Europe/Amsterdam"
    )
    async with market.work.begin(OWN, read_only=True) as work:
        (statement,) = await work.commission_statements.of_month(SELF, date(2026, 1, 1))
        assert len(statement.entries) == 1
        assert (await work.invoices.get(statement.settled_by)).number == "SLF-SB-2026-000001"
    for stranger in (RIVAL, CUSTOMER):
        async with market.work.begin(stranger, read_only=True) as work:
            assert await work.commission_statements.of_month(SELF, date(2026, 1, 1)) == []
            assert await work.commission_statements.last_month(SELF) is None
            assert stranger is CUSTOMER or await work.commission_statements.earnings(span) == []
            assert (await work.commission_statements.list(SELF, PageRequest())).items == ()
            with pytest.raises(NotFound):
                await work.invoices.get(statement.settled_by)
            with pytest.raises(NotFound):
                await work.commission_statements.get(statement.id)
    async with market.work.begin(RIVAL) as work:
        with pytest.raises((OutOfScope, Conflict)):
            await work.commission_statements.add(evolve(statement, id=market.ids.new("cms"), version=0))


async def test_databases_refuse_it_past_every_store(market: Market) -> None:
    await market.sell(10000)
    await market.use(CreateSubscription)(PLATFORM, NewSubscription(THEIRS, "scaikey.pro"))
    await market.run("2026-01")
    market.clock.set(datetime(2026, 2, 1, 12, tzinfo=UTC))
    await market.run()
    database: Any = getattr(market.work, "database", None)
    for table, column in () if database is None else KEPT:
        for statement in (table.update().values({column: 1}), table.delete()):
            with pytest.raises(Refused):
                async with database.writer.begin() as connection:
                    await connection.execute(statement)


async def test_a_partners_bill_is_paid_as_any_invoice_is(market: Market) -> None:
    await market.use(CreateSubscription)(PLATFORM, NewSubscription(THEIRS, "scaikey.pro"))
    await market.run("2026-01")
    market.clock.set(datetime(2026, 2, 1, 12, tzinfo=UTC))
    await market.run()
    async with market.work.begin(PLATFORM) as work:
        found = await work.invoices.list(InvoiceFilter(partner_id=WHOLE), PageRequest())
        bill = await work.invoices.get(next(each.id for each in found.items if each.tenant_id is None))
        bill.mark_sent(market.clock.now())
        await work.invoices.save(bill)
        await work.commit()
    (owed,) = (await market.use(ReportAgeing)(PLATFORM)).rows
    assert (owed.buyer_partner_id, owed.tenant_id) == (WHOLE, None)
    paid = await market.use(RecordPayment)(PLATFORM, bill.id, NewPayment())
    assert (paid.invoice.status, paid.invoice.open_cents, paid.payment.tenant_id) == (InvoiceStatus.PAID, 0, None)
    assert not (await market.use(ReportAgeing)(PLATFORM)).rows
    audit = await market.use(AuditIntegrity)(PLATFORM)
    assert audit.findings == ()


async def test_a_document_has_one_buyer(market: Market) -> None:
    sold = await market.sell(10000)
    async with market.work.begin(PLATFORM, read_only=True) as work:
        kept = await work.invoices.get(sold.id)
    assert (kept.tenant_id, kept.buyer_partner_id, kept.customer_id, kept.issuer_id) == (
        OURS,
        None,
        OURS,
        "prt_operator",
    )
    assert CommissionClosed("2026-01").code == "commission_closed"
