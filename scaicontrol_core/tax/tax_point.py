"""The tax point: the day whose rate applies to a line.

Directive 2006/112/EC art. 63 and 64(1): a subscription's period is supplied when it ends;
art. 65 and 66: an invoice or a payment in advance makes the VAT due earlier.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Literal


class BillingMode(StrEnum):
    """Whether a line is charged before or after the period it pays for."""

    ADVANCE = "advance"
    ARREARS = "arrears"


class AdvancePolicy(StrEnum):
    """Which day counts for a period charged in advance, should the rate change within it."""

    INVOICE_DATE = "invoice_date"
    PERIOD_END = "period_end"


def default_policy(seller_country: str, buyer_country: str) -> AdvancePolicy:
    """Return the end of the period where Germany is involved (it corrects prepayments), else the invoice date."""
    return AdvancePolicy.PERIOD_END if "DE" in (seller_country, buyer_country) else AdvancePolicy.INVOICE_DATE


def tax_point(
    billing_mode: BillingMode | Literal["advance", "arrears"],
    period_end: date | None = None,
    *,
    invoice_date: date,
    paid_on: date | None = None,
    policy: AdvancePolicy = AdvancePolicy.INVOICE_DATE,
) -> date:
    """Return the day of supply for VAT.

    ``period_end`` is exclusive, as everywhere: the last day served is the one before it. In
    arrears that day counts. In advance the invoice date does, or the payment's if the money
    came first, or the last day by policy. Without a period: as in advance.
    """
    last_day = period_end - timedelta(days=1) if period_end is not None else None
    if last_day is not None and (billing_mode == BillingMode.ARREARS or policy is AdvancePolicy.PERIOD_END):
        return last_day
    return invoice_date if paid_on is None else min(invoice_date, paid_on)
