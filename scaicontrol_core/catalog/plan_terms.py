"""What a plan offers and costs: all of it that an editor may change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import Factory, frozen

from scaicontrol_core.catalog.unit_cost import check_margins
from scaicontrol_core.catalog.usage_pricing import UsageTier, check_tiers
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.money import require_currency, round_half_away
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.kernel.quantity import parse_decimal

MAX_TRIAL_DAYS = 730
_MAX_MULTIPLIER = 1000
_MAX_QUOTA = 10**15


def _quotas(value: object, pointer: str) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise Invalid.field(pointer, "This must be an object of whole numbers.", code="quotas_invalid")
    limit = checks.whole(0, _MAX_QUOTA)
    return {checks.slug(name, pointer): limit(number, f"{pointer}/{name}") for name, number in value.items()}


def _multiplier(value: object, pointer: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Invalid.field(
            pointer, f"{value!r} is not an exact number; write fractions as text.", code="decimal_invalid"
        )
    multiplier = parse_decimal(value, pointer)
    if not 0 < multiplier <= _MAX_MULTIPLIER:
        raise Invalid.field(pointer, f"{value} is not a mark-up factor.", code="decimal_invalid")
    return multiplier


_CHECKS: dict[str, checks.Check] = {
    "name": checks.required(200),
    "description": checks.text(2000),
    "tier": checks.slug,
    "billing_period": checks.choice(Cadence),
    "base_price_cents": checks.whole(0, checks.MAX_MINOR_UNITS),
    "currency": checks.worded(require_currency),
    "features": checks.json_object,
    "quotas": _quotas,
    "is_active": checks.flag,
    "is_public": checks.flag,
    "trial_days": checks.whole(0, MAX_TRIAL_DAYS),
    "cost_multiplier": _multiplier,
    "cost_margins": check_margins,
    "sort_order": checks.whole(0, 100_000),
    "metadata": checks.json_object,
}


@frozen(kw_only=True)
class PlanTerms:
    """All of a plan that an editor may change. Prices are minor units of ``currency``, per ``billing_period``.

    ``tier`` is free (trial, starter, pro, enterprise by convention). ``quotas``: 0 or absent is
    unlimited. ``trial_days`` 0 is no trial. ``usage_pricing`` lists the brackets of every metric,
    in order. ``cost_margins`` name the metrics that are charged by what they cost us instead, each
    with its margin (0.25 is 25 % on top); ``cost_multiplier`` marks all of those up once more.
    """

    name: str
    description: str = ""
    tier: str
    billing_period: Cadence
    base_price_cents: int
    currency: str
    features: dict[str, Any] = Factory(dict)
    quotas: dict[str, int] = Factory(dict)
    is_active: bool = True
    is_public: bool = True
    trial_days: int = 0
    cost_multiplier: Decimal = Decimal(1)
    cost_margins: dict[str, Decimal] = Factory(dict)
    sort_order: int = 0
    metadata: dict[str, Any] = Factory(dict)
    usage_pricing: tuple[UsageTier, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse what is wrong."""
        checks.check_fields(self, _CHECKS)
        check_tiers(self.usage_pricing)
        for index, tier in enumerate(self.usage_pricing):
            if tier.metric in self.cost_margins:
                raise Invalid.field(
                    f"/usage_pricing/{index}/metric",
                    f"{tier.metric} is charged by its cost (cost_margins): it has no brackets.",
                    code="metric_priced_twice",
                )

    @property
    def mrr_cents(self) -> int:
        """The price normalised to a month, in whole minor units, half away from zero.

        Yearly / 12, quarterly / 3, weekly × 4, daily × 30; a one-time price stays as it is.
        """
        return monthly_cents(self.base_price_cents, self.billing_period)


def monthly_cents(price_cents: int, cadence: Cadence) -> int:
    """Return the price of a cadence normalised to a month, in whole minor units, half away from zero."""
    times, over = _PER_MONTH[cadence]
    return round_half_away(price_cents * times, over)


_PER_MONTH = {
    Cadence.MONTHLY: (1, 1),
    Cadence.YEARLY: (1, 12),
    Cadence.QUARTERLY: (1, 3),
    Cadence.WEEKLY: (4, 1),
    Cadence.DAILY: (30, 1),
    Cadence.ONE_TIME: (1, 1),
}
