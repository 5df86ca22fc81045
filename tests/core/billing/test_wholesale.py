"""What the operator bills partners that sell in their own name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.get_invoice import GetInvoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.report_ec_sales import ReportEcSales
from scaicontrol_core.billing.use_cases.report_vat import ReportVat
from scaicontrol_core.billing.wholesale.charge import UnbilledCharge
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import LineId, PartnerId, SubscriptionId, TenantId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberEvidence, VatNumberState

WHOLE = PartnerId("prt_whole")
FIRST, SECOND = TenantId("tnt_first"), TenantId("tnt_second")


@pytest.fixture
async def shop(books: Any) -> Any:
    """A Dutch partner that buys at 20 % off and has two customers on the plan at EUR 199.00; it is 15 January 2026."""
    await books.reseller(
        WHOLE,
        "WHO",
        billing_model="wholesale",
        commission_rate=2000,
        legal_name="Whole B.V.",
        seller_vat_number="NL868966393B01",
    )
    for tenant_id in (FIRST, SECOND):
        await books.customer(tenant_id, WHOLE)
        await books.subscribe(tenant_id)
    await books.run("2026-01")
    return books


def bills(shop: Any) -> list[Any]:
    """Return what the partner was billed, oldest first."""
    return [invoice for invoice in shop.invoices() if invoice.tenant_id is None]


async def is_clean(shop: Any) -> bool:
    audit = await shop.world.use(AuditIntegrity)(shop.admin)
    assert audit.findings == ()
    return True


async def test_a_month_that_is_over_is_billed_at_list_price_less_discount(shop: Any) -> None:
    assert bills(shop) == []
    shop.at(2026, 2, 1)
    report = await shop.run("2026-01")
    (bill,) = bills(shop)
    assert (bill.seller_id, bill.partner_id, bill.buyer_partner_id) == ("prt_operator", WHOLE, WHOLE)
    assert bill.number == "SCAI-2026-000001"
    assert bill.document["buyer"]["company_name"] == "Whole B.V."
    assert (bill.net_cents, bill.tax_cents, bill.gross_cents) == (31840, 6686, 38526)
    assert [(line["description"], line["quantity"], line["net_cents"]) for line in bill.document["lines"]] == [
        ("Bakkerij Jansen: ScaiKey Pro (199.00 EUR − 20 %)", "1", 15920),
        ("Bakkerij Jansen: ScaiKey Pro (199.00 EUR − 20 %)", "1", 15920),
    ]
    (made,) = report.totals.partner_documents
    assert (made.kind, made.month, made.number, made.lines) == ("wholesale_invoice", "2026-01", bill.number, 2)
    assert (report.totals.invoices, report.totals.net_cents) == (1, 31840)
    assert await is_clean(shop)


async def test_no_period_is_billed_twice_and_none_is_skipped(shop: Any) -> None:
    shop.at(2026, 4, 20)
    for _ in range(2):
        await shop.run("2026-04")
    # February's to April's periods were charged on 20 April: they are April's, and not over yet.
    assert [bill.net_cents for bill in bills(shop)] == [31840]
    shop.at(2026, 5, 1)
    for _ in range(2):
        await shop.run("2026-05")
    assert [(bill.period.start, len(bill.lines)) for bill in bills(shop)] == [
        (date(2026, 1, 1), 2),
        (date(2026, 4, 1), 6),
    ]
    entries = shop.world.store.tables["wholesale_charges"]
    assert sorted(entries) == sorted(
        (entry.subscription_id, entry.ordinal, entry.charge_kind) for entry in shop.ledger()
    )
    assert await is_clean(shop)


async def test_a_run_of_an_earlier_month_bills_nothing_later(shop: Any) -> None:
    shop.at(2026, 2, 20)
    await shop.run("2026-02")
    shop.at(2026, 3, 2)
    await shop.run("2026-01")
    assert [bill.period.start for bill in bills(shop)] == [date(2026, 1, 1)]


async def test_what_the_partner_gives_its_customer_back_is_its_own_affair(shop: Any) -> None:
    theirs = next(invoice for invoice in shop.invoices() if invoice.tenant_id == FIRST)
    await shop.world.use(IssueCreditNote)(shop.admin, theirs.id, NewCreditNote(reason="Goodwill"))
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    assert [bill.net_cents for bill in bills(shop)] == [31840]


async def test_the_operator_credits_a_bill_as_any_invoice(shop: Any) -> None:
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    (bill,) = bills(shop)
    done = await shop.world.use(IssueCreditNote)(shop.admin, bill.id, NewCreditNote(reason="Agreed"))
    assert (done.credit_note.number, done.credit_note.gross_cents) == ("SCAI-CN-2026-000001", -38526)
    assert await is_clean(shop)


async def test_it_is_a_sale_of_the_operators(shop: Any) -> None:
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    (row,) = (await shop.world.use(ReportVat)(shop.admin, "2026")).rows
    assert (row.net_cents, row.tax_cents) == (31840, 6686)


async def test_a_partner_in_another_country_owes_the_vat_itself(shop: Any) -> None:
    await shop.configure(WHOLE, seller_country_code="DE", seller_city="Berlin", seller_vat_number="DE136695976")
    async with shop.world.work.begin(shop.admin) as work:
        partner = await work.partners.get(WHOLE)
        partner.learn_vat_evidence(
            VatNumberEvidence(
                state=VatNumberState.VALID,
                source=VatEvidenceSource.VIES,
                checked_at=shop.world.clock.now(),
                reference="WAPI1",
            )
        )
        await work.partners.save(partner)
        await work.commit()
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    (bill,) = bills(shop)
    (entry,) = bill.document["vat_details"]["entries"]
    assert (entry["category"], entry["amount_cents"]) == ("AE", 0)
    assert bill.document["vat_details"]["evidence"]["reference"] == "WAPI1"
    (row,) = (await shop.world.use(ReportEcSales)(shop.admin, "2026-Q1")).rows
    assert row.vat_number == "136695976"


async def test_what_a_buyer_lacks_is_told_and_the_next_run_bills_it(shop: Any) -> None:
    await shop.configure(WHOLE, seller_city=None)
    shop.at(2026, 2, 1)
    (failure,) = (await shop.run("2026-01")).totals.partner_failures
    assert (failure.partner_id, failure.code) == (WHOLE, "seller_not_billable")
    await shop.configure(WHOLE, seller_city="Utrecht")
    await shop.run("2026-01")
    assert len(bills(shop)) == 1


async def test_only_the_partner_sees_its_bill(shop: Any) -> None:
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    (bill,) = bills(shop)
    own = Actor.partner_admin("wim", WHOLE)
    assert (await shop.world.use(GetInvoice)(own, bill.id)).number == bill.number
    rival = Actor.partner_admin("rita", await shop.reseller("prt_other", "OTH"))
    tenant = Actor.tenant_user("tina", FIRST, WHOLE, Role.TENANT_ADMIN)
    for stranger in (rival, tenant):
        with pytest.raises(NotFound):
            await shop.world.use(GetInvoice)(stranger, bill.id)
        found = await shop.world.use(ListInvoices)(stranger, InvoiceFilter(), PageRequest())
        assert bill.id not in [each.id for each in found.items]


async def test_an_audit_finds_a_bill_that_its_ledger_does_not_bear_out(shop: Any) -> None:
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    table = shop.world.store.tables["wholesale_charges"]
    key = next(iter(table))
    table[key] = (table[key][0], evolve(table[key][1], list_cents=1, net_cents=1))
    audit = await shop.world.use(AuditIntegrity)(shop.admin)
    assert [(each.rule, each.fault) for each in audit.findings] == [
        ("partners_billed", "SCAI-2026-000001: net says 31840, what stands behind it sums to 15921"),
        ("partners_billed", "has 1 charges that no customer was charged"),
    ]


async def test_a_dry_run_shows_the_bill_and_writes_nothing(shop: Any) -> None:
    shop.at(2026, 2, 1)
    before = shop.world.store.revision
    (shown,) = (await shop.run("2026-01", dry_run=True)).totals.partner_documents
    assert (shown.kind, shown.net_cents, shown.gross_cents, shown.number) == ("wholesale_invoice", 31840, 38526, None)
    assert shop.world.store.revision == before


@given(st.integers(-(10**9), 10**9), st.integers(0, 10_000))
def test_a_line_is_list_price_less_discount_rounded_once(list_cents: int, discount: int) -> None:
    charge = UnbilledCharge(
        subscription_id=SubscriptionId("sub_1"),
        ordinal=0,
        charge_kind=ChargeKind.RECURRING,
        tenant_id=FIRST,
        customer="Jansen",
        what="Mail Pro",
        period_start=date(2026, 1, 1),
        period_end=date(2026, 2, 1),
        list_cents=list_cents,
        currency="EUR",
        billed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    line = charge.line(LineId("lin_1"), discount)
    assert line.net_cents == round_half_away(list_cents * (10_000 - discount), 10_000)
