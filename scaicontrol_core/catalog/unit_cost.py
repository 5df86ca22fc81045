"""Unit costs: what a service's metric costs us, from when on; and the rates that plans make of them.

Costs are kept for ever: another cost is another row, and of several for one instant the one that
was recorded last counts. A rate is what a customer pays for one unit: the cost with the plan's
margin on top, times the plan's ``cost_multiplier``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from attrs import define, field, frozen

from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import ServiceId
from scaicontrol_core.kernel.money import require_currency, round_half_away
from scaicontrol_core.kernel.quantity import EXACT, MAX_DECIMALS, parse_decimal, plain

#: Minor units. Far above any unit's cost, and low enough that every rate fits its column.
MAX_COST = 10**9
MAX_UNITS = 10**9
MAX_MARGIN = 1000
_MAX_MARGIN_DECIMALS = 6
_ONE = Decimal(1)


def _number(value: object, pointer: str, highest: int, what: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Invalid.field(
            pointer, f"{value!r} is not an exact number; write fractions as text.", code="decimal_invalid"
        )
    number = parse_decimal(value, pointer)
    if not 0 <= number <= highest:
        raise Invalid.field(pointer, f"{value} is not {what}.", code="decimal_invalid")
    return number


def _cost(value: object, pointer: str) -> Decimal:
    return _number(value, pointer, MAX_COST, "a unit's cost")


def check_margins(value: object, pointer: str) -> dict[str, Decimal]:
    """Return the margin of each metric, 0.25 being 25 % on top of the cost; ``Invalid`` for anything else."""
    if not isinstance(value, Mapping):
        raise Invalid.field(pointer, "This must be an object of metrics and their margins.", code="margins_invalid")
    margins: dict[str, Decimal] = {}
    for metric, raw in value.items():
        at = f"{pointer}/{metric}"
        margin = _number(raw, at, MAX_MARGIN, "a margin")
        if margin != round(margin, _MAX_MARGIN_DECIMALS):
            raise Invalid.field(at, f"A margin has at most {_MAX_MARGIN_DECIMALS} decimals.", code="decimal_invalid")
        margins[checks.slug(metric, pointer)] = Decimal(plain(margin))
    return margins


_CHECKS: dict[str, checks.Check] = {
    "metric": checks.slug,
    "currency": checks.worded(require_currency),
    "cost_cents": _cost,
    "unit_divisor": checks.whole(1, MAX_UNITS),
}


@frozen(kw_only=True)
class UnitCost:
    """What ``unit_divisor`` units of a metric cost us from an instant (UTC) on, in (fractional) minor units."""

    service_id: ServiceId
    metric: str
    currency: str
    valid_from: datetime
    cost_cents: Decimal
    unit_divisor: int = 1

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse what is no cost."""
        checks.check_fields(self, _CHECKS)

    @property
    def of(self) -> tuple[ServiceId, str, str]:
        """What it is the cost of: service, metric, currency."""
        return self.service_id, self.metric, self.currency

    @property
    def exact(self) -> Fraction:
        """The cost of one unit."""
        return Fraction(self.cost_cents) / self.unit_divisor


@frozen
class CostBook:
    """Costs, in the order in which they were recorded. Built by ``of``."""

    _known: Mapping[tuple[ServiceId, str, str], tuple[UnitCost, ...]] = field(factory=dict)

    @classmethod
    def of(cls, costs: Iterable[UnitCost]) -> CostBook:
        """Put costs into a book; of two for one instant the later in the list counts."""
        known: dict[tuple[ServiceId, str, str], list[UnitCost]] = {}
        for cost in costs:
            known.setdefault(cost.of, []).append(cost)
        return cls({key: tuple(sorted(own, key=lambda cost: cost.valid_from)) for key, own in known.items()})

    def in_force(self, service_id: ServiceId, metric: str, currency: str, at: datetime) -> UnitCost | None:
        """Return the cost that counts at an instant, if any is known."""
        own = self._known.get((service_id, metric, currency), ())
        return next((cost for cost in reversed(own) if cost.valid_from <= at), None)

    def says(self, cost: UnitCost) -> bool:
        """Tell whether this very cost is what is known of its instant."""
        own = [known for known in self._known.get(cost.of, ()) if known.valid_from == cost.valid_from]
        return bool(own) and own[-1] == cost


def rate_of(cost: UnitCost, margin: Decimal, multiplier: Decimal) -> Decimal:
    """Return what a unit is charged at: cost × (1 + margin) × multiplier, in minor units.

    Exact to a billionth of a minor unit, the finest price there is: what lies beyond is rounded
    once, half away from zero, and from there on every amount is exact.
    """
    exact = cost.exact * Fraction(EXACT.add(_ONE, margin)) * Fraction(multiplier)
    billionths = round_half_away(exact.numerator * 10**MAX_DECIMALS, exact.denominator)
    return Decimal(plain(EXACT.scaleb(Decimal(billionths), -MAX_DECIMALS)))


@frozen(kw_only=True)
class UnitCostsRecorded(Event):
    """New costs became known; ``changes`` say which, by ``{service}.{metric}`` and since when."""

    action: ClassVar[str] = "unit_costs.recorded"
    resource_type: ClassVar[str] = "unit_costs"

    costs: int


@define(kw_only=True, eq=False)
class UnitCostImport(Recorder):
    """Costs recorded at once, all or none; at least one."""

    id: str
    costs: tuple[UnitCost, ...]
    recorded_at: datetime
    recorded_by: str
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def record_import(self, services: Mapping[ServiceId, str], before: CostBook) -> None:
        """Note in the audit log what each cost was at its instant, and what it is; ``services`` are slugs."""
        changes: dict[str, tuple[Any, Any]] = {}
        for cost in self.costs:
            name = f"{services[cost.service_id]}.{cost.metric} {cost.currency} {cost.valid_from.isoformat()}"
            known = before.in_force(*cost.of, cost.valid_from)
            changes[name] = (None if known is None else _shown(known), _shown(cost))
        self._record(UnitCostsRecorded(resource_id=self.id, changes=changes, costs=len(self.costs)))


def _shown(cost: UnitCost) -> str:
    text = plain(cost.cost_cents)
    return text if cost.unit_divisor == 1 else f"{text}/{cost.unit_divisor}"
