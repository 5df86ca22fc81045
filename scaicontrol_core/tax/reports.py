"""The reports a seller owes its tax office: VAT summary and EC sales list; ``one_stop_shop`` has the third.

They are made of frozen documents alone and never edited: what comes after a return was due is
a correction in a later one. Amounts are minor units; the tie-out accounts for every document.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.tax.report_sums import Gathering, LeftOut, RowKey, TieOut
from scaicontrol_core.tax.vat_decision import Treatment

if TYPE_CHECKING:
    from scaicontrol_core.tax.report_amounts import Amount, DocumentAmounts


@frozen(kw_only=True)
class ReportHeader:
    """Whose report it is, and of which days. ``final``: its due date is past, no document is added any more."""

    seller_id: str
    seller_name: str
    seller_vat_number: str | None
    seller_country: str | None
    period: str
    first_day: date
    last_day: date
    due_on: date
    final: bool


@frozen(kw_only=True)
class VatRow:
    """One VAT group of the period; ``corrected_period`` names the earlier one that a correction belongs to."""

    corrected_period: str | None
    treatment: str
    category: str
    country: str
    rate: str
    currency: str
    documents: int
    net_cents: int
    tax_cents: int


@frozen(kw_only=True)
class VatReport:
    """All VAT of a seller: per treatment, category, country and rate, in the seller's currency."""

    header: ReportHeader
    rows: tuple[VatRow, ...]
    corrections: tuple[VatRow, ...]
    tie_out: TieOut


@frozen(kw_only=True)
class SalesRow:
    """Services supplied to one buyer under the reverse charge: VAT number without its prefix, net."""

    corrected_period: str | None
    country: str
    vat_number: str
    currency: str
    services_cents: int


@frozen(kw_only=True)
class EcSalesList:
    """A recapitulative statement (Directive 2006/112/EC art. 262 to 264), in the seller's currency.

    ``total_cents`` adds up rows and corrections; meaningful where the seller kept one currency.
    """

    header: ReportHeader
    rows: tuple[SalesRow, ...]
    corrections: tuple[SalesRow, ...]
    total_cents: int
    tie_out: TieOut


# -- VAT summary -----------------------------------------------------------------------------


def place_vat(_document: DocumentAmounts, amount: Amount) -> RowKey:
    """Return the VAT group; the summary leaves nothing out."""
    return amount.treatment, amount.category, amount.country, amount.rate


def vat_report(header: ReportHeader, gathering: Gathering) -> VatReport:
    """Return the summary of what was gathered with ``place_vat``."""
    made = [
        VatRow(
            corrected_period=corrected.name if corrected else None,
            treatment=treatment,
            category=category,
            country=country,
            rate=rate,
            currency=currency,
            documents=total.documents,
            net_cents=total.net_cents,
            tax_cents=total.tax_cents,
        )
        for (corrected, (treatment, category, country, rate), currency), total in gathering.rows.items()
    ]
    made.sort(
        key=lambda row: (row.corrected_period or "", row.treatment, row.category, row.country, row.rate, row.currency)
    )
    return VatReport(
        header=header,
        rows=tuple(row for row in made if row.corrected_period is None),
        corrections=tuple(row for row in made if row.corrected_period is not None),
        tie_out=gathering.tie_out(),
    )


# -- EC sales list ---------------------------------------------------------------------------


def place_sales(document: DocumentAmounts, amount: Amount) -> RowKey | LeftOut:
    """Return the buyer of a supply under the reverse charge: the country's prefix and the rest of its number."""
    if amount.treatment != Treatment.REVERSE_CHARGE:
        return LeftOut(amount.treatment)
    number = document.buyer_vat_number
    return (number[:2], number[2:]) if number else LeftOut.NO_VAT_NUMBER


def ec_sales_list(header: ReportHeader, gathering: Gathering) -> EcSalesList:
    """Return the list of what was gathered with ``place_sales``; what nets to zero is not listed."""
    made = [
        SalesRow(
            corrected_period=corrected.name if corrected else None,
            country=country,
            vat_number=number,
            currency=currency,
            services_cents=total.net_cents,
        )
        for (corrected, (country, number), currency), total in gathering.rows.items()
        if total.net_cents
    ]
    made.sort(key=lambda row: (row.corrected_period or "", row.country, row.vat_number, row.currency))
    return EcSalesList(
        header=header,
        rows=tuple(row for row in made if row.corrected_period is None),
        corrections=tuple(row for row in made if row.corrected_period is not None),
        total_cents=sum(row.services_cents for row in made),
        tie_out=gathering.tie_out(),
    )
