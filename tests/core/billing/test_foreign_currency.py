"""Invoices in another currency: VAT in the seller's own too, at the rate of the tax point, or no number."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.foreign_currency import vat_accounting
from scaicontrol_core.billing.frozen_document import FrozenDocument
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.import_exchange_rates import ImportExchangeRates
from scaicontrol_core.billing.use_cases.list_exchange_rates import ListExchangeRates
from scaicontrol_core.documents.composing import invoice_context
from scaicontrol_core.kernel.errors import Conflict, Forbidden, ScaiControlError
from scaicontrol_core.kernel.money import Money
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.tax.exchange_rates import CrossRate, ExchangeRate
from scaicontrol_core.tax.ports import ExchangeRateFilter
from scaicontrol_core.testing.builders import OPERATOR_ID
from scaicontrol_core.testing.faults import FaultyWork


def rates(day: date, **worth: str) -> list[ExchangeRate]:
    return [ExchangeRate(day=day, currency=code, rate=Decimal(text)) for code, text in worth.items()]


async def published(books: Any, day: date, **worth: str) -> Any:
    return await books.world.use(ImportExchangeRates)(books.admin, rates(day, **worth))


# -- importing ---------------------------------------------------------------------------------


async def test_the_same_publication_twice_changes_nothing(books: Any) -> None:
    day = date(2026, 1, 14)
    first = await published(books, day, USD="1.0834", SEK="11.2345")
    assert (first.added, first.known, first.first_day, first.last_day) == (2, 0, day, day)
    audited = len(books.world.store.audit)
    again = await published(books, day, USD="1.0834", SEK="11.2345", GBP="0.86")
    assert (again.added, again.known) == (1, 2)
    assert (await published(books, day, USD="1.08340")).added == 0
    assert [entry.action for entry in books.world.store.audit[audited:]] == ["exchange_rates.imported"]
    page = await books.world.use(ListExchangeRates)(books.admin, ExchangeRateFilter(), PageRequest())
    assert [row.currency for row in page.items] == ["USD", "SEK", "GBP"]


async def test_another_rate_for_a_known_day_is_refused_and_nothing_is_kept(books: Any) -> None:
    await published(books, date(2026, 1, 14), USD="1.0834")
    with pytest.raises(Conflict) as refused:
        await published(books, date(2026, 1, 14), GBP="0.86", USD="1.0835")
    assert refused.value.code == "exchange_rate_differs"
    assert "USD of 2026-01-14 is 1.0834 here, and 1.0835 in the file." in refused.value.message
    page = await books.world.use(ListExchangeRates)(books.admin, ExchangeRateFilter(currency="GBP"), PageRequest())
    assert page.total == 0


async def test_a_publication_is_neither_empty_nor_of_the_future_nor_contradicts_itself(books: Any) -> None:
    imports = books.world.use(ImportExchangeRates)
    for told, code in (
        ([], "exchange_rates_empty"),
        (rates(date(2026, 1, 17), USD="1.1"), "exchange_rate_invalid"),
        (rates(date(2026, 1, 14), USD="1.1") + rates(date(2026, 1, 14), USD="1.2"), "exchange_rate_differs"),
    ):
        with pytest.raises(ScaiControlError) as refused:
            await imports(books.admin, told)
        assert refused.value.code == code


async def test_rates_are_the_platforms_to_import(books: Any) -> None:
    with pytest.raises(Forbidden):
        await books.world.use(ImportExchangeRates)(Actor.partner_admin("rita", OPERATOR_ID), rates(date(2026, 1, 14)))
    with pytest.raises(Forbidden):
        await books.world.use(ListExchangeRates)(Actor.anonymous(), ExchangeRateFilter(), PageRequest())


# -- finalizing --------------------------------------------------------------------------------


async def test_vat_stands_in_both_currencies(books: Any) -> None:
    await published(books, date(2026, 1, 13), USD="1.2")
    await published(books, date(2026, 1, 14), USD="1.0834")
    lines = [LineInput(description=f"Advice {each}", unit_price_cents="3333") for each in range(3)]
    document = (await books.issue(*lines, currency="USD")).document
    assert document["totals"]["tax_cents"] == 2100
    assert document["vat_accounting"] == {
        "currency": "EUR",
        "rate": "1.0834",
        "rate_date": "2026-01-14",
        "source": "ECB",
        "per_euro": {"document": "1.0834", "accounting": "1"},
        "net_cents": 9229,  # 99.99 / 1.0834 = 92.2928…
        "tax_cents": 1938,  # 21.00 / 1.0834 = 19.3834…, converted from the VAT, not computed anew
        "gross_cents": 11167,
        "entries": [{"taxable_cents": 9229, "amount_cents": 1938}],
    }
    shown = invoice_context(document).vat_accounting
    assert shown is not None
    assert (shown.tax, shown.rate, shown.rate_date) == (Money(1938, "EUR"), Decimal("1.0834"), date(2026, 1, 14))
    assert FrozenDocument.from_dict(json.loads(json.dumps(document))).to_dict() == document


async def test_in_the_sellers_own_currency_no_rate_is_asked_for(books: Any) -> None:
    issued = await books.issue()
    assert issued.document["vat_accounting"] is None
    assert CrossRate.of_document(issued.document) is None
    assert invoice_context(issued.document).vat_accounting is None


async def test_a_seller_beyond_the_euro_converts_through_it(books: Any) -> None:
    await books.configure(default_currency="SEK")
    await published(books, date(2026, 1, 14), USD="1.0834", SEK="11.2345")
    document = (await books.issue(currency="USD")).document
    accounting = document["vat_accounting"]
    assert (accounting["currency"], accounting["rate"]) == ("SEK", "0.096435088")
    assert accounting["per_euro"] == {"document": "1.0834", "accounting": "11.2345"}
    assert accounting["net_cents"] == 388863  # 375.00 × 11.2345 / 1.0834 = 3888.6261…
    euros = (await books.issue(currency="EUR")).document["vat_accounting"]
    assert (euros["tax_cents"], euros["per_euro"]["document"]) == (88472, "1")  # 78.75 × 11.2345 = 884.716…


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ({}, date(2026, 3, 10)),
        ({"supply_date": date(2026, 2, 3)}, date(2026, 2, 3)),
        ({"supply_date": date(2026, 5, 1)}, date(2026, 3, 10)),
        ({"period": Period(date(2026, 2, 1), date(2026, 3, 1))}, date(2026, 2, 28)),
        ({"period": Period(date(2026, 3, 1), date(2026, 4, 1))}, date(2026, 3, 10)),
    ],
)
async def test_the_rate_is_that_of_the_tax_point(books: Any, line: dict[str, Any], day: date) -> None:
    books.at(2026, 3, 10)
    for each in (date(2026, 2, 3), date(2026, 2, 28), date(2026, 3, 10)):
        await published(books, each, USD=f"1.{each:%m%d}")
    wanted = LineInput(description="Advice", unit_price_cents="10000", **line)
    document = (await books.issue(wanted, currency="USD")).document
    assert document["vat_accounting"]["rate_date"] == day.isoformat()


async def test_of_several_tax_points_the_latest_counts(books: Any) -> None:
    books.at(2026, 3, 10)
    await published(books, date(2026, 2, 3), USD="1.1")
    await published(books, date(2026, 3, 2), USD="1.2")
    days = (date(2026, 2, 3), date(2026, 3, 2), date(2026, 1, 7))
    lines = [LineInput(description=f"{day}", unit_price_cents="10000", supply_date=day) for day in days]
    assert (await books.issue(*lines, currency="USD")).document["vat_accounting"]["rate"] == "1.2"


@pytest.mark.parametrize(
    ("currency", "code", "words"),
    [
        ("USD", "exchange_rate_missing", "No exchange rate of USD is known for 2026-01-15."),
        ("AED", "currency_unsupported", "the ECB publishes no rate of AED"),
    ],
)
async def test_without_a_rate_no_number_is_spent(books: Any, currency: str, code: str, words: str) -> None:
    await published(books, date(2026, 1, 7), USD="1.1")  # eight days old
    draft = await books.draft(currency=currency)
    with pytest.raises(ScaiControlError) as refused:
        await books.finalize(draft.id)
    assert refused.value.code == code
    assert words in refused.value.message
    assert refused.value.fields[0].pointer == "/currency"
    assert books.stored(draft.id).is_draft
    await published(books, date(2026, 1, 15), USD="1.1")
    if currency == "USD":
        assert (await books.finalize(draft.id)).number == "SCAI-2026-000001"


async def test_a_document_numbered_after_midnight_keeps_a_known_rate(books: Any) -> None:
    """The rates are read for the day before; the series is already a day further."""
    await published(books, date(2026, 1, 14), USD="1.1")
    books.at(2026, 1, 16, 0)
    await books.issue()
    books.at(2026, 1, 15)
    document = (await books.issue(currency="USD")).document
    assert (document["issue_date"], document["vat_accounting"]["rate_date"]) == ("2026-01-16", "2026-01-14")


async def test_a_billing_run_reads_rates_once_and_lists_whom_it_lacks_one_for(books: Any) -> None:
    dollars = await books.plan("dollars", currency="USD")
    crowns = await books.plan("crowns", currency="NOK")
    for name, plan in (("tnt_a", dollars), ("tnt_b", crowns), ("tnt_c", "scaikey.pro"), ("tnt_d", dollars)):
        await books.subscribe(await books.customer(name), plan)
    await published(books, date(2026, 1, 14), USD="1.0834")
    counting = _Counting(books.world.work)
    preview = await books.run("2026-01", dry_run=True, ports={"work": counting})
    assert (preview.totals.invoices, counting.reads) == (3, 1)
    report = await books.run("2026-01", ports={"work": counting})
    assert (report.totals.invoices, counting.reads) == (3, 2)
    assert [(each.tenant_id, each.code) for each in report.totals.failures] == [("tnt_b", "exchange_rate_missing")]
    foreign = [row.document["vat_accounting"] for row in books.invoices() if row.currency == "USD"]
    assert [each["rate"] for each in foreign] == ["1.0834", "1.0834"]


class _Counting(FaultyWork):
    """Counts how often exchange rates are read."""

    reads = 0

    def begin(self, actor: Any, *, read_only: bool = False) -> Any:
        return _CountingWork(self, super().begin(actor, read_only=read_only))


class _CountingWork:
    def __init__(self, counting: _Counting, opened: Any) -> None:
        self._counting, self._opened = counting, opened

    async def __aenter__(self) -> Any:
        work = await self._opened.__aenter__()
        read = work.exchange_rates.between

        async def between(*wanted: Any) -> Any:
            self._counting.reads += 1
            return await read(*wanted)

        work.exchange_rates.between = between
        return work

    async def __aexit__(self, *left: object) -> Any:
        return await self._opened.__aexit__(*left)


async def test_a_large_sale_in_dollars_is_weighed_in_euro(books: Any) -> None:
    """USD 10,500 are below EUR 10,000, so the seller's own VAT applies to the consumer abroad."""
    await published(books, date(2026, 1, 14), USD="1.1")
    consumer = await books.customer("tnt_fr", country_code="FR", vat_number=None, is_business=False)
    line = LineInput(description="Advice", unit_price_cents="1050000")
    document = (await books.issue(line, tenant_id=consumer, currency="USD")).document
    assert document["vat_details"]["entries"][0]["treatment"] == "seller_country"
    assert document["vat_details"]["inputs"]["supply_net_cents"] == 954545


