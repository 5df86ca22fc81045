"""EUR 10,000 a year to consumers of other member states: what was invoiced here counts, the crossing sale included."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.errors import IssueDateInvalid
from scaicontrol_core.billing.finalizing import FinalizeOrder
from scaicontrol_core.billing.use_cases.finalize_invoices import FinalizeInvoices
from scaicontrol_core.billing.use_cases.read_consumer_turnover import ReadConsumerTurnover
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

CONSUMER = {"country_code": "DE", "is_business": False, "vat_number": None, "postal_code": "60311", "city": "Frankfurt"}


def sold(cents: int) -> LineInput:
    return LineInput(description="Course", unit_price_cents=str(cents))


async def consumer(books: Any, name: str = "tnt_de", **details: Any) -> Any:
    return await books.customer(name, **(CONSUMER | details))


def treatments(*invoices: Any) -> list[tuple[str, str]]:
    entries = [invoice.document["vat_details"]["entries"][0] for invoice in invoices]
    return [(entry["treatment"], entry["rate"]) for entry in entries]


def turnover(books: Any, year: int = 2026) -> int:
    rows = books.world.store.tables["consumer_turnovers"]
    found: int = rows[OPERATOR_ID, year][1].net_cents
    return found


def events(books: Any) -> list[tuple[int, int]]:
    """Return percent and turnover of each warning in the audit log."""
    told = [each for each in books.world.store.audit if each.action == "partner.consumer_turnover_reached"]
    spans = [each.details["changes"]["consumer_turnover_cents"] for each in told]
    return [(span["before"], span["after"]) for span in spans]


async def test_the_sale_that_crosses_is_taxed_where_the_consumer_lives(books: Any) -> None:
    customer = await consumer(books)
    issued = [await books.issue(sold(cents), tenant_id=customer) for cents in (600_000, 390_000, 10_000, 1, 1)]
    home, abroad = ("seller_country", "21.00"), ("destination", "19.00")
    assert treatments(*issued) == [home, home, home, abroad, abroad]
    assert turnover(books) == 1_000_002
    kept = [invoice.document["vat_details"]["inputs"]["b2c_cross_border_turnover_cents"] for invoice in issued]
    assert kept == [0, 600_000, 990_000, 1_000_000, 1_000_001]


async def test_the_audit_log_warns_at_80_and_at_100_percent(books: Any) -> None:
    customer = await consumer(books)
    for cents in (800_000, 1, 199_999, 1, 1):
        await books.issue(sold(cents), tenant_id=customer)
    assert events(books) == [(800_000, 800_001), (1_000_000, 1_000_001)]


async def test_what_was_sold_elsewhere_counts_too(books: Any) -> None:
    await books.configure(b2c_cross_border_turnover_cents=999_999)
    customer = await consumer(books)
    first, second = [await books.issue(sold(1), tenant_id=customer) for _ in range(2)]
    assert treatments(first, second) == [("seller_country", "21.00"), ("destination", "19.00")]


async def test_a_small_business_has_the_same_line(books: Any) -> None:
    await books.configure(vat_exemption="small_business")
    customer = await consumer(books)
    issued = [await books.issue(sold(cents), tenant_id=customer) for cents in (1_000_000, 1)]
    assert treatments(*issued) == [("exempt", "0.00"), ("destination", "19.00")]
    note = issued[0].document["vat_details"]["entries"][0]["legal_note"]
    assert note == "VAT exempt - Art. 284 Directive 2006/112/EC"


async def test_only_consumers_of_other_member_states_count(books: Any) -> None:
    home = await books.customer("tnt_home", is_business=False, vat_number=None)
    swiss = await consumer(books, "tnt_ch", country_code="CH", postal_code="8001", city="Zürich")
    for customer in (home, swiss, TENANT_ID):
        await books.issue(sold(2_000_000), tenant_id=customer)
    assert "consumer_turnovers" not in books.world.store.tables


async def test_a_seller_in_the_shop_has_no_line_to_watch(books: Any) -> None:
    await books.configure(oss_registered=True)
    issued = await books.issue(sold(1), tenant_id=await consumer(books))
    assert treatments(issued) == [("destination", "19.00")]
    assert "consumer_turnovers" not in books.world.store.tables


async def test_a_year_above_the_line_carries_over_and_then_ends(books: Any) -> None:
    customer = await consumer(books)
    books.at(2026, 12, 30)
    await books.issue(sold(1_000_001), tenant_id=customer)
    books.at(2027, 1, 2)
    carried = await books.issue(sold(1), tenant_id=customer)
    books.at(2028, 1, 2)
    ended = await books.issue(sold(1), tenant_id=customer)
    assert treatments(carried, ended) == [("destination", "19.00"), ("seller_country", "21.00")]
    assert carried.document["vat_details"]["inputs"]["b2c_cross_border_turnover_last_year_cents"] == 1_000_001


async def test_what_was_sold_elsewhere_the_year_before_carries_over_too(books: Any) -> None:
    await books.configure(b2c_cross_border_turnover_last_year_cents=1_000_001)
    issued = await books.issue(sold(1), tenant_id=await consumer(books))
    assert treatments(issued) == [("destination", "19.00")]
    report = await books.world.use(ReadConsumerTurnover)(books.admin, OPERATOR_ID)
    assert (report.last_year_cents, report.is_exceeded) == (1_000_001, True)


async def test_at_midnight_of_new_year_the_year_that_the_document_bears_counts(books: Any) -> None:
    await books.configure(fiscal_year_start_month=7)
    customer = await consumer(books)
    books.at(2027, 1, 1, hour=0)
    await books.issue(sold(1_000_000), tenant_id=customer)
    books.at(2026, 12, 31, hour=22)  # a worker whose clock is behind: its document bears the series' date
    late = await books.issue(sold(1), tenant_id=customer)
    assert late.issue_date == date(2027, 1, 1)
    assert treatments(late) == [("destination", "19.00")]
    assert turnover(books, 2027) == 1_000_001
    assert (OPERATOR_ID, 2026) not in books.world.store.tables["consumer_turnovers"]


async def test_kronor_are_no_euro_cents(books: Any) -> None:
    await books.configure(default_currency="SEK")
    customer = await consumer(books)
    kronor = await books.issue(sold(1_200_000), tenant_id=customer, currency="SEK")  # about EUR 1,070
    assert treatments(kronor) == [("seller_country", "21.00")]
    assert kronor.document["vat_details"]["inputs"]["supply_net_cents"] == 0


async def test_drafts_finalized_together_count_one_after_the_other(books: Any) -> None:
    customer = await consumer(books)
    drafts = [await books.draft(sold(400_000), tenant_id=customer) for _ in range(4)]
    orders = [FinalizeOrder(invoice_id=draft.id) for draft in drafts]
    made = await books.world.use(FinalizeInvoices)(books.admin, orders)
    numbered = [made.invoices[draft.id] for draft in drafts]
    assert [treatment for treatment, _ in treatments(*numbered)] == ["seller_country"] * 2 + ["destination"] * 2


async def test_a_billing_run_and_its_dry_run_cross_at_the_same_customer(books: Any) -> None:
    key = await books.plan("course", base_price_cents=400_000)
    for number in range(4):
        await books.subscribe(await consumer(books, f"tnt_c{number}"), key)
    planned = await books.run("2026-01", dry_run=True)
    done = await books.run("2026-01")
    assert [preview.tax_cents for preview in planned.previews] == [84_000, 84_000, 76_000, 76_000]
    assert planned.totals.vat == done.totals.vat
    assert {(vat.country, vat.net_cents) for vat in done.totals.vat} == {("NL", 800_000), ("DE", 800_000)}


async def test_a_draft_that_is_refused_counts_nothing(books: Any) -> None:
    customer = await consumer(books)
    books.at(2026, 2, 1)
    await books.issue(sold(1), tenant_id=customer)
    early = await books.draft(sold(5), tenant_id=customer, invoice_date=date(2026, 1, 15))
    with pytest.raises(IssueDateInvalid, match="already has a document"):
        await books.finalize(early.id)
    assert turnover(books) == 1


async def test_the_operator_reads_how_far_it_is(books: Any) -> None:
    await books.configure(b2c_cross_border_turnover_cents=5)
    books.at(2026, 12, 31, hour=23)  # the year is the seller's: it has begun in Amsterdam
    await books.issue(sold(1_000_000), tenant_id=await consumer(books))
    read = books.world.use(ReadConsumerTurnover)
    found = await read(books.admin, OPERATOR_ID)
    assert (found.year, found.invoiced_cents, found.turnover_cents) == (2027, 1_000_000, 1_000_005)
    assert found.is_exceeded
    await books.configure(oss_registered=True)
    assert not (await read(books.admin, OPERATOR_ID)).is_exceeded
    with pytest.raises(Forbidden):
        await read(Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN), OPERATOR_ID)
