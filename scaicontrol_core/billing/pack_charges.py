"""What a subscription to a pack owes: one line a period, which names what it includes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.billing.charges import Charge
from scaicontrol_core.billing.drafting import UNIT_CODES, Known
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.billing.usage_charges import owed_usage
from scaicontrol_core.kernel.ids import LineId, SubscriptionId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.subscriptions.pack_situation import price_of
from scaicontrol_core.subscriptions.terms import waits_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from scaicontrol_core.catalog.pack import ServicePack
    from scaicontrol_core.catalog.pack_offer import PackItem
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
    from scaicontrol_core.subscriptions.schedule import DuePeriod
    from scaicontrol_core.subscriptions.subscription import Subscription
    from scaicontrol_core.subscriptions.terms import OwedUsage
    from scaicontrol_core.tenancy.seller import PartnerConfiguration

_MAX_NAMES = 700


def pack_charges(
    it: PackSubscription,
    pack: ServicePack,
    known: Known,
    seller: PartnerConfiguration,
    cutoff: date,
    ids: Ids,
    children: Sequence[Subscription] = (),
) -> Iterator[Charge]:
    """Yield the charge of every due period, at what the pack was when the period began.

    With each period, those of ``children`` that are metered come to owe its usage; the next one
    waits for that. ``NotFound`` for a plan or service that is gone.
    """
    for begun in _begun(it, pack, known, seller, cutoff, children):
        line = _line(ids.new("lin"), it, f"{pack.name} ({_names(begun.items, known)})", begun.due, begun.price_cents)
        yield Charge(
            subscription=it,
            owed=begun.due,
            line=line if line.net_cents or seller.zero_amount_invoices else None,
            net_cents=line.net_cents,
            currency=it.currency,
            then_owes=begun.usage,
        )


def pack_usage(
    it: PackSubscription,
    pack: ServicePack,
    known: Known,
    seller: PartnerConfiguration,
    cutoff: date,
    children: Sequence[Subscription],
) -> Iterator[tuple[Subscription, OwedUsage]]:
    """Yield the usage that the children come to owe with the due periods."""
    for begun in _begun(it, pack, known, seller, cutoff, children):
        yield from begun.usage


@frozen
class _Begun:
    """A due period: what it includes, its price in minor units, and whose usage it leaves to be charged."""

    due: DuePeriod
    items: Sequence[PackItem]
    price_cents: int
    usage: tuple[tuple[Subscription, OwedUsage], ...]


def _begun(
    it: PackSubscription,
    pack: ServicePack,
    known: Known,
    seller: PartnerConfiguration,
    cutoff: date,
    children: Sequence[Subscription],
) -> Iterator[_Begun]:
    awaited = [] if it.awaited_usage is None else [it.awaited_usage]
    for due in it.schedule.due(cutoff) if it.schedule else ():
        if waits_until(due.charged.start, awaited) > cutoff:
            return
        items, price_cents = price_of(it, pack, known.plans, due.period.start, seller.billing_timezone)
        usage = tuple(_children_usage(items, due, children, known, seller)) if it.cadence.recurs else ()
        awaited = [each for _, each in usage]
        yield _Begun(due, items, price_cents, usage)


def _children_usage(
    items: Sequence[PackItem],
    due: DuePeriod,
    children: Sequence[Subscription],
    known: Known,
    seller: PartnerConfiguration,
) -> Iterator[tuple[Subscription, OwedUsage]]:
    for item in items:
        own = (child for child in children if child.service_id == item.service_id and _lives_in(child, due))
        child = next(own, None)
        usage = None if child is None else owed_usage(child, known.plan(item.plan_id), due, seller)
        if usage is not None and child is not None:
            yield child, usage.within(child.schedule.until if child.schedule else None)


def _lives_in(child: Subscription, due: DuePeriod) -> bool:
    until = child.schedule.until if child.schedule else None
    return child.starts_on < due.charged.end and (until is None or due.charged.start < until)


def _line(line_id: str, it: PackSubscription, description: str, due: DuePeriod, price_cents: int) -> InvoiceLine:
    units, divisor, unit_code = 1, 1, UNIT_CODES[it.cadence]
    if due.is_partial:
        units, divisor, unit_code = due.charged.days, due.period.days, UNIT_CODES[Cadence.DAILY]
    return InvoiceLine(
        id=LineId(line_id),
        description=description,
        quantity=Quantity(Decimal(units)),
        unit_price=UnitPrice(Decimal(price_cents), divisor),
        unit_code=unit_code,
        period=due.charged if it.cadence.recurs else None,
        subscription_id=SubscriptionId(it.id),
    )


def _names(items: Sequence[PackItem], known: Known) -> str:
    names = [f"{known.service(item.service_id).name} {known.plan(item.plan_id).name}" for item in items]
    while len(", ".join(names)) > _MAX_NAMES:
        names = [*names[:-2], "…"]
    return ", ".join(names)
