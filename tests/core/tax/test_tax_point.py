"""The day whose rate applies."""

from __future__ import annotations

from datetime import date

from scaicontrol_core.tax import AdvancePolicy, BillingMode, default_policy, standard_rates, tax_point

JULY_FIRST = date(2025, 7, 1)
INVOICED = date(2025, 7, 3)


def test_usage_of_june_billed_in_july_takes_the_rate_of_june() -> None:
    day = tax_point(BillingMode.ARREARS, JULY_FIRST, invoice_date=INVOICED)
    assert day == date(2025, 6, 30)
    assert standard_rates().rate_on("EE", day).rate_bp == 2200


def test_in_advance_the_invoice_date_counts() -> None:
    assert tax_point(BillingMode.ADVANCE, date(2025, 8, 3), invoice_date=INVOICED) == INVOICED
    assert tax_point("advance", invoice_date=INVOICED) == INVOICED


def test_money_that_came_first_counts_first() -> None:
    paid = date(2025, 6, 28)
    assert tax_point("advance", date(2025, 8, 1), invoice_date=INVOICED, paid_on=paid) == paid
    assert tax_point("advance", date(2025, 8, 1), invoice_date=INVOICED, paid_on=date(2025, 7, 9)) == INVOICED
    assert tax_point("arrears", JULY_FIRST, invoice_date=INVOICED, paid_on=date(2025, 6, 1)) == date(2025, 6, 30)


def test_germany_takes_the_end_of_the_period() -> None:
    policy = default_policy("NL", "DE")
    assert policy is AdvancePolicy.PERIOD_END
    assert tax_point("advance", date(2021, 1, 15), invoice_date=date(2020, 12, 15), policy=policy) == date(2021, 1, 14)
    assert default_policy("NL", "FR") is AdvancePolicy.INVOICE_DATE


def test_a_charge_without_a_period_is_supplied_when_invoiced() -> None:
    assert tax_point("arrears", invoice_date=INVOICED) == INVOICED
