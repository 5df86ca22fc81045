"""A period that spans a change of the VAT rate is invoiced at one rate and marked for a person's eye."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.billing.rate_changes import _parts
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.kernel.ids import LineId, TenantId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.tax import VatInputs, decide_vat, standard_rates

ROMANIAN = VatInputs(seller_country="NL", buyer_country="RO", supply_date=date(2025, 7, 1), oss_registered=True)


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


class TestDivided:
    """A seller that divides: each part of the period bears the rate of its own days."""

    @pytest.fixture(autouse=True)
    async def dividing(self, books: Any, consumer: TenantId) -> None:
        await books.configure(advance_tax_point="split")

    async def test_a_month_is_divided_at_the_change(self, books: Any, consumer: TenantId) -> None:
        invoice = await books.issue(month(date(2025, 7, 15), date(2025, 8, 15)), tenant_id=consumer)

        names = ("period_start", "period_end", "supply_date", "rate_bp", "quantity", "unit_code", "net_cents")
        assert [tuple(line[name] for name in names) for line in invoice.document["lines"]] == [
            ("2025-07-15", "2025-08-01", "2025-07-15", 1900, "17", "DAY", 10913),
            ("2025-08-01", "2025-08-15", "2025-08-01", 2100, "14", "DAY", 8987),
        ]
        entries = invoice.document["vat_details"]["entries"]
        shown = [(each["rate"], each["taxable_cents"], each["amount_cents"], each["review"]) for each in entries]
        assert shown == [("19.00", 10913, 2073, False), ("21.00", 8987, 1887, False)]
        assert [each.net_cents for each in books.stored(invoice.id).lines] == [10913, 8987]
        assert await books.faults() == []

    async def test_billed_after_the_change_the_days_before_it_keep_their_rate(
        self, books: Any, consumer: TenantId
    ) -> None:
        books.at(2025, 8, 10)
        invoice = await books.issue(month(date(2025, 7, 15), date(2025, 8, 15)), tenant_id=consumer)

        shown = [(line["supply_date"], line["rate_bp"]) for line in invoice.document["lines"]]
        assert shown == [("2025-07-31", 1900), ("2025-08-10", 2100)]

    async def test_a_billing_run_divides_too_and_the_ledger_agrees(self, books: Any, consumer: TenantId) -> None:
        await books.subscribe(consumer)
        await books.run("2025-07")

        (invoice,) = [each for each in books.invoices() if each.tenant_id == consumer]
        assert [line["rate_bp"] for line in invoice.document["lines"]] == [1900, 2100]
        assert sum(line.net_cents for line in invoice.lines) == 19900
        assert books.billed() == [("2025-07-15", "2025-08-15", 19900)]

    async def test_a_credit_note_takes_back_both_parts(self, books: Any, consumer: TenantId) -> None:
        invoice = await books.issue(month(date(2025, 7, 15), date(2025, 8, 15)), tenant_id=consumer)
        credit = books.world.use(IssueCreditNote)
        issued = await credit(books.admin, invoice.id, NewCreditNote(reason="Never used."))

        totals = issued.credit_note.document["totals"]
        assert (totals["net_cents"], totals["tax_cents"]) == (-19900, -3960)

    @given(
        net=st.integers(-(10**7), 10**7),
        quantity=st.decimals("0.000000001", 1000, places=9),
        starts=st.dates(date(2025, 6, 20), date(2025, 7, 31)),
        days=st.integers(2, 90),
        issued=st.dates(date(2025, 6, 1), date(2025, 10, 1)),
    )
    def test_the_parts_are_the_line_to_the_cent_and_tile_its_period(
        self, net: int, quantity: Decimal, starts: date, days: int, issued: date
    ) -> None:
        period = Period(starts, starts + timedelta(days=days))
        line = InvoiceLine(
            id=LineId("lin_1"),
            description="ScaiKey Pro",
            quantity=Quantity(quantity if net >= 0 else -quantity),
            unit_price=UnitPrice(Decimal(abs(net))),
            period=period,
        )
        decision = decide_vat(ROMANIAN, standard_rates())
        parts = tuple(_parts(line, decision, standard_rates(), issued))
        assert sum(part.net_cents for part in parts) == line.net_cents
        periods = [part.period for part in parts if part.period]
        assert (periods[0].start, periods[-1].end) == (period.start, period.end)
        assert all(before.end == after.start for before, after in pairwise(periods))
        if len(parts) > 1:
            days_of = zip(periods, (part.supply_date for part in parts), strict=True)
            assert all(day is not None and part.start <= day < part.end for part, day in days_of)
            assert periods[1].start == date(2025, 8, 1)
