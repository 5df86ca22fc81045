"""Tax reports as CSV: what a row is comes first, amounts are plain decimals of their currency."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

import pytest

from scaicontrol_adapters.reports import report_csv
from scaicontrol_core.tax.one_stop_shop import OssBalance, OssCorrection, OssReport, OssRow
from scaicontrol_core.tax.report_sums import TieOut
from scaicontrol_core.tax.reports import EcSalesList, ReportHeader, SalesRow, VatReport, VatRow

HEADER = ReportHeader(
    seller_id="prt_1",
    seller_name="House B.V.",
    seller_vat_number="NL868355884B01",
    seller_country="NL",
    period="2026-Q1",
    first_day=date(2026, 1, 1),
    last_day=date(2026, 3, 31),
    due_on=date(2026, 4, 30),
    final=True,
)
NOTHING = TieOut(documents=0, read=(), included=(), left_out=(), ties=True)


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.endswith("\r\n")
    return list(csv.DictReader(StringIO(text, newline="")))


def vat_row(corrected: str | None, currency: str, net: int) -> VatRow:
    return VatRow(
        corrected_period=corrected,
        treatment="domestic",
        category="S",
        country="NL",
        rate="21.00",
        currency=currency,
        documents=2,
        net_cents=net,
        tax_cents=0,
    )


def test_supplies_and_corrections_of_vat_are_told_apart() -> None:
    made = VatReport(
        header=HEADER,
        rows=(vat_row(None, "EUR", 123_456), vat_row(None, "JPY", 5000)),
        corrections=(vat_row("2025-Q4", "KWD", -5),),
        tie_out=NOTHING,
    )
    shown = [(row["row"], row["corrected_period"], row["currency"], row["net"]) for row in rows_of(report_csv(made))]
    assert shown == [
        ("supply", "", "EUR", "1234.56"),
        ("supply", "", "JPY", "5000"),
        ("correction", "2025-Q4", "KWD", "-0.005"),
    ]


def test_a_sales_list_is_one_line_a_buyer() -> None:
    buyer = SalesRow(
        corrected_period=None, country="EL", vat_number="094259216", currency="EUR", services_cents=1_000_001
    )
    made = EcSalesList(header=HEADER, rows=(buyer,), corrections=(), total_cents=1_000_001, tie_out=NOTHING)
    (row,) = rows_of(report_csv(made))
    assert (row["country"], row["vat_number"], row["services"]) == ("EL", "094259216", "10000.01")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula_and_amounts_stay_numbers(sign: str) -> None:
    buyer = SalesRow(
        corrected_period=None, country="DE", vat_number=f"{sign}HYPERLINK(1)", currency="EUR", services_cents=-5
    )
    made = EcSalesList(header=HEADER, rows=(buyer,), corrections=(), total_cents=-5, tie_out=NOTHING)
    (row,) = rows_of(report_csv(made))
    assert (row["vat_number"], row["services"]) == (f"'{sign}HYPERLINK(1)", "-0.05")


def test_a_return_has_supplies_corrections_and_balances() -> None:
    made = OssReport(
        header=HEADER,
        return_period="Q1.2026",
        currency="EUR",
        oss_registered=True,
        nil_return=False,
        rows=(OssRow(country="FR", rate_type="standard", rate="20.00", taxable_cents=10_000, vat_cents=2000),),
        corrections=(
            OssCorrection(country="EL", corrected_period="Q1.2022", taxable_cents=-100, vat_cents=-24, too_late=True),
        ),
        balances=(OssBalance(country="FR", vat_cents=2000, correction_cents=0, balance_cents=2000),),
        total_vat_cents=2000,
        payable_cents=2000,
        exchange_rates=(),
        tie_out=NOTHING,
    )
    shown = [
        (row["row"], row["corrected_period"], row["country"], row["vat"], row["too_late"])
        for row in rows_of(report_csv(made))
    ]
    assert shown == [
        ("supply", "", "FR", "20.00", ""),
        ("correction", "Q1.2022", "EL", "-0.24", "yes"),
        ("balance", "", "FR", "20.00", ""),
    ]


def test_a_report_without_rows_is_its_heading() -> None:
    made = VatReport(header=HEADER, rows=(), corrections=(), tie_out=NOTHING)
    assert report_csv(made).count("\r\n") == 1
