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


async def test_a_period_before_the_change_asks_for_nothing(books: Any, consumer: TenantId) -> None:
    invoice = await books.issue(month(date(2025, 7, 1), date(2025, 8, 1)), tenant_id=consumer)

    (entry,) = invoice.document["vat_details"]["entries"]
    assert (entry["rate"], entry["review"]) == ("19.00", False)
