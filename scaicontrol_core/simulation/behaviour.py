"""What customers do: which wishes they have on which day of a month, and what becomes of a wish. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

from attrs import field, frozen

from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.simulation.population import Customer
from scaicontrol_core.simulation.randomness import Stream
from scaicontrol_core.simulation.scenario import Scenario
from scaicontrol_core.subscriptions.changing import Effective
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.offering import TRIAL_TIER
from scaicontrol_core.subscriptions.proration import Proration

_S = SubscriptionStatus
_MOST_SEATS_MORE = 5
_PAUSE_DAYS = (10, 60)
_EXTRA_DAYS = 14


class Wish(StrEnum):
    """What a customer may want on a day; the names are those of a scenario's habits."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    CHANGE_QUANTITY = "change_quantity"
    BUY_MORE = "buy_more"
    TAKE_PACK = "take_pack"
    PAUSE = "pause"
    CANCEL = "cancel"
    CANCEL_AT_ONCE = "cancel_at_once"
    CHANGE_MIND = "change_mind"
    COME_BACK = "come_back"
    CONVERT = "convert"
    EXTEND_TRIAL = "extend_trial"


#: Wishes of a trial, once in its life; all others come month by month.
TRIAL_WISHES = (Wish.EXTEND_TRIAL, Wish.CONVERT)
_OF_PACKS_TOO = (Wish.CANCEL, Wish.CANCEL_AT_ONCE, Wish.CHANGE_MIND)
_MONTHLY = tuple(wish for wish in Wish if wish not in TRIAL_WISHES)


@frozen(order=True)
class WishfulDay:
    """A customer's wish, and the day it has it."""

    day: date
    reference: str
    wish: Wish
    place: int


@frozen(kw_only=True)
class Standing:
    """A subscription as its customer sees it, or a whole pack.

    ``in_pack``: it is part of a pack, which is what its customer has bought.
    """

    id: str
    plan_key: str
    status: SubscriptionStatus
    quantity: int = 1
    in_pack: bool = False
    is_pack: bool = False

    @property
    def is_live(self) -> bool:
        """Tell whether it is not over."""
        return self.status not in (_S.CANCELLED, _S.EXPIRED)

    @property
    def service(self) -> str:
        """The service's slug."""
        return self.plan_key.partition(".")[0]


@frozen
class Subscribe:
    """Buy a plan."""

    plan_key: str
    quantity: int


@frozen
class SubscribePack:
    """Buy a pack."""

    slug: str


@frozen(kw_only=True)
class Change:
    """Move to another plan or quantity."""

    subscription_id: SubscriptionId
    plan_key: str | None = None
    quantity: int | None = None
    effective: Effective = Effective.NOW
    proration: Proration = Proration.NONE


@frozen
class Pause:
    """Pause until a day."""

    subscription_id: SubscriptionId
    until: date


@frozen
class Cancel:
    """Cancel, at the end of the period or at once."""

    it: Standing
    immediate: bool


@frozen
class Resume:
    """Take a cancellation back."""

    it: Standing


@frozen
class ExtendTrial:
    """Have a trial end later."""

    subscription_id: SubscriptionId
    days: int


Action: TypeAlias = Subscribe | SubscribePack | Change | Pause | Cancel | Resume | ExtendTrial


