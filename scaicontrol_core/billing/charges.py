"""What a subscription owes, charge by charge: due periods, and adjustments after changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from scaicontrol_core.billing.drafting import Known, adjustment_line
from scaicontrol_core.billing.invoice import MAX_LINES
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.quantity import Quantity
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.schedule import DuePeriod
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.terms import Adjustment, OwedUsage

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import Ids


@frozen(kw_only=True)
class Charge:
    """One due period, adjustment or period's usage, and the line that charges it (None: nothing to show).

    Of a credit that an invoice can't bear whole, ``rest`` is what goes on waiting. Usage has
    any number of lines. ``then_owes`` is the usage to charge when a due period is over, and whose:
    that of a pack is its children's.
    """

    subscription: Subscription | PackSubscription
    owed: DuePeriod | Adjustment | OwedUsage
    line: InvoiceLine | None
    net_cents: int
    currency: str
    rest: Adjustment | None = None
    usage_lines: tuple[InvoiceLine, ...] = ()
    then_owes: tuple[tuple[Subscription, OwedUsage], ...] = ()

    @property
    def lines(self) -> tuple[InvoiceLine, ...]:
        """What it puts on the invoice."""
        return self.usage_lines if self.line is None else (self.line,)

    @property
    def kind(self) -> ChargeKind:
        """What it charges."""
        if isinstance(self.subscription, PackSubscription):
            return ChargeKind.PACK
        if isinstance(self.owed, OwedUsage):
            return ChargeKind.USAGE
        return ChargeKind.RECURRING if isinstance(self.owed, DuePeriod) else ChargeKind.ADJUSTMENT

    @property
    def ordinal(self) -> int:
        """Which of its kind it is."""
        return self.owed.number if isinstance(self.owed, Adjustment) else self.owed.ordinal

    @property
    def period(self) -> Period:
        """The days it charges for."""
        return self.owed.charged if isinstance(self.owed, DuePeriod) else self.owed.period

    def settle(self) -> None:
        """Advance the subscription past it."""
        if isinstance(self.owed, DuePeriod) and isinstance(self.subscription, PackSubscription):
            owed = (usage for _, usage in self.then_owes)
            self.subscription.bill(self.owed, max(owed, key=lambda usage: usage.due_on, default=None))
        elif isinstance(self.owed, DuePeriod):
            self.subscription.bill(self.owed)
        if isinstance(self.subscription, Subscription):
            if isinstance(self.owed, Adjustment):
                self.subscription.settle(self.owed, self.rest)
            elif isinstance(self.owed, OwedUsage):
                self.subscription.settle_usage(self.owed)
        for subscription, usage in self.then_owes:
            subscription.owe_usage(usage)


def adjusted(subscription: Subscription, adjustment: Adjustment, known: Known, ids: Ids) -> Charge:
    """Return the charge of one adjustment; one of less than half a cent has no line."""
    line = adjustment_line(ids.new("lin"), subscription, adjustment, known)
    return Charge(
        subscription=subscription,
        owed=adjustment,
        line=line if line.net_cents else None,
        net_cents=line.net_cents,
        currency=adjustment.currency,
    )


def portions(charges: Sequence[Charge]) -> Iterator[tuple[Charge, ...]]:
    """Divide charges into what one invoice has lines for, in order."""
    portion: list[Charge] = []
    lines = 0
    for charge in charges:
        needed = max(1, len(charge.lines))
        if portion and lines + needed > MAX_LINES:
            yield tuple(portion)
            portion, lines = [], 0
        portion.append(charge)
        lines += needed
    if portion:
        yield tuple(portion)


def bearable(charges: Sequence[Charge]) -> tuple[Charge, ...]:
    """Return what one invoice of a currency can bear: credits only as far as there is something to pay.

    An invoice is never negative (that would be a credit note, which names what it credits), and
    never written for adjustments that come to nothing: those wait for the next. A credit that
    is too large is taken in part.
    """
    owed = [charge for charge in charges if charge.net_cents >= 0]
    credited = [charge for charge in charges if charge.net_cents < 0]
    left = sum(charge.net_cents for charge in owed)
    if not credited:
        return tuple(owed)
    periods = any(charge.kind is not ChargeKind.ADJUSTMENT and charge.net_cents for charge in owed)
    if sum(max(1, len(charge.lines)) for charge in charges) > MAX_LINES or (
        not periods and left + sum(each.net_cents for each in credited) <= 0
    ):
        return tuple(charge for charge in owed if charge.kind is not ChargeKind.ADJUSTMENT)
    taken: list[Charge] = []
    for credit in credited:
        part = _at_most(credit, left)
        if part is not None:
            taken.append(part)
            left += part.net_cents
    return tuple(owed) + tuple(taken)


def _at_most(credit: Charge, cents: int) -> Charge | None:
    """Return the credit, or as much of it as ``cents`` bear; None if that is nothing."""
    if credit.net_cents + cents >= 0:
        return credit
    adjustment, line = credit.owed, credit.line
    if not isinstance(adjustment, Adjustment) or line is None or cents <= 0:
        return None
    units = -(cents * adjustment.divisor // adjustment.price_cents)
    part = evolve(adjustment, units=units)
    if not part.net_cents:
        return None
    return evolve(
        credit,
        owed=part,
        line=_shortened(line, units),
        net_cents=part.net_cents,
        rest=evolve(adjustment, units=adjustment.units - units),
    )


def _shortened(line: InvoiceLine, units: int) -> InvoiceLine:
    return evolve(line, quantity=Quantity(units))
