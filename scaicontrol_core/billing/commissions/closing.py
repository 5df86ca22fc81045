"""Making a partner's statements of its documents: pure but for reading them, and keeping what is closed."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import asdict, frozen

from scaicontrol_core.billing.commissions.entry import CommissionEntry
from scaicontrol_core.billing.commissions.ports import EarningSpan
from scaicontrol_core.billing.commissions.statement import CommissionStatement
from scaicontrol_core.billing.snapshots import seller_snapshot
from scaicontrol_core.kernel.ids import StatementId
from scaicontrol_core.kernel.period import add_months, local_date, start_of_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scaicontrol_core.billing.commissions.entry import Earning
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import Ids, InvoiceId
    from scaicontrol_core.tenancy.partner import Partner


@frozen(kw_only=True)
class Sides:
    """Who earns, and who owes it."""

    partner: Partner
    operator: Partner

    def month_of(self, instant: datetime) -> date:
        """Return the first day of the month that an instant lies in, in the operator's calendar."""
        return local_date(instant, self.operator.configuration.billing_timezone).replace(day=1)


async def open_statements(
    work: BillingWork, sides: Sides, before: date, ids: Ids
) -> tuple[tuple[CommissionStatement, ...], date | None]:
    """Return statements of all that is not stated yet, of months before one, and the last month that is closed.

    What belongs to a month that is closed already goes into the first that is not.
    """
    timezone = sides.operator.configuration.billing_timezone
    span = EarningSpan(
        partner_id=sides.partner.id,
        before=before,
        voided_before=start_of_day(before, timezone),
        timezone=timezone,
    )
    earnings = await work.commission_statements.earnings(span)
    closed = await work.commission_statements.last_month(sides.partner.id)
    rates = await work.commission_statements.rates(tuple(dict.fromkeys(each.rated_by for each in earnings)))
    first_open = add_months(closed, 1) if closed else None
    return stated(sides, earnings, rates, first_open, before, ids), closed


async def close_months(
    work: BillingWork, sides: Sides, now: datetime, ids: Ids, before: date | None = None
) -> tuple[CommissionStatement, ...]:
    """Close every month that is over, and lies before another if one is given; the caller commits."""
    over = sides.month_of(now)
    statements, _ = await open_statements(work, sides, min(over, before) if before else over, ids)
    for statement in statements:
        statement.close(now)
        await work.commission_statements.add(statement)
    return statements


def stated(  # all are facts of the one question
    sides: Sides,
    earnings: Iterable[Earning],
    rates: Mapping[InvoiceId, int],
    first_open: date | None,
    before: date,
    ids: Ids,
) -> tuple[CommissionStatement, ...]:
    """Put documents on statements, one a month and currency, in their order.

    What takes back has the rate of what it takes back, everything else today's.
    """
    known = dict(rates)
    rate_bp = sides.partner.configuration.commission_rate
    heaps: dict[tuple[date, str], list[CommissionEntry]] = defaultdict(list)
    for earning in earnings:
        month = earning.day.replace(day=1)
        if first_open is not None and month < first_open:
            month = first_open
        if month >= before:
            continue
        rate = known.setdefault(earning.rated_by, rate_bp)
        known.setdefault(earning.invoice_id, rate)
        heaps[month, earning.currency].append(CommissionEntry.of(earning, rate))
    return tuple(
        _statement(sides, month, currency, entries, ids) for (month, currency), entries in sorted(heaps.items())
    )


def _statement(
    sides: Sides, month: date, currency: str, entries: Sequence[CommissionEntry], ids: Ids
) -> CommissionStatement:
    statement = CommissionStatement(
        id=StatementId(ids.new("cms")),
        partner_id=sides.partner.id,
        month=month,
        currency=currency,
        billing_model=sides.partner.configuration.billing_model,
        operator=asdict(seller_snapshot(sides.operator)),
        partner=asdict(seller_snapshot(sides.partner)),
    )
    statement.state(entries)
    return statement
