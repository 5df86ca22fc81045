"""How an invoice is paid, or not: every step it will go through, known from the day it is issued. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from attrs import frozen

from scaicontrol_core.simulation.population import Customer
from scaicontrol_core.simulation.randomness import Stream
from scaicontrol_core.simulation.scenario import Paying

#: Money is back on its way, or a mistake noticed, within so many days.
_SECOND_THOUGHTS = (2, 25)
_EARLY_DAYS = 10
_WHOLE = 100
_PARTS = (10, 50)


class StepKind(StrEnum):
    """What happens to an invoice."""

    PAID = "paid"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    CREDITED = "credited"
    REFUNDED = "refunded"


@frozen(order=True)
class Step:
    """What happens on which day; ``percent`` of the amount."""

    day: date
    kind: StepKind
    percent: int = _WHOLE


def steps_of(customer: Customer, paying: Paying, number: int, issued_on: date, due_on: date) -> tuple[Step, ...]:
    """Return what becomes of a customer's invoice ``number`` (its first is 0), in order of days."""
    stream = customer.stream.fork("paying")
    if customer.pays_by_card:
        steps = _by_card(stream, paying, number, issued_on)
    else:
        steps = _by_transfer(stream, paying, number, due_on)
    paid = steps[-1] if steps and steps[-1].kind is StepKind.PAID else None
    if paid is not None and stream.fork("refund").happens(paying.refunds, number):
        steps.append(_second_thought(stream.fork("refund"), StepKind.REFUNDED, number, paid.day))
    if stream.fork("credit").happens(paying.credit_notes, number):
        steps.append(_second_thought(stream.fork("credit"), StepKind.CREDITED, number, issued_on))
    return tuple(sorted(steps))


def _by_card(stream: Stream, paying: Paying, number: int, issued_on: date) -> list[Step]:
    if not stream.fork("card fails").happens(paying.failing, number):
        return [Step(issued_on, StepKind.PAID)]
    steps = [Step(issued_on, StepKind.FAILED)]
    day = issued_on
    for attempt, days in enumerate(paying.retry_days):
        day += timedelta(days=days)
        if stream.fork("retry", str(attempt)).happens(paying.recovering, number):
            return [*steps, Step(day, StepKind.PAID)]
        steps.append(Step(day, StepKind.FAILED))
    return [*steps, Step(day + timedelta(days=1), StepKind.GIVEN_UP)]


def _by_transfer(stream: Stream, paying: Paying, number: int, due_on: date) -> list[Step]:
    if stream.fork("never").happens(paying.never, number):
        return [Step(due_on + timedelta(days=paying.patience_days), StepKind.GIVEN_UP)]
    days = stream.fork("days").between(-_EARLY_DAYS, paying.most_days_late, number)
    return [Step(due_on + timedelta(days=days), StepKind.PAID)]


def _second_thought(stream: Stream, kind: StepKind, number: int, day: date) -> Step:
    later = day + timedelta(days=stream.fork("days").between(*_SECOND_THOUGHTS, number))
    is_whole = stream.fork("whole").happens(300, number)
    return Step(later, kind, _WHOLE if is_whole else stream.fork("part").between(*_PARTS, number))
