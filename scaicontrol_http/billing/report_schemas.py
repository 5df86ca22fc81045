"""Answers of the tax reports. Amounts are minor units, rates percentages as text."""

from __future__ import annotations

from datetime import date

from scaicontrol_http.requests import Answer


class ReportHeaderAnswer(Answer):
    """Whose report it is, and of which days; ``final`` once its due date is past."""

    seller_id: str
    seller_name: str
    seller_vat_number: str | None
    seller_country: str | None
    period: str
    first_day: date
    last_day: date
    due_on: date
    final: bool


class HeapAnswer(Answer):
    """A sum of the account: of how many documents, and for what reason they are left out."""

    reason: str | None
    currency: str
    documents: int
    net_cents: int
    tax_cents: int


class TieOutAnswer(Answer):
    """What was read, what is in the report, what is left out; ``ties``: the first is the sum of the others."""

    documents: int
    read: list[HeapAnswer]
    included: list[HeapAnswer]
    left_out: list[HeapAnswer]
    ties: bool


class VatRowAnswer(Answer):
    """One VAT group; ``corrected_period`` names the earlier period that a correction belongs to."""

    corrected_period: str | None
    treatment: str
    category: str
    country: str
    rate: str
    currency: str
    documents: int
    net_cents: int
    tax_cents: int


class VatReportAnswer(Answer):
    """All VAT of a seller in a period."""

    header: ReportHeaderAnswer
    rows: list[VatRowAnswer]
    corrections: list[VatRowAnswer]
    tie_out: TieOutAnswer


class SalesRowAnswer(Answer):
    """Services to one buyer; its VAT number without the country's prefix."""

    corrected_period: str | None
    country: str
    vat_number: str
    currency: str
    services_cents: int


class EcSalesListAnswer(Answer):
    """Services to businesses of other member states under the reverse charge."""

    header: ReportHeaderAnswer
    rows: list[SalesRowAnswer]
    corrections: list[SalesRowAnswer]
    total_cents: int
    tie_out: TieOutAnswer


class OssRowAnswer(Answer):
    """Supplies to one state of consumption at one rate, in euro cents."""

    country: str
    rate_type: str
    rate: str
    taxable_cents: int
    vat_cents: int


class OssCorrectionAnswer(Answer):
    """How an earlier quarter changes, in euro cents; ``too_late`` for the shop after three years."""

    country: str
    corrected_period: str
    taxable_cents: int
    vat_cents: int
    too_late: bool


class OssBalanceAnswer(Answer):
    """What one state of consumption is owed, or owes, in euro cents."""

    country: str
    vat_cents: int
    correction_cents: int
    balance_cents: int


class RateUsedAnswer(Answer):
    """An exchange rate that was converted at: units per euro."""

    currency: str
    period: str
    rate: str
    rate_date: date


class OssReportAnswer(Answer):
    """A quarter's return of the Union scheme; ``payable_cents`` sums the positive balances."""

    header: ReportHeaderAnswer
    return_period: str
    currency: str
    oss_registered: bool
    nil_return: bool
    rows: list[OssRowAnswer]
    corrections: list[OssCorrectionAnswer]
    balances: list[OssBalanceAnswer]
    total_vat_cents: int
    payable_cents: int
    exchange_rates: list[RateUsedAnswer]
    tie_out: TieOutAnswer
