"""A scenario: what is sold, by whom, to whom, and how often whatever happens happens.

Frequencies are per mille: of a customer's months, of invoices, of payments, as each field says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import Factory, fields, frozen

from scaicontrol_core.catalog.catalogue_file import Catalogue
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import Cadence, Period, period_at
from scaicontrol_core.simulation.countries import COUNTRIES
from scaicontrol_core.simulation.randomness import PER_MILLE
from scaicontrol_core.tenancy.partner import NewPartner

MOST_CUSTOMERS = 100_000
MOST_MONTHS = 120
_per_mille = checks.whole(0, PER_MILLE)
_weight = checks.whole(0, 1_000_000)


def _all_per_mille(instance: Any, **others: checks.Check) -> None:
    """Check the fields of a value that are per mille unless something else is said of them."""
    checks.check_fields(instance, {each.name: others.get(each.name, _per_mille) for each in fields(type(instance))})


def _weights(value: Any, pointer: str) -> Mapping[str, int]:
    findings = checks.Findings()
    if not isinstance(value, Mapping) or not value:
        raise Invalid.field(pointer, "Name a weight per country.", code="countries_invalid")
    for name, weight in value.items():
        if name not in COUNTRIES:
            known = ", ".join(COUNTRIES)
            findings.note(
                f"{pointer}/{name}", f"No customers are known in {name!r}; there are {known}.", "country_unknown"
            )
        findings.attempt(lambda name=name, weight=weight: _weight(weight, f"{pointer}/{name}"))  # type: ignore[misc]
    if not findings and not sum(value.values()):
        findings.note(pointer, "Some country must have a weight.", "countries_invalid")
    findings.raise_if_any()
    return {name: value[name] for name in sorted(value)}


@frozen(kw_only=True)
class Reseller:
    """A partner, and how many of a thousand customers are its own."""

    partner: NewPartner
    share: int

    def __attrs_post_init__(self) -> None:
        """Refuse a share that is none."""
        checks.check_fields(self, {"share": _per_mille})


@frozen(kw_only=True)
class Offer:
    """What a customer begins with: a plan by its key, or a pack by its slug; ``weight`` against the others."""

    plan: str | None = None
    pack: str | None = None
    weight: int = 1

    def __attrs_post_init__(self) -> None:
        """Refuse what is neither a plan nor a pack, or both."""
        checks.check_fields(self, {"weight": _weight})
        if (self.plan is None) == (self.pack is None):
            raise Invalid.field("", "An offer is a plan or a pack.", code="offer_invalid")


@frozen(kw_only=True)
class Customers:
    """Who buys.

    ``at_start`` of ``count`` are there on the first days, the others join evenly over ``joining_months``.
    ``countries`` are weights by ISO code. Per mille: ``consumers`` of all are private persons, ``cards``
    of all pay by card, ``invalid_vat_numbers`` of the businesses with a VAT number give one that the
    register does not know.
    """

    count: int
    at_start: int = 0
    joining_months: int = 12
    countries: Mapping[str, int]
    consumers: int = 0
    cards: int = 0
    invalid_vat_numbers: int = 0
    most_seats: int = 1

    def __attrs_post_init__(self) -> None:
        """Refuse numbers out of bounds and unknown countries, all at once."""
        _all_per_mille(
            self,
            count=checks.whole(1, MOST_CUSTOMERS),
            at_start=checks.whole(0, MOST_CUSTOMERS),
            joining_months=checks.whole(1, MOST_MONTHS),
            countries=_weights,
            most_seats=checks.whole(1, 10_000),
        )


@frozen(kw_only=True)
class Habits:
    """What of a thousand customers do in a month; ``convert`` and ``extend_trial``: of a thousand trials."""

    upgrade: int = 0
    downgrade: int = 0
    change_quantity: int = 0
    buy_more: int = 0
    take_pack: int = 0
    pause: int = 0
    cancel: int = 0
    cancel_at_once: int = 0
    change_mind: int = 0
    come_back: int = 0
    convert: int = 0
    extend_trial: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse what is no frequency."""
        _all_per_mille(self)


@frozen(kw_only=True)
class Metered:
    """Usage of a metric that each subscriber has: about ``monthly`` of it, customers differing by ``spread`` percent.

    ``distinct`` names the property whose values a ``unique_count`` counts.
    """

    service: str
    metric: str
    monthly: int
    spread: int = 50
    distinct: str | None = None

    def __attrs_post_init__(self) -> None:
        """Clean the fields."""
        checks.check_fields(
            self,
            {
                "service": checks.slug,
                "metric": checks.slug,
                "monthly": checks.whole(1, 10**9),
                "spread": checks.whole(0, 99),
                "distinct": checks.maybe_text(60),
            },
        )


