"""Service: one of the products; reports metrics and is sold in plans."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import Factory, define, field, frozen

from scaicontrol_core.catalog.events import ServiceCreated, ServiceUpdated
from scaicontrol_core.catalog.offered import OfferedService
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder, changed
from scaicontrol_core.kernel.ids import ServiceId


class Aggregation(StrEnum):
    """How a metric's events of a period become one quantity."""

    SUM = "sum"
    COUNT = "count"
    MAX = "max"
    LAST = "last"
    UNIQUE_COUNT = "unique_count"


_METRIC_CHECKS: dict[str, checks.Check] = {
    "slug": checks.slug,
    "aggregation": checks.choice(Aggregation),
    "unit": checks.maybe_text(40),
    "property": checks.maybe_text(100),
}


@frozen(kw_only=True)
class Metric:
    """Something a service counts. ``property`` names what ``unique_count`` tells apart."""

    slug: str
    aggregation: Aggregation = Aggregation.SUM
    unit: str | None = None
    property: str | None = None

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse what is wrong."""
        checks.check_fields(self, _METRIC_CHECKS)


_CHECKS: dict[str, checks.Check] = {
    "app_id": checks.slug,
    "name": checks.required(200),
    "description": checks.text(2000),
    "allows_multiple": checks.flag,
    "is_active": checks.flag,
    "is_public": checks.flag,
    "sort_order": checks.whole(0, 100_000),
    "metadata": checks.json_object,
}


@frozen(kw_only=True)
class ServiceTerms:
    """All of a service that an editor may change. ``app_id`` is the one its tokens carry.

    ``allows_multiple``: a tenant may hold several live subscriptions to it at once.
    """

    app_id: str
    name: str
    description: str = ""
    metrics: tuple[Metric, ...] = ()
    allows_multiple: bool = False
    is_active: bool = True
    is_public: bool = True
    sort_order: int = 0
    metadata: dict[str, Any] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse what is wrong, all at once."""
        checks.check_fields(self, _CHECKS)
        slugs = [metric.slug for metric in self.metrics]
        for index, slug in enumerate(slugs):
            if slug in slugs[:index]:
                raise Invalid.field(f"/metrics/{index}/slug", f"The metric {slug!r} stands here twice.")


@define(kw_only=True, eq=False)
class Service(Recorder):
    """A product; ``slug`` is its stable name."""

    id: ServiceId
    slug: str
    terms: ServiceTerms
    created_at: datetime
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a slug that could not stand in a plan key."""
        self.slug = checks.slug(self.slug, "/slug")

    @classmethod
    def create(cls, service_id: ServiceId, slug: str, terms: ServiceTerms, now: datetime) -> Service:
        """Put a service into the catalogue."""
        service = cls(id=service_id, slug=slug, terms=terms, created_at=now)
        service._record(
            ServiceCreated(resource_id=service.id, slug=slug, terms=terms, offered=OfferedService.of(service))
        )
        return service

    @property
    def name(self) -> str:
        """What people call it."""
        return self.terms.name

    @property
    def app_id(self) -> str:
        """The application id in its service tokens."""
        return self.terms.app_id

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What it counts."""
        return self.terms.metrics

    @property
    def allows_multiple(self) -> bool:
        """Tell whether a tenant may hold several live subscriptions."""
        return self.terms.allows_multiple

    @property
    def is_active(self) -> bool:
        """Tell whether it is sold at all."""
        return self.terms.is_active

    @property
    def is_public(self) -> bool:
        """Tell whether the public catalogue shows it."""
        return self.terms.is_public

    def revise(self, terms: ServiceTerms) -> None:
        """Replace the terms; records what changed, nothing if nothing did."""
        changes = changed(self.terms, terms)
        if changes:
            self.terms = terms
            about: dict[str, Any] = {"resource_id": self.id, "slug": self.slug, "offered": OfferedService.of(self)}
            self._record(ServiceUpdated(**about, ordinal=self.version + 1, changes=changes))
