"""A period that spans a change of the VAT rate is invoiced at one rate and marked for a person's eye."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.period import Period


@pytest.fixture
async def consumer(books: Any) -> TenantId:
    """A consumer in Romania, where 19 % became 21 % on 1 August 2025; the seller is in the One Stop Shop."""
    books.at(2025, 7, 15)
    await books.configure(oss_registered=True)
    details: dict[str, Any] = {
        "company_name": "Ana Pop",
        "country_code": "RO",
        "is_business": False,
        "vat_number": None,
    }
    return await books.customer("tnt_romania", **details)  # type: ignore[no-any-return]


def month(start: date, end: date) -> LineInput:
    return LineInput(description="ScaiKey Pro", unit_price_cents="19900", period=Period(start, end))


async def test_the_invoice_date_decides_and_the_group_asks_for_review(books: Any, consumer: TenantId) -> None:
    invoice = await books.issue(month(date(2025, 7, 15), date(2025, 8, 15)), tenant_id=consumer)

    (entry,) = invoice.document["vat_details"]["entries"]
    assert (entry["rate"], entry["review"]) == ("19.00", True)


async def test_a_period_billed_late_is_taxed_at_the_rate_of_its_own_time(books: Any, consumer: TenantId) -> None:
    """July was over before the rate rose; that its invoice waited until September changes nothing."""
    books.at(2025, 9, 10)
    july, september = month(date(2025, 7, 1), date(2025, 8, 1)), month(date(2025, 9, 1), date(2025, 10, 1))
    invoice = await books.issue(july, september, tenant_id=consumer)

    shown = [(line["supply_date"], line["rate_bp"]) for line in invoice.document["lines"]]
    assert shown == [("2025-07-31", 1900), ("2025-09-10", 2100)]
    assert [entry["review"] for entry in invoice.document["vat_details"]["entries"]] == [False, False]


async def test_months_that_were_never_billed_keep_their_own_rates(books: Any, consumer: TenantId) -> None:
    books.at(2025, 9, 10)
    await books.subscribe(consumer, start_date=date(2025, 6, 1))
    await books.run("2025-09")

    (invoice,) = [each for each in books.invoices() if each.tenant_id == consumer]
    assert [line["rate_bp"] for line in invoice.document["lines"]] == [1900, 1900, 2100, 2100]


async def test_a_period_before_the_change_asks_for_nothing(books: Any, consumer: TenantId) -> None:
    invoice = await books.issue(month(date(2025, 7, 1), date(2025, 8, 1)), tenant_id=consumer)

    (entry,) = invoice.document["vat_details"]["entries"]
    assert (entry["rate"], entry["review"]) == ("19.00", False)


@pytest.mark.parametrize(
    ("policy", "supplied", "rate_bp"),
    [("by_country", "2025-07-15", 1900), ("invoice_date", "2025-07-15", 1900), ("period_end", "2025-08-14", 2100)],
)
async def test_a_seller_may_choose_the_day_that_decides(
    books: Any, consumer: TenantId, policy: str, supplied: str, rate_bp: int
) -> None:
    if policy != "by_country":
        await books.configure(advance_tax_point=policy)
    invoice = await books.issue(month(date(2025, 7, 15), date(2025, 8, 15)), tenant_id=consumer)

    (line,) = invoice.document["lines"]
    assert (line["supply_date"], line["rate_bp"]) == (supplied, rate_bp)


async def test_where_germany_is_involved_the_last_day_decides_unless_the_seller_says_otherwise(books: Any) -> None:
    german = await books.customer(
        "tnt_german", country_code="DE", is_business=False, vat_number=None, company_name="Petra Jones"
    )
    first = await books.issue(month(date(2026, 1, 15), date(2026, 2, 15)), tenant_id=german)
    await books.configure(advance_tax_point="invoice_date")
    second = await books.issue(month(date(2026, 1, 15), date(2026, 2, 15)), tenant_id=german)
    assert [each.document["lines"][0]["supply_date"] for each in (first, second)] == ["2026-02-14", "2026-01-15"]