@frozen(kw_only=True)
class Usage:
    """How usage comes in: every so many days; per mille of the reports are wrong, late or sent twice."""

    metrics: tuple[Metered, ...] = ()
    every_days: int = 7
    corrections: int = 0
    late: int = 0
    repeats: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse what is no frequency."""
        checks.check_fields(
            self,
            {
                "every_days": checks.whole(1, 28),
                "corrections": _per_mille,
                "late": _per_mille,
                "repeats": _per_mille,
            },
        )


@frozen(kw_only=True)
class Paying:
    """How invoices are paid.

    Per mille: ``failing`` of a card's payments fail, ``recovering`` of those succeed when tried again
    ``retry_days`` later; whoever's last retry fails is cancelled. Others transfer the amount up to
    ``most_days_late`` days after it is due, ``never`` of them never: who owes for ``patience_days`` is
    cancelled. ``refunds`` of payments are given back, ``credit_notes`` of invoices corrected.
    """

    failing: int = 0
    recovering: int = 700
    retry_days: tuple[int, ...] = (3, 5, 7)
    most_days_late: int = 20
    never: int = 0
    patience_days: int = 60
    refunds: int = 0
    credit_notes: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse numbers out of bounds."""
        _all_per_mille(
            self,
            retry_days=checks.distinct(checks.whole(1, 30)),
            most_days_late=checks.whole(0, 365),
            patience_days=checks.whole(1, 365),
        )


@frozen(kw_only=True)
class Scenario:
    """A business to live through, from ``starts_on`` (local to the operator) for so many months.

    ``ladders`` are plan keys in rising order: what a customer moves up and down. ``documents``:
    whether PDFs are made at the end.
    """

    name: str
    starts_on: date
    months: int
    seed: int
    operator: NewPartner
    resellers: tuple[Reseller, ...] = ()
    catalogue: Catalogue
    catalogue_file: Mapping[str, Any]
    offers: tuple[Offer, ...]
    ladders: tuple[tuple[str, ...], ...] = ()
    customers: Customers
    habits: Habits = Factory(Habits)
    usage: Usage = Factory(Usage)
    paying: Paying = Factory(Paying)
    documents: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse what is out of bounds, or names what the catalogue does not have."""
        checks.check_fields(
            self,
            {
                "name": checks.required(100),
                "months": checks.whole(1, MOST_MONTHS),
                "seed": checks.whole(0, 2**63 - 1),
                "documents": checks.flag,
            },
        )
        findings = checks.Findings()
        self._check_names(findings)
        if not sum(offer.weight for offer in self.offers):
            findings.note("/offers", "Some offer must have a weight.", "offer_invalid")
        if sum(reseller.share for reseller in self.resellers) > PER_MILLE:
            findings.note("/resellers", "The shares are more than all customers.", "share_invalid")
        findings.raise_if_any()

    @property
    def period(self) -> Period:
        """All its days."""
        last = period_at(self.starts_on, Cadence.MONTHLY, self.months - 1)
        return Period(self.starts_on, last.end)

    def _check_names(self, findings: checks.Findings) -> None:
        """Note every plan, pack and metric that the catalogue does not have."""
        plans = {f"{service.slug}.{plan.slug}" for service in self.catalogue.services for plan in service.plans}
        packs = {pack.slug for pack in self.catalogue.packs}
        metrics = {(each.slug, metric.slug) for each in self.catalogue.services for metric in each.terms.metrics}
        for place, offer in enumerate(self.offers):
            if offer.plan is not None and offer.plan not in plans:
                findings.note(f"/offers/{place}/plan", f"There is no plan {offer.plan!r}.", "name_unknown")
            if offer.pack is not None and offer.pack not in packs:
                findings.note(f"/offers/{place}/pack", f"There is no pack {offer.pack!r}.", "name_unknown")
        for place, ladder in enumerate(self.ladders):
            if len({key.partition(".")[0] for key in ladder}) > 1:
                findings.note(f"/ladders/{place}", "A ladder is of one service.", "ladder_invalid")
            for rung, key in enumerate(ladder):
                if key not in plans:
                    findings.note(f"/ladders/{place}/{rung}", f"There is no plan {key!r}.", "name_unknown")
        for place, each in enumerate(self.usage.metrics):
            if (each.service, each.metric) not in metrics:
                text = f"{each.service!r} has no metric {each.metric!r}."
                findings.note(f"/usage/metrics/{place}", text, "name_unknown")
