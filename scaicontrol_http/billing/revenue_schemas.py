"""Answers of the report on recurring revenue. Amounts are minor units a month; losses are negative."""

from __future__ import annotations

from datetime import date, datetime

from scaicontrol_http.requests import Answer


class RevenuePartAnswer(Answer):
    """A plan's or a country's part; ``name`` is a plan's key, ``pack:`` and a slug, or a country."""

    name: str
    start_cents: int
    new_cents: int
    expansion_cents: int
    contraction_cents: int
    churned_cents: int
    reactivated_cents: int
    end_cents: int
    customers_at_end: int


class RevenueMonthAnswer(Answer):
    """One month in one currency: start plus movements is the end. Shares are basis points of the start."""

    month: str
    currency: str
    start_cents: int
    new_cents: int
    expansion_cents: int
    contraction_cents: int
    churned_cents: int
    reactivated_cents: int
    end_cents: int
    customers_at_start: int
    customers_new: int
    customers_reactivated: int
    customers_churned: int
    customers_at_end: int
    customers_lost: int
    logo_churn_bp: int | None
    revenue_churn_bp: int | None
    net_retention_bp: int | None
    arpa_cents: int | None
    by_plan: list[RevenuePartAnswer]
    by_country: list[RevenuePartAnswer]


class RevenueReportAnswer(Answer):
    """The months of one seller up to and with ``as_of``, a local day; ``final`` once the period is over."""

    period: str
    seller_id: str
    seller_name: str
    partner_id: str | None
    timezone: str
    as_of: date
    final: bool
    generated_at: datetime
    months: list[RevenueMonthAnswer]
