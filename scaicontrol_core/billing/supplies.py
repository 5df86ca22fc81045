"""When the lines of a draft are supplied, and which exchange rate that asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.billing.foreign_currency import RateWanted, rate_day
from scaicontrol_core.tax import BillingMode, default_policy, tax_point
from scaicontrol_core.tax.tax_point import AdvancePolicy
from scaicontrol_core.tenancy.seller import AdvanceTaxPoint

if TYPE_CHECKING:
    from datetime import date

    from scaicontrol_core.billing.facts import Facts
    from scaicontrol_core.billing.line import InvoiceLine


def supply_date(facts: Facts, line: InvoiceLine, issue_date: date) -> date:
    """Return the line's tax point: its own, else what law makes of its period and the issue date."""
    if line.supply_date is not None:
        return line.supply_date
    period_end = line.period.end if line.period else None
    # What was over before its invoice was supplied when it ended, at the rate of that day, however late it is billed.
    over = period_end is not None and period_end <= issue_date
    mode = BillingMode.ARREARS if over else BillingMode.ADVANCE
    return tax_point(mode, period_end, invoice_date=issue_date, policy=_policy(facts))


def _policy(facts: Facts) -> AdvancePolicy:
    """Return the seller's choice, or what law and practice of the countries make it."""
    own = facts.seller.configuration
    if own.advance_tax_point is AdvanceTaxPoint.BY_COUNTRY:
        return default_policy(own.seller_country_code or "", facts.buyer.details.country_code)
    if own.advance_tax_point is AdvanceTaxPoint.PERIOD_END:
        return AdvancePolicy.PERIOD_END
    return AdvancePolicy.INVOICE_DATE  # of a line that is divided, each part has a day of its own


def rate_wanted(facts: Facts, issue_date: date) -> RateWanted | None:
    """Return the exchange rate that the document needs; None in its seller's own currency."""
    invoice, own = facts.invoice, facts.seller.configuration.default_currency
    if invoice.currency == own or not invoice.lines:
        return None
    supply_dates = (supply_date(facts, line, issue_date) for line in invoice.lines)
    return RateWanted(invoice.currency, own, rate_day(supply_dates, issue_date))