@frozen
class Behaviour:
    """How the customers of a scenario behave."""

    scenario: Scenario
    _rungs: dict[str, tuple[tuple[str, ...], int]] = field(init=False)

    _trials: frozenset[str] = field(init=False)

    @_trials.default
    def _name_trials(self) -> frozenset[str]:
        services = self.scenario.catalogue.services
        every = ((f"{service.slug}.{plan.slug}", plan.terms.tier) for service in services for plan in service.plans)
        return frozenset(key for key, tier in every if tier == TRIAL_TIER)

    @_rungs.default
    def _place_on_ladder(self) -> dict[str, tuple[tuple[str, ...], int]]:
        return {key: (ladder, rung) for ladder in self.scenario.ladders for rung, key in enumerate(ladder)}

    def wishes(self, customer: Customer, month: Period) -> Iterator[WishfulDay]:
        """Yield what a customer wants in a calendar month, at most one of each kind; never before it joined."""
        place = month.start.year * 12 + month.start.month
        for wish in _MONTHLY:
            stream = customer.stream.fork("wish", wish)
            if stream.happens(getattr(self.scenario.habits, wish), place):
                day = month.start + timedelta(days=stream.fork("day").below(month.days, place))
                if day > customer.joins_on:
                    yield WishfulDay(day, customer.reference, wish, place)

    def trial_wishes(self, customer: Customer, begun_on: date, ends_on: date, place: int) -> Iterator[WishfulDay]:
        """Yield what becomes of a trial: extended a few days before its end, converted the day before, or neither."""
        for wish, days in ((Wish.EXTEND_TRIAL, 4), (Wish.CONVERT, 1)):
            stream = customer.stream.fork("wish", wish)
            day = max(begun_on, ends_on - timedelta(days=days))
            if stream.happens(getattr(self.scenario.habits, wish), place):
                yield WishfulDay(day, customer.reference, wish, place)

    def decide(self, customer: Customer, wished: WishfulDay, held: Sequence[Standing]) -> Action | None:
        """Return what a wish comes to with what the customer holds; None if to nothing."""
        stream = customer.stream.fork("wish", wished.wish, "what")
        live = [each for each in held if each.is_live]
        if wished.wish in (Wish.BUY_MORE, Wish.TAKE_PACK, Wish.COME_BACK):
            return self._buy(wished, stream, live, customer)
        suited = [each for each in live if self._suits(wished.wish, each)]
        if not suited:
            return None
        return self._act(wished, stream, stream.pick(suited, wished.place))

    def _suits(self, wish: Wish, it: Standing) -> bool:
        if it.in_pack or (it.is_pack and wish not in _OF_PACKS_TOO):
            return False
        if wish in TRIAL_WISHES:
            return it.status is _S.TRIALING
        return it.status is (_S.CANCELLING if wish is Wish.CHANGE_MIND else _S.ACTIVE)

    def _act(self, wished: WishfulDay, stream: Stream, it: Standing) -> Action | None:
        wish, place = wished.wish, wished.place
        if wish is Wish.CHANGE_QUANTITY:
            return _other_quantity(stream, place, it)
        if wish in (Wish.UPGRADE, Wish.DOWNGRADE, Wish.CONVERT):
            return self._move(wish, stream, place, it)
        if wish is Wish.PAUSE:
            until = wished.day + timedelta(days=stream.fork("days").between(*_PAUSE_DAYS, place))
            return Pause(SubscriptionId(it.id), until)
        if wish is Wish.CHANGE_MIND:
            return Resume(it)
        if wish is Wish.EXTEND_TRIAL:
            return ExtendTrial(SubscriptionId(it.id), _EXTRA_DAYS)
        return Cancel(it, immediate=wish is Wish.CANCEL_AT_ONCE)

    def _move(self, wish: Wish, stream: Stream, place: int, it: Standing) -> Action | None:
        ladder, rung = self._rungs.get(it.plan_key, ((), 0))
        step = -1 if wish is Wish.DOWNGRADE else 1
        if not 0 <= rung + step < len(ladder) or (step < 0 and ladder[rung + step] in self._trials):
            return None
        effective = Effective.PERIOD_END if wish is Wish.DOWNGRADE else Effective.NOW
        prorated = stream.fork("proration").pick(tuple(Proration), place)
        return Change(
            subscription_id=SubscriptionId(it.id),
            plan_key=ladder[rung + step],
            effective=effective,
            proration=prorated if wish is Wish.UPGRADE else Proration.NONE,
        )

    def _buy(self, wished: WishfulDay, stream: Stream, live: Sequence[Standing], customer: Customer) -> Action | None:
        if (wished.wish is Wish.COME_BACK) == bool(live):
            return None  # who is here need not come back, and who left has nothing to add to
        taken = {each.service for each in live if not each.is_pack}
        plans = [(offer.plan, offer.weight) for offer in self.scenario.offers if offer.plan is not None]
        if wished.wish is Wish.TAKE_PACK:
            packs = tuple(pack.slug for pack in self.scenario.catalogue.packs)
            return SubscribePack(stream.pick(packs, wished.place)) if packs else None
        wanted = [(key, weight) for key, weight in plans if key.partition(".")[0] not in taken and weight]
        if not wanted:
            return None
        return Subscribe(stream.weighted(wanted, wished.place), customer.seats)


def first_purchase(customer: Customer) -> Subscribe | SubscribePack:
    """Return what a customer joins for."""
    if customer.offer.pack is not None:
        return SubscribePack(customer.offer.pack)
    return Subscribe(customer.offer.plan or "", customer.seats)


def _other_quantity(stream: Stream, place: int, it: Standing) -> Change:
    more = stream.fork("seats").between(-_MOST_SEATS_MORE, _MOST_SEATS_MORE, place)
    quantity = max(1, it.quantity + (more or 1))
    if quantity == it.quantity:
        quantity += 1
    proration = stream.fork("proration").pick(tuple(Proration), place)
    return Change(subscription_id=SubscriptionId(it.id), quantity=quantity, proration=proration)
