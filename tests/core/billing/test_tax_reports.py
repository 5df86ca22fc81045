"""The reports a seller owes: each document in its period, what comes late as a correction, all accounted for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.errors import NotYourSeries
from scaicontrol_core.billing.use_cases.import_exchange_rates import ImportExchangeRates
from scaicontrol_core.billing.use_cases.report_ec_sales import ReportEcSales
from scaicontrol_core.billing.use_cases.report_oss import ReportOss
from scaicontrol_core.billing.use_cases.report_vat import ReportVat
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.tax.exchange_rates import ExchangeRate, ExchangeRateMissing
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

RESELLER = PartnerId("prt_reseller")


def advice(euros: int, **fields: Any) -> LineInput:
    return LineInput(description="Advice", unit_price_cents=str(euros * 100), **fields)


async def vat(books: Any, period: str, **asked: Any) -> Any:
    return await books.world.use(ReportVat)(books.admin, period, **asked)


async def oss(books: Any, period: str, **asked: Any) -> Any:
    return await books.world.use(ReportOss)(books.admin, period, **asked)


async def sales(books: Any, period: str, **asked: Any) -> Any:
    return await books.world.use(ReportEcSales)(books.admin, period, **asked)


async def consumer(books: Any, country: str, **details: Any) -> Any:
    return await books.customer(
        f"tnt_{country.lower()}", country_code=country, vat_number=None, is_business=False, **details
    )


async def business(books: Any, name: str, country: str, number: str) -> Any:
    known = await books.customer(name, country_code=country, vat_number=number)
    async with books.world.work.begin(books.admin) as work:
        profile = await work.billing_profiles.get(known)
        profile.attest_vat_number(None, "Seen the certificate.", books.world.clock.now())
        await work.billing_profiles.save(profile)
        await work.commit()
    return known


def shown(rows: Any, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(row, name) for name in names) for row in rows]


def heaps(tie_out: Any) -> dict[str, tuple[int, int, int]]:
    assert tie_out.ties
    return {each.reason: (each.documents, each.net_cents, each.tax_cents) for each in tie_out.left_out}


# -- VAT summary -------------------------------------------------------------------------------


async def test_the_summary_has_a_row_for_each_group_and_country(books: Any) -> None:
    await books.configure(oss_registered=True)
    french, german = await consumer(books, "FR"), await business(books, "tnt_de", "DE", "DE129273398")
    american = await books.customer("tnt_us", country_code="US", vat_number=None)
    for tenant, euros in ((TENANT_ID, 100), (TENANT_ID, 50), (french, 10), (german, 200), (american, 7)):
        await books.issue(advice(euros), tenant_id=tenant)
    report = await vat(books, "2026-01")
    names = ("treatment", "category", "country", "rate", "documents", "net_cents", "tax_cents")
    assert shown(report.rows, *names) == [
        ("destination", "S", "FR", "20.00", 1, 1000, 200),
        ("domestic", "S", "NL", "21.00", 2, 15000, 3150),
        ("outside_eu", "G", "US", "0.00", 1, 700, 0),
        ("reverse_charge", "AE", "DE", "0.00", 1, 20000, 0),
    ]
    assert (report.corrections, report.tie_out.documents, heaps(report.tie_out)) == ((), 5, {})
    (read,) = report.tie_out.read
    assert (read.currency, read.documents, read.net_cents, read.tax_cents) == ("EUR", 5, 36700, 3350)
    header = report.header
    assert (header.seller_vat_number, header.first_day, header.last_day) == (
        "NL868355884B01",
        date(2026, 1, 1),
        date(2026, 1, 31),
    )
    assert (header.due_on, header.final) == (date(2026, 2, 28), False)
    assert (await vat(books, "2026")).rows == (await vat(books, "2026-Q1")).rows == report.rows


async def test_a_supply_belongs_to_the_period_of_its_tax_point(books: Any) -> None:
    books.at(2026, 2, 10)
    await books.issue(advice(100), advice(30, period=Period(date(2026, 1, 1), date(2026, 2, 1))))
    january, february = await vat(books, "2026-01"), await vat(books, "2026-02")
    assert shown(january.rows, "net_cents", "tax_cents") == [(3000, 630)]
    assert shown(february.rows, "net_cents", "tax_cents") == [(10000, 2100)]
    assert heaps(january.tie_out) == {"other_period": (1, 10000, 2100)}
    assert heaps(february.tie_out) == {"other_period": (1, 3000, 630)}


async def test_what_is_issued_after_the_due_date_corrects_the_period(books: Any) -> None:
    for day in (28, 1):  # January's return is due on 28 February
        books.at(2026, 2 if day == 28 else 3, day)
        await books.issue(advice(day, supply_date=date(2026, 1, 20)))
    january, march = await vat(books, "2026-01"), await vat(books, "2026-03")
    assert shown(january.rows, "net_cents") == [(2800,)]
    assert january.header.final
    assert shown(march.rows, "net_cents") == []
    assert shown(march.corrections, "corrected_period", "net_cents", "tax_cents") == [("2026-01", 100, 21)]
    assert (await vat(books, "2026-02")).rows == ()
    assert shown((await vat(books, "2026-Q1")).rows, "net_cents") == [(2900,)]


async def test_a_period_charged_ahead_counts_when_it_is_supplied(books: Any) -> None:
    """Where Germany is involved, the end of the period is the tax point: a year's plan counts next year."""
    german = await business(books, "tnt_de", "DE", "DE129273398")
    await books.issue(advice(1200, period=Period(date(2026, 1, 15), date(2027, 1, 15))), tenant_id=german)
    assert (await sales(books, "2026-Q1")).rows == ()
    assert shown((await sales(books, "2027-Q1")).rows, "country", "vat_number", "services_cents") == [
        ("DE", "129273398", 120000)
    ]


