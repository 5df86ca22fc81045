"""From subscriptions to lines: what a billing run puts on an invoice, as pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.catalog.plan import Plan, PlanPrice
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import LineId, PlanId, ServiceId, SubscriptionId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.subscriptions.errors import NotAccruing

if TYPE_CHECKING:
    from scaicontrol_core.subscriptions.schedule import DuePeriod
    from scaicontrol_core.subscriptions.subscription import Subscription
    from scaicontrol_core.subscriptions.terms import Adjustment

#: UN/ECE recommendation 20 codes for what one unit of a plan is.
UNIT_CODES = {
    Cadence.MONTHLY: "MON",
    Cadence.YEARLY: "ANN",
    Cadence.QUARTERLY: "C62",
    Cadence.WEEKLY: "WEE",
    Cadence.DAILY: "DAY",
    Cadence.ONE_TIME: "C62",
}


_SECOND = "SEC"
K = TypeVar("K", bound=str)
V = TypeVar("V")


@frozen
class Known:
    """The plans and services of a batch; ``NotFound`` for one that is gone stops its own tenant only."""

    plans: Mapping[PlanId, Plan]
    services: Mapping[ServiceId, Service]

    def plan(self, plan_id: PlanId) -> Plan:
        """Return a plan."""
        return _known(self.plans, plan_id, "plan")

    def service(self, service_id: ServiceId) -> Service:
        """Return a service."""
        return _known(self.services, service_id, "service")


def _known(found: Mapping[K, V], key: K, what: str) -> V:
    if key not in found:
        raise NotFound.of(what, key)
    return found[key]


@frozen(kw_only=True)
class Sold:
    """What one period is charged for: plan, quantity, and the price when it began."""

    subscription_id: SubscriptionId
    plan: Plan
    service: Service
    quantity: int
    cadence: Cadence
    price: PlanPrice


def recurring_line(line_id: str, sold: Sold, due: DuePeriod) -> InvoiceLine:
    """Charge one period of a plan in advance, at the price in force when it began.

    A partial period (the rest of one after a pause) is charged by days: days left × price per
    days of the whole period, so that the amount is rounded once, whatever the quantity. The
    line names the days it covers.
    """
    cadence = sold.cadence
    units, divisor, unit_code = sold.quantity, 1, UNIT_CODES[cadence]
    if due.is_partial:
        units, divisor, unit_code = units * due.charged.days, due.period.days, UNIT_CODES[Cadence.DAILY]
    return InvoiceLine(
        id=LineId(line_id),
        description=f"{sold.service.name} {sold.plan.name}",
        quantity=Quantity(Decimal(units)),
        unit_price=UnitPrice(Decimal(sold.price.price_cents), divisor),
        unit_code=unit_code,
        period=due.charged if cadence.recurs else None,
        plan_key=sold.plan.plan_key,
        subscription_id=sold.subscription_id,
    )


def sold_in(subscription: Subscription, due: DuePeriod, known: Known, timezone: str) -> Sold:
    """Return what a period is charged for; ``NotFound`` for a plan or service that is gone."""
    if subscription.schedule is None:
        raise NotAccruing("Nothing is owed before the first period begins.")
    terms, cadence = subscription.terms_of(due.ordinal), subscription.schedule.leg(due.ordinal).cadence
    plan = known.plan(terms.plan_id)
    return Sold(
        subscription_id=subscription.id,
        plan=plan,
        service=known.service(subscription.service_id),
        quantity=terms.quantity,
        cadence=cadence,
        price=plan.price_at(subscription.priced_at(due.period.start, timezone), cadence),
    )


def adjustment_line(line_id: str, subscription: Subscription, adjustment: Adjustment, known: Known) -> InvoiceLine:
    """Charge, or credit with a negative quantity, a part of a period to the second.

    The quantity is seconds × units, the price that of a whole period per its seconds.
    """
    service, plan = known.service(subscription.service_id), known.plan(adjustment.plan_id)
    return InvoiceLine(
        id=LineId(line_id),
        description=f"{service.name} {plan.name}",
        quantity=Quantity(Decimal(adjustment.units)),
        unit_price=UnitPrice(Decimal(adjustment.price_cents), adjustment.divisor),
        unit_code=_SECOND,
        period=adjustment.period,
        plan_key=adjustment.plan_key,
        subscription_id=subscription.id,
    )
