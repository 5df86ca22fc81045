"""Dividing a line whose period spans a change of the VAT rate: each part at the rate of its own days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import evolve

from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.kernel.ids import LineId
from scaicontrol_core.kernel.money import allocate
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, line_net
from scaicontrol_core.tenancy.seller import AdvanceTaxPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaicontrol_core.billing.facts import Facts
    from scaicontrol_core.tax import RateTable, VatDecision

_DAY, _PIECE = "DAY", "C62"


def divided(
    facts: Facts, lines: Sequence[InvoiceLine], decisions: Iterable[VatDecision], issue_date: date
) -> tuple[InvoiceLine, ...]:
    """Return the lines, those divided whose rate changes within their period, if the seller wants that.

    A line that says its own tax point stays whole, and so does a period that was over before its
    invoice. The parts sum to the line to the minor unit.
    """
    if facts.seller.configuration.advance_tax_point is not AdvanceTaxPoint.SPLIT:
        return tuple(lines)
    return tuple(
        part
        for line, decision in zip(lines, decisions, strict=True)
        for part in _parts(line, decision, facts.rules.rates, issue_date)
    )


def _parts(line: InvoiceLine, decision: VatDecision, rates: RateTable, issue_date: date) -> Iterator[InvoiceLine]:
    period, territory = line.period, decision.rate_territory
    if period is None or territory is None or line.supply_date is not None or period.end <= issue_date:
        yield line
        return
    changes = (rate.valid_from for rate in rates.changes_between(territory, period.start, period.end))
    periods = [Period(start, end) for start, end in pairwise((period.start, *changes, period.end))]
    if len(periods) == 1:
        yield line
        return
    nets = allocate(line.net_cents, [each.days for each in periods])
    for place, (part, net) in enumerate(zip(periods, nets, strict=True), 1):
        yield _part(line, part, net, LineId(f"{line.id}-{place}"), issue_date)


def _part(line: InvoiceLine, part: Period, net_cents: int, line_id: LineId, issue_date: date) -> InvoiceLine:
    """Return days of the line; where that would round to another amount, one piece at the amount."""
    whole = line.period.days if line.period else part.days
    shown = evolve(line, id=line_id, period=part, supply_date=_supplied(part, issue_date))
    days = Quantity(line.quantity.value * part.days)
    price = UnitPrice(line.unit_price.cents, line.unit_price.divisor * whole)
    if line_net(days, price) == net_cents:
        return evolve(shown, quantity=days, unit_price=price, unit_code=_DAY)
    one = Quantity(Decimal(1 if net_cents >= 0 else -1))
    return evolve(shown, quantity=one, unit_price=UnitPrice(Decimal(abs(net_cents))), unit_code=_PIECE)


def _supplied(part: Period, issue_date: date) -> date:
    """Return the part's tax point: the invoice's day, kept within the part."""
    return min(max(issue_date, part.start), part.end - timedelta(days=1))
