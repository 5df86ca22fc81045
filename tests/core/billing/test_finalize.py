"""Finalizing: a draft gets its number once, or stays the draft it was."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus, PdfStatus
from scaicontrol_core.billing.numbering import NumberSeries, SeriesKey, fiscal_year
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.kernel.errors import Conflict, Forbidden, Invalid, InvalidTransition, NotFound, ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
from scaicontrol_core.tax import parse_rates
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork, Killed


async def untouched(books: Any, draft: Any, expected: type[ScaiControlError], code: str) -> ScaiControlError:
    """Finalize, expect the error, and see that the draft is a draft and no number is spent."""
    series = {key: row.next_number for key, (_, row) in books.world.store.tables.get("number_series", {}).items()}
    with pytest.raises(expected) as refused:
        await books.finalize(draft.id)
    assert refused.value.code == code
    stored = books.stored(draft.id)
    assert (stored.status, stored.number, stored.version) == (InvoiceStatus.DRAFT, None, draft.version)
    now = {key: row.next_number for key, (_, row) in books.world.store.tables.get("number_series", {}).items()}
    assert now == series
    return refused.value


# -- what it does ------------------------------------------------------------------------------


async def test_a_finalized_invoice_has_all_that_the_law_asks(books: Any) -> None:
    issued = await books.issue(notes="Thank you")
    stored = books.stored(issued.id)
    assert (stored.status, stored.number, stored.sequence) == (InvoiceStatus.FINALIZED, "SCAI-2026-000001", 1)
    assert (stored.issue_date, stored.due_date, stored.fiscal_year) == (date(2026, 1, 15), date(2026, 1, 29), 2026)
    assert (stored.net_cents, stored.tax_cents, stored.gross_cents) == (37500, 7875, 45375)
    assert (stored.pdf_status, stored.finalized_at) == (PdfStatus.PENDING, books.world.clock.now())
    document = stored.document
    assert document is not None
    assert document["seller"]["vat_number"] == "NL868355884B01"
    assert document["buyer"]["company_name"] == "Bakkerij Jansen B.V."
    assert document["payment_reference"] == document["number"] == stored.number
    entry = books.world.store.audit[-1]
    assert entry.details["event"] == {
        "number": "SCAI-2026-000001",
        "document_type": "invoice",
        "issue_date": "2026-01-15",
        "due_date": "2026-01-29",
        "currency": "EUR",
        "net_cents": 37500,
        "tax_cents": 7875,
        "gross_cents": 45375,
    }


async def test_numbers_follow_each_other(books: Any) -> None:
    numbers = [(await books.issue()).number for _ in range(3)]
    assert numbers == ["SCAI-2026-000001", "SCAI-2026-000002", "SCAI-2026-000003"]
    assert await books.faults() == []


async def test_finalizing_twice_gives_the_same_invoice(books: Any) -> None:
    issued = await books.issue()
    again = await books.finalize(issued.id)
    assert (again.number, again.version) == (issued.number, issued.version)
    assert (await books.issue()).number == "SCAI-2026-000002"


async def test_two_at_once_give_the_same_invoice(books: Any) -> None:
    draft = await books.draft()
    racing = FaultyWork(books.world.work, meanwhile=lambda _: books.finalize(draft.id))
    use_case = books.world.use(FinalizeInvoice, work=racing)
    second = await books.world.ports["retry"](lambda: use_case(books.admin, draft.id))
    assert second.number == "SCAI-2026-000001"
    assert books.numbers() == ["SCAI-2026-000001"]
    assert books.log_of(draft.id) == ["invoice.drafted", "invoice.finalized"]


async def test_whoever_edits_meanwhile_has_the_newer_text_numbered(books: Any) -> None:
    draft = await books.draft(notes="old")
    edited = False

    async def somebody_edits(_: int) -> None:
        nonlocal edited
        if not edited:
            edited = True
            async with books.world.work.begin(books.admin) as work:
                theirs = await work.invoices.get(draft.id)
                theirs.edit(notes="new")
                await work.invoices.save(theirs)
                await work.commit()

    issued = await books.world.use(FinalizeInvoice, work=FaultyWork(books.world.work, meanwhile=somebody_edits))(
        books.admin, draft.id
    )
    assert (issued.number, issued.document["notes"]) == ("SCAI-2026-000001", "new")


@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
async def test_a_crash_loses_no_number_and_spends_none(books: Any, moment: str) -> None:
    draft = await books.draft()
    crashing = FaultyWork(books.world.work)
    setattr(crashing, moment, 1)
    with pytest.raises(Killed):
        await books.world.use(FinalizeInvoice, work=crashing)(books.admin, draft.id)
    assert (await books.finalize(draft.id)).number == "SCAI-2026-000001"
    assert (await books.issue()).number == "SCAI-2026-000002"
    assert await books.faults() == []


async def test_snapshots_do_not_follow_later_changes(books: Any) -> None:
    issued = await books.issue()
    frozen = books.stored(issued.id).frozen_document
    await books.configure(legal_name="Other B.V.", seller_city="Rotterdam", payment_terms_days=60)
    async with books.world.work.begin(books.admin) as work:
        profile = await work.billing_profiles.get(TENANT_ID)
        profile.change(evolve(profile.details, company_name="Bakkerij de Vries"), books.world.clock.now())
        await work.billing_profiles.save(profile)
        await work.commit()
    assert books.stored(issued.id).frozen_document == frozen
    second = await books.issue()
    assert second.document["seller"]["legal_name"] == "Other B.V."
    assert second.document["buyer"]["company_name"] == "Bakkerij de Vries"
    assert (await books.faults()) == []


async def test_one_document_can_have_two_rates_when_the_law_changes(books: Any) -> None:
    announced = "rate_id\tterritory\trate_bp\tvalid_from\tvalid_to\tsource\nNL-X\tNL\t2200\t2026-01-12\t\tlaw to come"
    books.world.ports["rates"] = books.world.ports["rates"].with_rows(parse_rates(announced))
    issued = await books.issue(
        LineInput(description="Old", unit_price_cents="10000", supply_date=date(2026, 1, 10)),
        LineInput(description="New", unit_price_cents="10000", supply_date=date(2026, 1, 14)),
    )
    rates = [entry["rate"] for entry in issued.document["vat_details"]["entries"]]
    assert rates == ["21.00", "22.00"]
    assert issued.tax_cents == 2100 + 2200


# -- what it refuses ---------------------------------------------------------------------------


async def test_a_draft_without_lines_stays_one(books: Any) -> None:
    draft = await books.draft(lines=())
    error = await untouched(books, draft, Invalid, "invoice_without_lines")
    assert error.fields[0].pointer == "/lines"


async def test_a_buyer_without_a_profile_gets_no_invoice(books: Any) -> None:
    bare = TenantId("tnt_bare")
    await books.world.keep(builders.new_tenant(bare))
    error = await untouched(books, await books.draft(tenant_id=bare), Conflict, "billing_profile_required")
    assert "billing-profile" in (error.hint or "")


@pytest.mark.parametrize(
    "missing",
    ["legal_name", "seller_country_code", "seller_address_line1", "seller_city", "invoice_number_prefix"],
)
async def test_a_seller_that_lacks_something_is_told_what(books: Any, missing: str) -> None:
    draft = await books.draft()
    await books.configure(**{missing: None})
    error = await untouched(books, draft, Conflict, "seller_not_billable")
    assert [field.pointer for field in error.fields] == [f"/seller/{missing}"]


async def test_all_that_is_missing_is_named_at_once(books: Any) -> None:
    draft = await books.draft()
    await books.configure(seller_city=None, invoice_number_prefix=None)
    error = await untouched(books, draft, Conflict, "seller_not_billable")
    assert [field.pointer for field in error.fields] == ["/seller/seller_city", "/seller/invoice_number_prefix"]


async def test_a_currency_without_a_known_rate_is_refused(books: Any) -> None:
    await untouched(books, await books.draft(currency="USD"), Conflict, "exchange_rate_missing")


async def test_a_seller_may_keep_its_books_in_another_currency(books: Any) -> None:
    await books.configure(default_currency="CHF")
    assert (await books.issue()).document["currency"] == "CHF"


async def test_a_rate_nobody_knows_is_not_invented(books: Any) -> None:
    line = LineInput(description="Long ago", unit_price_cents="100", supply_date=date(1999, 1, 1))
    await untouched(books, await books.draft(line), Invalid, "vat_rate_unknown")


async def test_a_seller_that_changed_does_not_sign_for_another(books: Any) -> None:
    reseller = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale")
    draft = await books.draft(tenant_id=await books.customer("tnt_theirs", reseller))
    await books.configure(reseller, billing_model="pass_through")
    await untouched(books, draft, Conflict, "seller_not_billable")


# -- dates -------------------------------------------------------------------------------------


async def test_an_issue_date_may_be_chosen_within_the_order_of_the_series(books: Any) -> None:
    issued = await books.issue(invoice_date=date(2026, 1, 10))
    assert (issued.issue_date, issued.due_date) == (date(2026, 1, 10), date(2026, 1, 24))
    await untouched(books, await books.draft(invoice_date=date(2026, 1, 9)), Invalid, "issue_date_invalid")
    assert (await books.issue(invoice_date=date(2026, 1, 10))).number == "SCAI-2026-000002"


async def test_no_invoice_is_dated_tomorrow(books: Any) -> None:
    error = await untouched(books, await books.draft(invoice_date=date(2026, 1, 16)), Invalid, "issue_date_invalid")
    assert error.fields[0].pointer == "/invoice_date"


async def test_nothing_is_due_before_it_is_issued(books: Any) -> None:
    draft = await books.draft(due_date=date(2026, 1, 20))
    books.at(2026, 2, 1)
    error = await untouched(books, draft, Invalid, "due_date_invalid")
    assert error.fields[0].pointer == "/due_date"


async def test_a_chosen_due_date_says_its_own_terms(books: Any) -> None:
    issued = await books.issue(due_date=date(2026, 2, 14))
    assert (issued.document["due_date"], issued.document["payment_terms_days"]) == ("2026-02-14", 30)


async def test_today_is_the_sellers_today(books: Any) -> None:
    books.world.clock.set(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    issued = await books.issue()
    assert (issued.issue_date, issued.number) == (date(2027, 1, 1), "SCAI-2027-000001")


async def test_a_worker_a_little_behind_dates_with_the_series(books: Any) -> None:
    books.at(2026, 1, 16)
    await books.issue()
    books.at(2026, 1, 15)  # this machine has not reached midnight yet
    assert (await books.issue()).issue_date == date(2026, 1, 16)
    assert await books.faults() == []


async def test_a_machine_whose_clock_is_wrong_issues_nothing(books: Any) -> None:
    books.at(2026, 1, 20)
    await books.issue()
    books.at(2026, 1, 15)
    await untouched(books, await books.draft(), Conflict, "clock_behind_series")


@pytest.mark.parametrize(
    ("day", "start_month", "year"),
    [
        (date(2026, 1, 1), 1, 2026),
        (date(2026, 3, 31), 4, 2025),
        (date(2026, 4, 1), 4, 2026),
        (date(2026, 12, 31), 12, 2026),
        (date(2026, 11, 30), 12, 2025),
    ],
)
def test_a_fiscal_year_is_named_after_the_year_it_begins_in(day: date, start_month: int, year: int) -> None:
    assert fiscal_year(day, start_month) == year


async def test_a_new_fiscal_year_begins_a_new_series(books: Any) -> None:
    await books.configure(fiscal_year_start_month=4)
    books.at(2026, 3, 31)
    assert (await books.issue()).number == "SCAI-2025-000001"
    books.at(2026, 4, 1)
    assert (await books.issue()).number == "SCAI-2026-000001"
    assert [(each.series.key.fiscal_year, each.documents) for each in await books.audit()] == [(2025, 1), (2026, 1)]


async def test_a_seller_that_moved_in_counts_on(books: Any) -> None:
    key = SeriesKey(OPERATOR_ID, DocumentType.INVOICE, 2026)
    async with books.world.work.begin(books.admin) as work:
        await work.number_series.save(NumberSeries(key=key, prefix="SCAI", first_number=4711, next_number=4711))
        await work.commit()
    assert (await books.issue()).number == "SCAI-2026-004711"
    assert await books.faults() == []


def test_credit_notes_are_numbered_apart() -> None:
    key = SeriesKey(OPERATOR_ID, DocumentType.CREDIT_NOTE, 2026)
    assert NumberSeries(key=key, prefix="SCAI").take(date(2026, 1, 1)) == "SCAI-CN-2026-000001"


def test_a_series_never_takes_a_number_for_an_earlier_day() -> None:
    series = NumberSeries(key=SeriesKey(OPERATOR_ID, DocumentType.INVOICE, 2026), prefix="SCAI")
    series.take(date(2026, 2, 1))
    with pytest.raises(Invalid) as refused:
        series.take(date(2026, 1, 31))
    assert (refused.value.code, series.next_number) == ("issue_date_invalid", 2)


# -- sellers -----------------------------------------------------------------------------------


async def test_each_seller_has_its_own_series(books: Any) -> None:
    whole = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale")
    passing = await books.reseller("prt_pass", "PASS")
    theirs, others = await books.customer("tnt_whole", whole), await books.customer("tnt_pass", passing)
    assert (await books.issue()).number == "SCAI-2026-000001"
    assert (await books.issue(tenant_id=theirs)).number == "WHOLE-2026-000001"
    assert (await books.issue(tenant_id=others)).number == "SCAI-2026-000002"
    assert await books.faults() == []


async def test_only_the_seller_finalizes(books: Any) -> None:
    passing = await books.reseller("prt_pass", "PASS")
    draft = await books.draft(tenant_id=await books.customer("tnt_pass", passing))
    finalize = books.world.use(FinalizeInvoice)
    with pytest.raises(Forbidden) as refused:
        await finalize(Actor.partner_admin("rita", passing), draft.id)
    assert refused.value.code == "not_your_series"
    with pytest.raises(NotFound):
        await finalize(Actor.partner_admin("rick", PartnerId("prt_rival")), draft.id)
    with pytest.raises(Forbidden):
        await finalize(Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN), draft.id)
    with pytest.raises(NotFound):
        await finalize(books.admin, InvoiceId("inv_nothing"))


async def test_what_was_voided_stays_void(books: Any) -> None:
    issued = await books.issue()
    await books.world.use(VoidInvoice)(books.admin, issued.id, "wrong customer")
    with pytest.raises(InvalidTransition):
        await books.finalize(issued.id)


async def test_a_consumer_is_invoiced_in_its_own_language(books: Any) -> None:
    details: dict[str, Any] = {"is_business": False, "vat_number": None, "preferred_language": "fr"}
    tenant = await books.customer("tnt_marie", company_name="Marie Curie", country_code="FR", **details)
    document = (await books.issue(tenant_id=tenant)).document
    assert (document["language"], document["buyer"]["is_business"]) == ("fr", False)


async def test_the_customers_reference_stands_on_it_unless_the_draft_has_its_own(books: Any) -> None:
    tenant = await books.customer("tnt_po", buyer_reference="PO 1")
    assert (await books.issue(tenant_id=tenant)).document["buyer_reference"] == "PO 1"
    assert (await books.issue(tenant_id=tenant, buyer_reference="PO 2")).document["buyer_reference"] == "PO 2"
    assert await books.faults() == []