async def test_a_return_that_was_due_stays_and_a_voiding_after_it_is_a_correction(books: Any) -> None:
    books.at(2026, 1, 20)
    await books.issue(advice(100))
    voided = await books.issue(advice(30))
    books.at(2026, 3, 5)
    filed = await vat(books, "2026-01")
    assert filed.header.final
    await books.world.use(VoidInvoice)(books.admin, voided.id, "Billed twice.")
    later = await vat(books, "2026-01")
    assert (later.rows, later.corrections, later.tie_out) == (filed.rows, filed.corrections, filed.tie_out)
    march = await vat(books, "2026-03")
    names = ("corrected_period", "treatment", "documents", "net_cents", "tax_cents")
    assert shown(march.corrections, *names) == [("2026-01", "domestic", 1, -3000, -630)]
    assert march.rows == ()
    assert heaps(march.tie_out) == {"other_period": (1, 3000, 630)}
    assert shown((await vat(books, "2026-Q1")).rows, "net_cents") == [(10000,)]  # the quarter's is not due yet


async def test_voided_documents_count_in_the_account_only(books: Any) -> None:
    kept, voided = await books.issue(advice(100)), await books.issue(advice(30))
    await books.world.use(VoidInvoice)(books.admin, voided.id, "A slip.")
    report = await vat(books, "2026-01")
    assert (shown(report.rows, "net_cents"), kept.net_cents) == ([(10000,)], 10000)
    assert heaps(report.tie_out) == {"void": (1, 3000, 630)}
    assert report.tie_out.documents == 2


async def test_foreign_currencies_are_reported_in_the_sellers_own(books: Any) -> None:
    told = [ExchangeRate(day=date(2026, 1, 14), currency="USD", rate=Decimal("1.0834"))]
    await books.world.use(ImportExchangeRates)(books.admin, told)
    issued = await books.issue(
        advice(100, supply_date=date(2026, 1, 15)), advice(1, supply_date=date(2025, 11, 3)), currency="USD"
    )
    accounting = issued.document["vat_accounting"]
    january = await vat(books, "2026-Q1")
    assert shown(january.rows, "currency", "net_cents", "tax_cents") == [("EUR", 9230, 1938)]
    assert shown(january.corrections, "corrected_period", "net_cents") == []
    late = await vat(books, "2025-Q4")
    assert shown(late.rows, "net_cents", "tax_cents") == [
        (accounting["net_cents"] - 9230, accounting["tax_cents"] - 1938)
    ]
    assert (january.tie_out.ties, late.tie_out.ties) == (True, True)


async def test_whoever_changed_its_currency_gets_a_row_for_each(books: Any) -> None:
    await books.issue(advice(100))
    await books.configure(default_currency="CHF")
    await books.issue(advice(50))
    report = await vat(books, "2026-01")
    assert shown(report.rows, "currency", "net_cents") == [("CHF", 5000), ("EUR", 10000)]
    assert report.tie_out.ties


# -- EC sales list -----------------------------------------------------------------------------


