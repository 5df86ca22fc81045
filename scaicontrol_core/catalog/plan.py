"""Plan: a price, a billing period and quotas for one service; the smallest thing one can buy."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import define, evolve, field, frozen

from scaicontrol_core.catalog.events import PlanCreated, PlanDeactivated, PlanDeleted, PlanRatesRefreshed, PlanUpdated
from scaicontrol_core.catalog.offered import OfferedPlan
from scaicontrol_core.catalog.plan_terms import MAX_TRIAL_DAYS, PlanTerms
from scaicontrol_core.catalog.unit_cost import CostBook, rate_of
from scaicontrol_core.catalog.usage_pricing import UsagePrices
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.events import Event, Recorder, changed, to_json
from scaicontrol_core.kernel.ids import PlanId, ServiceId
from scaicontrol_core.kernel.period import Cadence

__all__ = ["MAX_TRIAL_DAYS", "Plan", "PlanPrice", "PlanTerms"]


@frozen(kw_only=True)
class PlanPrice:
    """The price of one ``cadence`` in minor units, as it was from an instant (UTC) on."""

    valid_from: datetime
    price_cents: int
    currency: str
    cadence: Cadence


@define(kw_only=True, eq=False)
class Plan(Recorder):
    """One way to buy a service. ``slug`` is unique within the service and never changes.

    ``prices`` is the history of its price, oldest first; empty while it has had only one.
    ``usage_prices`` is that of its brackets.
    ``billable_rate`` is what a unit of each cost-based metric is charged at as of the last
    refresh, in minor units: what subscriptions inherit.
    """

    id: PlanId
    service_id: ServiceId
    service_slug: str
    slug: str
    terms: PlanTerms
    created_at: datetime
    prices: tuple[PlanPrice, ...] = ()
    usage_prices: tuple[UsagePrices, ...] = ()
    billable_rate: dict[str, Decimal] = field(factory=dict)
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a slug that could not stand in a plan key."""
        self.slug = checks.slug(self.slug, "/slug")

    @classmethod
    def create(
        cls, plan_id: PlanId, service: tuple[ServiceId, str], slug: str, terms: PlanTerms, now: datetime
    ) -> Plan:
        """Offer a plan; ``service`` is the id and slug of what it sells."""
        plan = cls(id=plan_id, service_id=service[0], service_slug=service[1], slug=slug, terms=terms, created_at=now)
        plan._record(PlanCreated(**plan._about(), terms=terms))
        return plan

    # -- reading -----------------------------------------------------------------------------

    def as_offered(self) -> Plan:
        """Return it as buyers may see it: without mark-up, notes, and what it cost in the past."""
        terms = evolve(self.terms, cost_multiplier=Decimal(1), cost_margins={}, metadata={})
        return evolve(self, terms=terms, billable_rate={}, prices=(), usage_prices=())

    @property
    def plan_key(self) -> str:
        """The stable name in events and files: ``{service}.{plan}``."""
        return f"{self.service_slug}.{self.slug}"

    @property
    def name(self) -> str:
        """What people call it."""
        return self.terms.name

    @property
    def tier(self) -> str:
        """Its rank, ``trial`` being the one that ends with the trial."""
        return self.terms.tier

    @property
    def billing_period(self) -> Cadence:
        """How often it is charged."""
        return self.terms.billing_period

    @property
    def base_price_cents(self) -> int:
        """The price of one period, in minor units."""
        return self.terms.base_price_cents

    @property
    def currency(self) -> str:
        """The currency of all its prices."""
        return self.terms.currency

    @property
    def mrr_cents(self) -> int:
        """The price normalised to a month."""
        return self.terms.mrr_cents

    @property
    def trial_days(self) -> int:
        """How long a first trial lasts; 0 is none."""
        return self.terms.trial_days

    @property
    def quotas(self) -> dict[str, int]:
        """Limits by metric or thing; 0 or absent is unlimited."""
        return self.terms.quotas

    @property
    def is_active(self) -> bool:
        """Tell whether new subscriptions may choose it."""
        return self.terms.is_active

    @property
    def is_public(self) -> bool:
        """Tell whether the public catalogue shows it."""
        return self.terms.is_public

    def charges_usage(self, at: datetime) -> bool:
        """Tell whether usage of a period that began at an instant costs anything beside its price."""
        return bool(self.usage_prices_at(at).tiers or self.terms.cost_margins)

    def price_at(self, at: datetime, cadence: Cadence) -> PlanPrice:
        """Return the price in force at an instant for a cadence it was ever sold at.

        Before its first price that one counts; for a cadence it never had, the price of today.
        """
        own = tuple(price for price in self.prices if price.cadence is cadence)
        if not own:
            return self._price(self.created_at)
        return next((price for price in reversed(own) if price.valid_from <= at), own[0])

    def usage_prices_at(self, at: datetime) -> UsagePrices:
        """Return the brackets in force at an instant; before the first ones, those."""
        known = self.usage_prices or (self._usage_prices(self.created_at),)
        return next((prices for prices in reversed(known) if prices.valid_from <= at), known[0])

    def _usage_prices(self, valid_from: datetime) -> UsagePrices:
        return UsagePrices(valid_from=valid_from, currency=self.terms.currency, tiers=self.terms.usage_pricing)

    def _price(self, valid_from: datetime) -> PlanPrice:
        terms = self.terms
        return PlanPrice(
            valid_from=valid_from,
            price_cents=terms.base_price_cents,
            currency=terms.currency,
            cadence=terms.billing_period,
        )

    @property
    def unrated(self) -> tuple[str, ...]:
        """The cost-based metrics that no cost is known of yet: until then the plan can't be sold."""
        return tuple(sorted(self.terms.cost_margins.keys() - self.billable_rate.keys()))

    # -- verbs -------------------------------------------------------------------------------

    def revise(self, terms: PlanTerms, at: datetime) -> None:
        """Replace the terms from an instant on; records what changed, nothing if nothing did.

        New prices count from each subscription's next cycle, trial days for new ones only.
        """
        changes = changed(self.terms, terms)
        if changes:
            before, used_before = self._price(self.created_at), self._usage_prices(self.created_at)
            self.terms = terms
            if changes.keys() & {"base_price_cents", "currency", "billing_period"}:
                self.prices = (*(self.prices or (before,)), self._price(at))
            if changes.keys() & {"usage_pricing", "currency"}:
                self.usage_prices = (*(self.usage_prices or (used_before,)), self._usage_prices(at))
            self._record(PlanUpdated(**self._about(), changes=changes))

    def refresh_rates(self, costs: CostBook, at: datetime) -> None:
        """Let the rates follow the costs in force at an instant; records what changed, if anything did."""
        terms, rates = self.terms, dict[str, Decimal]()
        for metric, margin in sorted(terms.cost_margins.items()):
            cost = costs.in_force(self.service_id, metric, self.currency, at)
            if cost is not None:
                rates[metric] = rate_of(cost, margin, terms.cost_multiplier)
        before, self.billable_rate = self.billable_rate, rates
        if before != rates:
            changes = {"billable_rate": (to_json(before), to_json(rates))}
            self._record(PlanRatesRefreshed(**self._about(), changes=changes))

    def deactivate(self) -> None:
        """Take it out of the catalogue; subscriptions to it go on."""
        terms = evolve(self.terms, is_active=False, is_public=False)
        changes = changed(self.terms, terms)
        if changes:
            self.terms = terms
            self._record(PlanDeactivated(**self._about(), changes=changes))

    def delete(self) -> None:
        """Say in the log that it is gone; only a plan without live subscriptions and packs may go."""
        gone = {"terms": (to_json(self.terms), None)}
        self._record(PlanDeleted(**self._about(), changes=gone))

    def _about(self) -> dict[str, Any]:
        key = self.plan_key
        return {"resource_id": self.id, "ordinal": self.version + 1, "plan_key": key, "offered": OfferedPlan.of(self)}
