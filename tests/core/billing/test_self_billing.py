"""Commissions settled by invoices that the operator writes in its partner's name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.errors import NotYourSeries
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.report_ec_sales import ReportEcSales
from scaicontrol_core.billing.use_cases.report_vat import ReportVat
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberEvidence, VatNumberState

SELF = PartnerId("prt_self")
CUSTOMER = TenantId("tnt_theirs")
AGREED = date(2026, 1, 1)


@pytest.fixture
async def shop(books: Any) -> Any:
    """A Dutch partner that earns 10 %, settled by self-billing, with a customer; it is 15 January 2026."""
    await books.reseller(
        SELF,
        "SLF",
        billing_model="self_billed",
        commission_rate=1000,
        self_billing_agreed_on=AGREED,
        legal_name="Self B.V.",
        seller_vat_number="NL868966393B01",
    )
    await books.customer(CUSTOMER, SELF)
    return books


async def sell(shop: Any, cents: int, **fields: Any) -> Any:
    return await shop.issue(LineInput(description="Advice", unit_price_cents=str(cents)), tenant_id=CUSTOMER, **fields)


def written(shop: Any) -> list[Any]:
    """Return the documents without a tenant, oldest first."""
    return [invoice for invoice in shop.invoices() if invoice.tenant_id is None]


async def is_clean(shop: Any) -> bool:
    audit = await shop.world.use(AuditIntegrity)(shop.admin)
    assert audit.findings == ()
    return True


async def test_a_closed_month_is_settled_by_an_invoice_in_the_partners_name(shop: Any) -> None:
    await sell(shop, 10000)
    await sell(shop, 2345)
    shop.at(2026, 2, 1)
    report = await shop.run("2026-02")
    (invoice,) = written(shop)
    document = invoice.document
    assert (invoice.number, invoice.seller_id, invoice.buyer_partner_id) == ("SLF-SB-2026-000001", SELF, "prt_operator")
    assert (document["document_type"], document["self_billed"]) == ("invoice", True)
    assert (document["seller"]["legal_name"], document["buyer"]["company_name"]) == ("Self B.V.", "ScaiLabs B.V.")
    assert (invoice.net_cents, invoice.tax_cents, invoice.gross_cents) == (1235, 259, 1494)
    (line,) = document["lines"]
    assert (line["description"], line["supply_date"], line["category"]) == ("Commission 2026-01", "2026-01-31", "S")
    kinds = [(each.kind, each.net_cents, each.number) for each in report.totals.partner_documents]
    assert kinds == [("commission_statement", 1235, None), ("self_billed_invoice", 1235, "SLF-SB-2026-000001")]
    assert (await shop.run("2026-02")).totals.partner_documents == ()
    assert invoice.open_cents == 1494  # which the operator owes
    assert await is_clean(shop)


async def test_without_an_agreement_nothing_is_written_until_there_is_one(shop: Any) -> None:
    await shop.configure(SELF, self_billing_agreed_on=None)
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    report = await shop.run("2026-02")
    (failure,) = report.totals.partner_failures
    assert (failure.partner_id, failure.code) == (SELF, "self_billing_not_agreed")
    assert written(shop) == []
    await shop.configure(SELF, self_billing_agreed_on=date(2026, 1, 31))
    await shop.run("2026-02")
    assert [invoice.net_cents for invoice in written(shop)] == [1000]


async def test_a_negative_month_is_carried_until_there_is_something_to_pay(shop: Any) -> None:
    first = await sell(shop, 10000)
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    wanted = NewCreditNote(reason="Too much", lines=(LineCredit(position=1, net_cents=4000),))
    await shop.world.use(IssueCreditNote)(shop.admin, first.id, wanted)
    shop.at(2026, 3, 1)
    await shop.run("2026-03")
    assert len(written(shop)) == 1
    await sell(shop, 9000)
    shop.at(2026, 4, 1)
    await shop.run("2026-04")
    _, second = written(shop)
    assert [(line.description, line.net_cents) for line in second.lines] == [
        ("Commission 2026-02", -400),
        ("Commission 2026-03", 900),
    ]
    assert second.net_cents == 500
    assert await is_clean(shop)


async def test_it_is_the_partners_sale_and_in_no_report_of_the_operator(shop: Any) -> None:
    await sell(shop, 10000)
    before = await shop.world.use(ReportVat)(shop.admin, "2026")
    summary = await shop.world.use(SummarizeInvoices)(shop.admin)
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    after = await shop.world.use(ReportVat)(shop.admin, "2026")
    assert (after.rows, after.tie_out) == (before.rows, before.tie_out)
    assert (await shop.world.use(SummarizeInvoices)(shop.admin)).vat == summary.vat
    assert (await shop.world.use(ReportEcSales)(shop.admin, "2026-Q1")).rows == ()
    (row,) = (await shop.world.use(ReportVat)(shop.admin, "2026", seller_id=SELF)).rows
    assert (row.net_cents, row.tax_cents) == (1000, 210)


async def test_a_partner_in_another_country_leaves_the_vat_to_the_operator(shop: Any) -> None:
    await shop.configure(
        SELF,
        seller_country_code="DE",
        seller_city="Berlin",
        seller_postal_code="10117",
        seller_vat_number="DE136695976",
    )
    async with shop.world.work.begin(shop.admin) as work:
        operator = await work.partners.operator()
        operator.learn_vat_evidence(
            VatNumberEvidence(
                state=VatNumberState.VALID,
                source=VatEvidenceSource.OPERATOR_ATTESTED,
                checked_at=shop.world.clock.now(),
                note="Our own",
            )
        )
        await work.partners.save(operator)
        await work.commit()
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    (invoice,) = written(shop)
    (entry,) = invoice.document["vat_details"]["entries"]
    assert (entry["category"], entry["amount_cents"]) == ("AE", 0)
    (row,) = (await shop.world.use(ReportEcSales)(shop.admin, "2026-Q1", seller_id=SELF)).rows
    assert row.services_cents == 1000
    assert (await shop.world.use(ReportEcSales)(shop.admin, "2026-Q1")).rows == ()


async def test_a_format_that_carries_no_self_billing_keeps_it_from_being_numbered(shop: Any) -> None:
    await shop.configure(purchase_einvoice_format=EInvoiceFormat.UBL)
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    (failure,) = (await shop.run("2026-02")).totals.partner_failures
    assert (failure.code, "Peppol BIS Billing" in failure.message) == ("einvoice_incomplete", True)
    assert written(shop) == []
    await shop.configure(purchase_einvoice_format=EInvoiceFormat.CII)
    await shop.run("2026-02")
    assert [invoice.number for invoice in written(shop)] == ["SLF-SB-2026-000001"]


async def test_only_the_operator_writes_in_that_series_and_only_the_partner_reads_it(shop: Any) -> None:
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    (invoice,) = written(shop)
    own = Actor.partner_admin("sam", SELF)
    with pytest.raises(NotYourSeries):
        await shop.world.use(VoidInvoice)(own, invoice.id, "I would rather not")
    page = PageRequest()
    listed = await shop.world.use(ListInvoices)(own, InvoiceFilter(), page)
    assert invoice.id in [each.id for each in listed.items]
    rival = Actor.partner_admin("rita", await shop.reseller("prt_other", "OTH"))
    tenant = Actor.tenant_user("tina", CUSTOMER, SELF, Role.TENANT_ADMIN)
    for stranger in (rival, tenant):
        found = await shop.world.use(ListInvoices)(stranger, InvoiceFilter(), page)
        assert invoice.id not in [each.id for each in found.items]


async def test_what_was_settled_wrongly_is_taken_back_by_a_credit_note_of_its_own_series(shop: Any) -> None:
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    (invoice,) = written(shop)
    done = await shop.world.use(IssueCreditNote)(shop.admin, invoice.id, NewCreditNote(reason="Wrong VAT number"))
    note = done.credit_note
    assert (note.number, note.document["self_billed"], note.net_cents) == ("SLF-SBCN-2026-000001", True, -1000)
    assert await is_clean(shop)


async def test_a_dry_run_shows_the_invoice_and_numbers_nothing(shop: Any) -> None:
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    report = await shop.run("2026-02", dry_run=True)
    shown = [(each.kind, each.net_cents, each.gross_cents, each.number) for each in report.totals.partner_documents]
    assert shown == [("commission_statement", 1000, 1000, None), ("self_billed_invoice", 1000, 1210, None)]
    assert written(shop) == []


async def test_tampering_with_whose_name_it_bears_is_found(shop: Any) -> None:
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    (invoice,) = written(shop)
    stored = shop.stored(invoice.id)
    stored.frozen_document = stored.frozen_document.replace('"self_billed":true,', "")
    assert await shop.faults()


async def test_an_audit_finds_a_statement_that_is_not_the_sum_of_its_entries(shop: Any) -> None:
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    ((_, statement),) = shop.world.store.tables["commission_statements"].values()
    statement.commission_cents = 900
    audit = await shop.world.use(AuditIntegrity)(shop.admin)
    assert [(each.rule, each.fault) for each in audit.findings] == [
        ("commissions_stated", "2026-01: commission says 900, its entries sum to 1000"),
        ("partners_billed", "SLF-SB-2026-000001: net says 1000, what stands behind it sums to 900"),
    ]
