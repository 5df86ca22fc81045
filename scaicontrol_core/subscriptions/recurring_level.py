"""What a subscription comes to a month (MRR), on a day: the price of the running period, normalised.

It is what is charged, not what is promised: a plan changed without proration counts from the next
period, a prorated one from the day. Trials, suspensions and pauses come to nothing, and so does
what is charged once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from attrs import evolve, frozen

from scaicontrol_core.catalog.pack import ServicePack
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.plan_terms import monthly_cents
from scaicontrol_core.kernel.ids import PackId, PlanId
from scaicontrol_core.kernel.period import Cadence, local_date, start_of_day
from scaicontrol_core.subscriptions.legs import leg_of
from scaicontrol_core.subscriptions.proration import seconds_bought
from scaicontrol_core.subscriptions.recurrence import Recurrence, RecurrenceRow, SoldPack

_DAY = timedelta(days=1)
_RECURRING = tuple(cadence for cadence in Cadence if cadence.recurs)


@frozen
class Level:
    """What recurs a month in minor units, and what it is for: a plan's key, or ``pack:`` and a slug."""

    cents: int
    currency: str
    sold: str


@frozen
class PriceLists:
    """The price histories that levels are worked out from, and the seller's zone."""

    plans: Mapping[PlanId, Plan]
    packs: Mapping[PackId, ServicePack]
    timezone: str


@frozen
class LevelChange:
    """From ``day`` on the subscription comes to ``level``; None is nothing."""

    day: date
    row: RecurrenceRow
    level: Level | None


def level_changes(rows: Sequence[RecurrenceRow], lists: PriceLists, until: date) -> Iterator[LevelChange]:
    """Yield every change of one subscription before ``until``; ``rows`` are its own, by version."""
    last: LevelChange | None = None
    ends = [*(row.day for row in rows[1:]), until]
    for row, end in zip(rows, ends, strict=True):
        for day in _turns(row.recurrence, lists, row.day, min(end, until)):
            found = LevelChange(day, row, level_on(row.recurrence, day, lists))
            if last is None or _differs(last, found):
                last = found
                yield found


def level_on(it: Recurrence, day: date, lists: PriceLists) -> Level | None:
    """Return what recurs on a day, as this row has it."""
    schedule = it.schedule
    if (schedule.until is not None and day >= schedule.until) or any(day in pause for pause in schedule.pauses):
        return None
    ordinal = schedule.ordinal_on(day)
    if ordinal is None or not schedule.leg(ordinal).cadence.recurs:
        return None
    start = schedule.whole_period(ordinal).start
    at = _priced_at(it, start, lists.timezone)
    if it.pack is not None:
        return _pack_level(it.pack, at, lists)
    if it.accruing is not None and it.accruing.ordinal == ordinal:
        accruing = it.accruing
        bought = {seconds_bought(start, cadence, lists.timezone): cadence for cadence in _RECURRING}
        monthly = monthly_cents(accruing.price_cents, bought.get(accruing.divisor, schedule.leg(ordinal).cadence))
        return Level(monthly * accruing.quantity, accruing.currency, accruing.plan_key)
    terms = next((each for each in reversed(it.terms) if each.from_ordinal <= ordinal), it.terms[0])
    price = lists.plans[terms.plan_id].price_at(at, schedule.leg(ordinal).cadence)
    return Level(monthly_cents(price.price_cents, price.cadence) * terms.quantity, price.currency, terms.plan_key)


def _differs(before: LevelChange, after: LevelChange) -> bool:
    whose = (before.row.seller_id, before.row.country) != (after.row.seller_id, after.row.country)
    return whose or before.level != after.level


def _priced_at(it: Recurrence, start: date, timezone: str) -> datetime:
    sold = it.activated_at
    return sold if sold is not None and local_date(sold, timezone) == start else start_of_day(start, timezone)


def _pack_level(sold: SoldPack, at: datetime, lists: PriceLists) -> Level:
    offer = lists.packs[sold.pack_id].offer_at(at, sold.cadence, sold.currency)
    prices = {plan_id: lists.plans[plan_id].price_at(at, sold.cadence).price_cents for plan_id in offer.plan_ids}
    left = evolve(offer, items=tuple(item for item in offer.items if item.service_id not in sold.departed))
    return Level(monthly_cents(left.price_cents(prices), sold.cadence), sold.currency, f"pack:{sold.slug}")


def _turns(it: Recurrence, lists: PriceLists, start: date, end: date) -> list[date]:
    """Return every day from ``start`` to before ``end`` on which the level may change, in order."""
    schedule, days = it.schedule, {start}
    days.update(day for pause in schedule.pauses for day in (pause.start, pause.end) if day is not None)
    days.update(leg.start(leg.first) for leg in schedule.legs)
    days.update(leg.ends for leg in schedule.legs if leg.ends is not None)
    days.update(leg_of(schedule.legs, terms.from_ordinal).start(terms.from_ordinal) for terms in it.terms)
    if it.accruing is not None and schedule.has(it.accruing.ordinal):
        days.update((schedule.period(it.accruing.ordinal).start, schedule.period(it.accruing.ordinal).end))
    if schedule.until is not None:
        days.add(schedule.until)
    for price in _price_days(it, lists):
        if price < end:
            following = schedule.period_end_after(price)
            days.update((price, following))
    return sorted(day for day in days if start <= day < end)


def _price_days(it: Recurrence, lists: PriceLists) -> Iterator[date]:
    """Yield the days on which a price or an offer changed."""
    plan_ids = set(it.plan_ids)
    if it.pack is not None:
        pack = lists.packs[it.pack.pack_id]
        plan_ids |= pack.plan_ids
        yield from (local_date(offer.valid_from, lists.timezone) for offer in pack.offers)
    for plan_id in plan_ids:
        for _, price in pairwise(lists.plans[plan_id].prices):
            yield local_date(price.valid_from, lists.timezone)
