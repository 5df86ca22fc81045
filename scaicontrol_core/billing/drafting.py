"""From subscriptions to lines: what a billing run puts on an invoice, as pure functions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.kernel.ids import LineId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.subscriptions.schedule import DuePeriod
    from scaicontrol_core.subscriptions.subscription import Subscription

#: UN/ECE recommendation 20 codes for what one unit of a plan is.
_UNIT_CODES = {
    Cadence.MONTHLY: "MON",
    Cadence.YEARLY: "ANN",
    Cadence.QUARTERLY: "C62",
    Cadence.WEEKLY: "WEE",
    Cadence.DAILY: "DAY",
    Cadence.ONE_TIME: "C62",
}


def recurring_line(
    line_id: str, subscription: Subscription, plan: Plan, service: Service, due: DuePeriod
) -> InvoiceLine:
    """Charge one period of a plan in advance, at the plan's price of today.

    A partial period (the rest of one after a pause) is charged by days: days left × price per
    days of the whole period, so that the amount is rounded once, whatever the quantity. The
    line names the days it covers.
    """
    units, divisor, unit_code = subscription.quantity, 1, _UNIT_CODES[plan.billing_period]
    if due.is_partial:
        units, divisor, unit_code = units * due.charged.days, due.period.days, _UNIT_CODES[Cadence.DAILY]
    return InvoiceLine(
        id=LineId(line_id),
        description=f"{service.name} {plan.name}",
        quantity=Quantity(Decimal(units)),
        unit_price=UnitPrice(Decimal(plan.base_price_cents), divisor),
        unit_code=unit_code,
        period=due.charged if plan.billing_period.recurs else None,
        plan_key=plan.plan_key,
        subscription_id=subscription.id,
    )