async def test_two_workers_finalize_one_foreign_draft_once(books: Any) -> None:
    await published(books, date(2026, 1, 14), USD="1.1")
    draft = await books.draft(currency="USD")
    racing = FaultyWork(books.world.work, meanwhile=lambda _: books.finalize(draft.id))
    second = await books.world.ports["retry"](
        lambda: books.world.use(FinalizeInvoice, work=racing)(books.admin, draft.id)
    )
    assert (second.number, books.numbers()) == ("SCAI-2026-000001", ["SCAI-2026-000001"])


# -- credit ------------------------------------------------------------------------------------

_GROUPS = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), st.lists(st.integers(-1000, 1000), max_size=5)), min_size=1, max_size=4
)


@given(_GROUPS, st.decimals("0.01", "20000", places=4), st.decimals("0.01", "20000", places=4))
def test_credits_in_any_parts_sum_to_the_invoice_in_the_sellers_currency(
    groups: list[tuple[int, list[int]]], per_euro: Decimal, own: Decimal
) -> None:
    rate = CrossRate(
        source="ECB", day=date(2026, 1, 14), currency="USD", own_currency="JPY", per_euro=per_euro, own_per_euro=own
    )
    entries = [{"taxable_cents": net, "amount_cents": net // 5} for net, _ in groups]
    original = vat_accounting(rate, entries)
    again = CrossRate.of_document({"currency": "USD", "vat_accounting": original})
    assert again == rate
    done = [(0, 0)] * len(entries)
    summed = [(0, 0)] * len(entries)
    for part in range(max(len(cuts) for _, cuts in groups) + 1):
        nets = [
            cuts[part] if part < len(cuts) else -net - before[0]
            for (net, cuts), before in zip(groups, done, strict=True)
        ]
        taxes = [
            cut if part < len(cuts) else -(net // 5) - before[1]
            for (net, cuts), before, cut in zip(groups, done, nets, strict=True)
        ]
        note = [{"taxable_cents": net, "amount_cents": tax} for net, tax in zip(nets, taxes, strict=True)]
        stated = vat_accounting(rate, note, done)
        assert stated["net_cents"] == sum(row["taxable_cents"] for row in stated["entries"])
        done = [(a + net, b + tax) for (a, b), net, tax in zip(done, nets, taxes, strict=True)]
        summed = [
            (a + row["taxable_cents"], b + row["amount_cents"])
            for (a, b), row in zip(summed, stated["entries"], strict=True)
        ]
    assert summed == [(-row["taxable_cents"], -row["amount_cents"]) for row in original["entries"]]


def test_a_document_that_keeps_only_its_rate_converts_with_that() -> None:
    kept = {"currency": "EUR", "rate": "1.0834", "rate_date": "2026-01-14", "source": "ECB"}
    rate = CrossRate.of_document({"currency": "USD", "vat_accounting": kept})
    assert rate is not None
    assert rate.convert(10_834) == 10_000