async def test_the_list_names_each_buyer_once_without_its_prefix(books: Any) -> None:
    german, greek = (
        await business(books, "tnt_de", "DE", "DE129273398"),
        await business(books, "tnt_gr", "GR", "EL094259216"),
    )
    for tenant, euros in ((german, 100), (greek, 30), (german, 5), (TENANT_ID, 70)):
        await books.issue(advice(euros, supply_date=date(2026, 1, 15)), tenant_id=tenant)
    listed = await sales(books, "2026-01")
    assert shown(listed.rows, "country", "vat_number", "services_cents") == [
        ("DE", "129273398", 10500),
        ("EL", "094259216", 3000),
    ]
    assert listed.total_cents == 13500
    assert heaps(listed.tie_out) == {"domestic": (1, 7000, 1470)}
    summary = await vat(books, "2026-01")
    assert listed.total_cents == sum(row.net_cents for row in summary.rows if row.treatment == "reverse_charge")


async def test_what_nets_to_zero_is_not_listed(books: Any) -> None:
    german = await business(books, "tnt_de", "DE", "DE129273398")
    for quantity in ("1", "-1"):
        await books.issue(advice(10, quantity=quantity, supply_date=date(2026, 1, 15)), tenant_id=german)
    listed = await sales(books, "2026-Q1")
    assert (listed.rows, listed.total_cents, listed.tie_out.documents) == ((), 0, 2)
    assert [(each.documents, each.net_cents) for each in listed.tie_out.included] == [(2, 0)]


# -- One Stop Shop -----------------------------------------------------------------------------


async def test_the_return_is_made_per_state_of_consumption(books: Any) -> None:
    await books.configure(oss_registered=True)
    madeira = await consumer(books, "PT", postal_code="9000-001")
    for tenant in (await consumer(books, "FR"), await consumer(books, "GR"), madeira, TENANT_ID):
        await books.issue(advice(100), tenant_id=tenant)
    made = await oss(books, "2026-Q1")
    assert (made.return_period, made.currency, made.nil_return) == ("Q1.2026", "EUR", False)
    assert shown(made.rows, "country", "rate_type", "rate", "taxable_cents", "vat_cents") == [
        ("EL", "standard", "24.00", 10000, 2400),
        ("FR", "standard", "20.00", 10000, 2000),
        ("PT", "standard", "22.00", 10000, 2200),
    ]
    assert shown(made.balances, "country", "balance_cents") == [("EL", 2400), ("FR", 2000), ("PT", 2200)]
    assert (made.total_vat_cents, made.payable_cents) == (6600, 6600)
    assert heaps(made.tie_out) == {"domestic": (1, 10000, 2100)}
    assert (await oss(books, "2026-Q2")).nil_return


async def test_a_later_change_is_a_correction_by_state_and_quarter(books: Any) -> None:
    await books.configure(oss_registered=True)
    french, greek = await consumer(books, "FR"), await consumer(books, "GR")
    await books.issue(advice(100), tenant_id=french)
    books.at(2026, 5, 1)
    back = advice(100, quantity="-1", supply_date=date(2026, 1, 15))
    await books.issue(back, tenant_id=french)
    await books.issue(advice(10), tenant_id=greek)
    first, second = await oss(books, "2026-Q1"), await oss(books, "2026-Q2")
    assert shown(first.rows, "country", "vat_cents") == [("FR", 2000)]
    assert shown(second.rows, "country", "vat_cents") == [("EL", 240)]
    names = ("country", "corrected_period", "vat_cents", "too_late")
    assert shown(second.corrections, *names) == [("FR", "Q1.2026", -2000, False)]
    assert shown(second.balances, "country", "balance_cents") == [("EL", 240), ("FR", -2000)]
    assert (second.total_vat_cents, second.payable_cents) == (-1760, 240)


@pytest.mark.parametrize(("month", "quarter", "taken"), [(2, "2029-Q1", 2000), (5, "2029-Q2", 0)])
async def test_after_three_years_the_shop_takes_no_correction(books: Any, month: int, quarter: str, taken: int) -> None:
    await books.configure(oss_registered=True)
    french = await consumer(books, "FR")
    books.at(2029, month, 1)
    await books.issue(advice(100, supply_date=date(2026, 1, 15)), tenant_id=french)
    made = await oss(books, quarter)
    assert shown(made.corrections, "vat_cents", "too_late") == [(2000, taken == 0)]
    assert made.total_vat_cents == taken
    assert made.tie_out.ties


