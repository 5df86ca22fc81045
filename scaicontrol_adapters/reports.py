"""Reports as CSV (RFC 4180, UTF-8): one table each, amounts as plain decimals, one heading.

The first column says what a row is: a supply of the period, a correction of an earlier one or,
in a return of the One Stop Shop, a state's balance. No cell is a formula to a spreadsheet, whatever
an old document has in it.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING, TypeAlias

from scaicontrol_adapters.revenue_csv import REVENUE, revenue_rows
from scaicontrol_core.billing.revenue import RevenueReport
from scaicontrol_core.kernel.money import format_minor, minor_unit_exponent
from scaicontrol_core.payments.ageing import Age, AgeingReport
from scaicontrol_core.tax.one_stop_shop import OssReport
from scaicontrol_core.tax.reports import EcSalesList, VatReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scaicontrol_core.billing.commissions.month import MonthOfCommissions

Report: TypeAlias = VatReport | OssReport | EcSalesList | AgeingReport | RevenueReport
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SUPPLY, _CORRECTION, _BALANCE = "supply", "correction", "balance"


def report_csv(report: Report) -> str:
    """Write a report's rows; a report without any is its heading alone."""
    if isinstance(report, VatReport):
        return _written(_VAT, _vat_rows(report))
    if isinstance(report, RevenueReport):
        return _written(REVENUE, revenue_rows(report))
    if isinstance(report, EcSalesList):
        return _written(_SALES, _sales_rows(report))
    if isinstance(report, AgeingReport):
        return _written(_AGEING, _ageing_rows(report))
    return _written(_OSS, _oss_rows(report))


_VAT = (
    "row",
    "period",
    "corrected_period",
    "treatment",
    "category",
    "country",
    "rate",
    "documents",
    "currency",
    "net",
    "vat",
)
_SALES = ("row", "period", "corrected_period", "country", "vat_number", "currency", "services")
_OSS = ("row", "period", "corrected_period", "country", "rate_type", "rate", "taxable", "vat", "too_late")


_AGEING = (
    "as_of",
    "buyer_id",
    "buyer",
    "currency",
    "invoices",
    "not_due",
    "days_1_30",
    "days_31_60",
    "days_61_90",
    "over_90",
    "open",
    "credit",
)


def _ageing_rows(report: AgeingReport) -> Iterable[Sequence[object]]:
    for row in report.rows:
        amounts = (*(getattr(row, age.value) for age in Age), row.open_cents, row.credit_cents)
        yield (
            report.as_of.isoformat(),
            row.tenant_id or row.buyer_partner_id,
            row.buyer_name,
            row.currency,
            row.invoices,
            *(_amount(cents, row.currency) for cents in amounts),
        )


_COMMISSIONS = (
    "month",
    "day",
    "kind",
    "number",
    "issue_date",
    "customer",
    "currency",
    "net",
    "rate",
    "commission",
)


def commissions_csv(stated: MonthOfCommissions) -> str:
    """Write the entries of a month's statements; rates are percent."""
    return _written(_COMMISSIONS, _commission_rows(stated))


def _commission_rows(stated: MonthOfCommissions) -> Iterable[Sequence[object]]:
    for statement in stated.statements:
        for entry in statement.entries:
            yield (
                stated.name,
                entry.day.isoformat(),
                entry.kind.value,
                entry.number,
                entry.issue_date.isoformat(),
                entry.customer,
                statement.currency,
                _amount(entry.net_cents, statement.currency),
                format_minor(entry.rate_bp, 2),
                _amount(entry.commission_cents, statement.currency),
            )


def _vat_rows(report: VatReport) -> Iterable[Sequence[object]]:
    for row in (*report.rows, *report.corrections):
        yield (
            _CORRECTION if row.corrected_period else _SUPPLY,
            report.header.period,
            row.corrected_period,
            row.treatment,
            row.category,
            row.country,
            row.rate,
            row.documents,
            row.currency,
            _amount(row.net_cents, row.currency),
            _amount(row.tax_cents, row.currency),
        )


def _sales_rows(report: EcSalesList) -> Iterable[Sequence[object]]:
    for row in (*report.rows, *report.corrections):
        yield (
            _CORRECTION if row.corrected_period else _SUPPLY,
            report.header.period,
            row.corrected_period,
            row.country,
            row.vat_number,
            row.currency,
            _amount(row.services_cents, row.currency),
        )


def _oss_rows(report: OssReport) -> Iterable[Sequence[object]]:
    period, euro = report.return_period, report.currency
    for row in report.rows:
        taxable, vat = _amount(row.taxable_cents, euro), _amount(row.vat_cents, euro)
        yield _SUPPLY, period, None, row.country, row.rate_type, row.rate, taxable, vat, None
    for each in report.corrections:
        taxable, vat = _amount(each.taxable_cents, euro), _amount(each.vat_cents, euro)
        too_late = "yes" if each.too_late else "no"
        yield _CORRECTION, period, each.corrected_period, each.country, None, None, taxable, vat, too_late
    for state in report.balances:
        yield _BALANCE, period, None, state.country, None, None, None, _amount(state.balance_cents, euro), None


def _amount(minor: int, currency: str) -> str:
    return format_minor(minor, minor_unit_exponent(currency))


def _written(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def _plain(cell: object) -> object:
    """Return the cell as spreadsheets may have it: text that would begin a formula gets an apostrophe."""
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
