"""From a draft to a frozen document: snapshots and VAT before the lock, number and hash within.

``prepare`` does all that needs no number (Directive 2006/112/EC art. 226: parties, dates,
lines, rates, amounts, mentions); ``freeze`` is the few microseconds under the number
series' lock.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import evolve

from scaicontrol_core.billing.deciding import Decided, decide_lines, vat_evidence
from scaicontrol_core.billing.errors import DueDateInvalid, EmptyInvoice
from scaicontrol_core.billing.facts import Facts, Prepared
from scaicontrol_core.billing.foreign_currency import rate_for, vat_accounting
from scaicontrol_core.billing.frozen_document import FrozenDocument, FrozenLine, FrozenTotals
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.billing.numbering import NumberSeries, SeriesKey, fiscal_year
from scaicontrol_core.billing.rate_changes import divided
from scaicontrol_core.billing.sealing import Freezing, seal
from scaicontrol_core.billing.seller import require_billable
from scaicontrol_core.billing.snapshots import buyer_snapshot, seller_snapshot
from scaicontrol_core.billing.supplies import rate_wanted, supply_date
from scaicontrol_core.kernel.quantity import plain
from scaicontrol_core.tax import (
    VatBreakdown,
    break_down,
)

if TYPE_CHECKING:
    from scaicontrol_core.kernel.period import Period
    from scaicontrol_core.tax.exchange_rates import CrossRate


def prepare(facts: Facts, issue_date: date) -> Prepared:
    """Check the draft, take the snapshots, decide VAT as of ``issue_date`` (local to the seller).

    Raises ``EmptyInvoice``, ``SellerNotBillable``, ``ExchangeRateMissing``, ``CurrencyUnsupported``,
    ``DueDateInvalid``, ``VatEvidencePending``, ``EInvoiceIncomplete`` and what the tax engine raises.
    """
    invoice, configuration = facts.invoice, facts.seller.configuration
    if not invoice.lines:
        raise EmptyInvoice
    require_billable(facts.seller)
    due_date = _due_date(invoice, issue_date, configuration.payment_terms_days)
    wanted = rate_wanted(facts, issue_date)
    rate = rate_for(wanted, facts.rules.exchange_rates) if wanted else None
    lines, decided = _decided(facts, rate, issue_date)
    breakdown = break_down(zip((line.net_cents for line in lines), decided.decisions, strict=True))
    document = evolve(
        _bare(facts, issue_date, due_date),
        lines=_lines(facts, lines, decided, breakdown, issue_date),
        vat_entries=tuple(entry.to_dict() for entry in breakdown.entries),
        totals=_totals(breakdown),
        vat_evidence=vat_evidence(facts),
        vat_inputs=decided.kept_inputs,
        vat_accounting=vat_accounting(rate, [entry.to_dict() for entry in breakdown.entries]) if rate else None,
    )
    facts.rules.document_check.check(document)
    year = fiscal_year(issue_date, configuration.fiscal_year_start_month)
    key = SeriesKey(invoice.seller_id, invoice.document_type, year)
    prefix = configuration.invoice_number_prefix or ""
    return Prepared(facts=facts, document=document, lines=lines, vat=breakdown, series_key=key, prefix=prefix)


def dated(prepared: Prepared, series: NumberSeries, today: date) -> Prepared:
    """Return the document as of the day that its locked series gives it.

    Should the series already bear a later date than was prepared for (workers at midnight),
    the document is prepared anew for that date: pure, and rare.
    """
    issue_date = series.issue_date(today, prepared.facts.invoice.invoice_date)
    return prepared if issue_date == prepared.document.issue_date else prepare(prepared.facts, issue_date)


def freeze(prepared: Prepared, series: NumberSeries, at: datetime) -> Freezing:
    """Take the next number of the locked series and link the document, ``dated`` by it, into its chain."""
    return evolve(seal(prepared.document, series, at), lines=prepared.lines)


def _decided(facts: Facts, rate: CrossRate | None, issue_date: date) -> tuple[tuple[InvoiceLine, ...], Decided]:
    """Return the lines as they are invoiced, and the decision on each."""
    lines = facts.invoice.lines
    decided = decide_lines(facts, rate, _supplies(facts, lines, issue_date))
    parts = divided(facts, lines, decided.decisions, issue_date)
    if parts != lines:
        decided = decide_lines(facts, rate, _supplies(facts, parts, issue_date))
    return parts, decided


def _supplies(facts: Facts, lines: tuple[InvoiceLine, ...], issue_date: date) -> list[tuple[date, Period | None]]:
    return [(supply_date(facts, line, issue_date), line.period) for line in lines]


def _bare(facts: Facts, issue_date: date, due_date: date) -> FrozenDocument:
    """Return the document with its parties, dates and words, before anything is decided."""
    invoice, buyer = facts.invoice, facts.buyer.details
    return FrozenDocument(
        document_type=invoice.document_type.paper.value,
        self_billed=invoice.document_type.is_self_billed,
        number="",
        issue_date=issue_date,
        due_date=due_date,
        currency=invoice.currency,
        language=buyer.preferred_language,
        seller=seller_snapshot(facts.seller),
        buyer=buyer_snapshot(facts.buyer, facts.tenant),
        lines=(),
        vat_entries=(),
        totals=FrozenTotals(net_cents=0, tax_cents=0, gross_cents=0, prepaid_cents=0, payable_cents=0),
        payment_terms_days=(due_date - issue_date).days,
        payment_reference="",
        period_start=invoice.period.start if invoice.period else None,
        period_end=invoice.period.end if invoice.period else None,
        notes=invoice.notes,
        buyer_reference=invoice.buyer_reference or buyer.buyer_reference,
        template_name=buyer.invoice_template_name or facts.seller.configuration.invoice_template_name,
    )


def _due_date(invoice: Invoice, issue_date: date, terms_days: int) -> date:
    """Return the day chosen for the draft, else the seller's terms counted from the issue date."""
    if invoice.due_date is None:
        return issue_date + timedelta(days=terms_days)
    if invoice.due_date < issue_date:
        raise DueDateInvalid.before(issue_date)
    return invoice.due_date


def _lines(
    facts: Facts, lines: tuple[InvoiceLine, ...], decided: Decided, breakdown: VatBreakdown, issue_date: date
) -> tuple[FrozenLine, ...]:
    supply_dates = (day for day, _ in _supplies(facts, lines, issue_date))
    rows = zip(lines, supply_dates, decided.decisions, breakdown.line_tax_cents, strict=True)
    return tuple(
        FrozenLine(
            position=position,
            description=line.description,
            quantity=plain(line.quantity.value),
            unit_code=line.unit_code,
            unit_price_cents=plain(line.unit_price.cents),
            price_divisor=line.unit_price.divisor,
            net_cents=line.net_cents,
            category=decision.category.value,
            rate_bp=decision.rate_bp,
            tax_cents=tax_cents,
            supply_date=supply_date,
            period_start=line.period.start if line.period else None,
            period_end=line.period.end if line.period else None,
            plan_key=line.plan_key,
        )
        for position, (line, supply_date, decision, tax_cents) in enumerate(rows, 1)
    )


def _totals(breakdown: VatBreakdown) -> FrozenTotals:
    return FrozenTotals(
        net_cents=breakdown.net_cents,
        tax_cents=breakdown.tax_cents,
        gross_cents=breakdown.gross_cents,
        prepaid_cents=0,
        payable_cents=breakdown.gross_cents,
    )