async def test_sales_of_before_the_registration_are_left_out_by_name(books: Any) -> None:
    await books.configure(b2c_cross_border_turnover_cents=10**7)
    french = await consumer(books, "FR")
    await books.issue(advice(100), tenant_id=french)
    await books.configure(oss_registered=True)
    await books.issue(advice(50), tenant_id=french)
    made = await oss(books, "2026-Q1")
    assert shown(made.rows, "country", "taxable_cents") == [("FR", 5000)]
    assert heaps(made.tie_out) == {"not_registered": (1, 10000, 2000)}


async def test_other_currencies_are_converted_at_the_quarters_end(books: Any) -> None:
    await books.configure(oss_registered=True)
    french = await consumer(books, "FR")
    rates = [(date(2026, 1, 14), "1.1"), (date(2026, 3, 30), "1.2"), (date(2026, 4, 1), "1.25")]
    imports = books.world.use(ImportExchangeRates)
    await imports(books.admin, [ExchangeRate(day=rates[0][0], currency="USD", rate=Decimal(rates[0][1]))])
    await books.issue(advice(100), tenant_id=french, currency="USD")
    running = await oss(books, "2026-Q1")  # not over yet: the last rate known stands in
    assert shown(running.exchange_rates, "rate", "rate_date") == [("1.1", date(2026, 1, 14))]
    books.at(2026, 4, 9)
    await imports(books.admin, [ExchangeRate(day=day, currency="USD", rate=Decimal(text)) for day, text in rates[:2]])
    with pytest.raises(ExchangeRateMissing) as missing:
        await oss(books, "2026-Q1")
    assert "USD is known for 2026-03-31" in missing.value.message
    await imports(books.admin, [ExchangeRate(day=day, currency="USD", rate=Decimal(text)) for day, text in rates])
    made = await oss(books, "2026-Q1")  # the 31st has none: the next one published
    assert shown(made.exchange_rates, "currency", "period", "rate", "rate_date") == [
        ("USD", "Q1.2026", "1.25", date(2026, 4, 1))
    ]
    assert shown(made.rows, "taxable_cents", "vat_cents") == [(8000, 1600)]
    books.at(2026, 6, 1)
    await imports(books.admin, [ExchangeRate(day=date(2026, 6, 1), currency="USD", rate=Decimal(2))])
    back = advice(100, quantity="-1", supply_date=date(2026, 1, 15))
    await books.issue(back, tenant_id=french, currency="USD")
    (correction,) = (await oss(books, "2026-Q2")).corrections
    assert correction.vat_cents == -1600  # what was declared is taken back, whatever the dollar did since


# -- who may read them -------------------------------------------------------------------------


@pytest.mark.parametrize("use_case", [ReportVat, ReportOss, ReportEcSales])
async def test_reports_are_the_sellers_own(books: Any, use_case: Any) -> None:
    await books.reseller(RESELLER, "RSL", billing_model="wholesale")
    rita, rival = Actor.partner_admin("rita", RESELLER), Actor.partner_admin("rick", PartnerId("prt_rival"))
    report = books.world.use(use_case)
    assert (await report(rita, "2026-Q1")).header.seller_id == RESELLER
    assert (await report(books.admin, "2026-Q1", seller_id=RESELLER)).header.seller_name == "ScaiLabs B.V."
    assert (await report(books.admin, "2026-Q1")).header.seller_id == OPERATOR_ID
    for stranger in (rita, rival):
        with pytest.raises((NotFound, NotYourSeries)):
            await report(stranger, "2026-Q1", seller_id=OPERATOR_ID)
    with pytest.raises(NotFound):
        await report(rival, "2026-Q1", seller_id=RESELLER)
    customer = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
    with pytest.raises(Forbidden):
        await report(customer, "2026-Q1")


@pytest.mark.parametrize(
    ("use_case", "period"),
    [
        (ReportVat, "2026-13"),
        (ReportVat, "2026-Q5"),
        (ReportVat, "26-Q1"),
        (ReportVat, "1999"),
        (ReportVat, ""),
        (ReportVat, "٢٠٢٦"),
        (ReportOss, "2026-01"),
        (ReportOss, "2026"),
        (ReportEcSales, "2026"),
    ],
)
async def test_a_period_is_named_in_one_way(books: Any, use_case: Any, period: str) -> None:
    with pytest.raises(Invalid) as refused:
        await books.world.use(use_case)(books.admin, period)
    assert (refused.value.code, refused.value.fields[0].pointer) == ("period_invalid", "/period")
