"""What the catalogue needs of the outside: its collections.

The catalogue belongs to nobody: every scope may read it, and permissions guard its writing.
``add`` and ``save`` add 1 to the aggregate's ``version`` and hand its events to the unit of
work; ``remove`` hands over its events.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from attrs import frozen

from scaicontrol_core.catalog.pack import ServicePack
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.catalog.unit_cost import UnitCost, UnitCostImport
from scaicontrol_core.kernel.ids import PackId, PlanId, ServiceId
from scaicontrol_core.kernel.paging import Page, PageRequest, Sorting
from scaicontrol_core.kernel.work import UnitOfWork

_SHELF = ("sort_order", "slug", "name")
#: By ``sort_order``, then slug (of plans: the plan key) without a wish.
SERVICES = Sorting("services", _SHELF, "sort_order")
PLANS = Sorting("plans", _SHELF, "sort_order")
PACKS = Sorting("packs", _SHELF, "sort_order")


class Services(Protocol):
    """All services."""

    async def get(self, service_id: ServiceId) -> Service:
        """Return one, or raise ``NotFound`` (``service_not_found``)."""
        ...

    async def find_by_slug(self, slug: str) -> Service | None:
        """Return the one of that slug, if any."""
        ...

    async def by_slug(self, slug: str) -> Service:
        """Return the one of that slug, or raise ``NotFound`` (``service_not_found``)."""
        ...

    async def all(self) -> Sequence[Service]:
        """Return every one, by ``sort_order``, then slug."""
        ...

    async def add(self, service: Service) -> None:
        """Store a new one; raises ``SlugTaken`` or ``AppIdTaken``."""
        ...

    async def save(self, service: Service) -> None:
        """Store a changed one; raises ``Stale`` or ``AppIdTaken``."""
        ...

    async def list(self, request: PageRequest, *, shown_only: bool = False) -> Page[Service]:
        """Return a page; ``shown_only`` leaves out what is not active or not public."""
        ...


@frozen(kw_only=True)
class PlanFilter:
    """Which plans. ``shown_only`` leaves out what is not active or not public, the service included."""

    service_id: ServiceId | None = None
    shown_only: bool = False


class Plans(Protocol):
    """All plans of all services."""

    async def get(self, plan_id: PlanId) -> Plan:
        """Return one, or raise ``NotFound`` (``plan_not_found``)."""
        ...

    async def get_many(self, plan_ids: Sequence[PlanId]) -> Mapping[PlanId, Plan]:
        """Return those of the ids that exist, in one read."""
        ...

    async def find_by_key(self, plan_key: str) -> Plan | None:
        """Return the one of that key (``scaikey.pro``), if any."""
        ...

    async def by_key(self, plan_key: str) -> Plan:
        """Return the one of that key, or raise ``NotFound`` (``plan_not_found``)."""
        ...

    async def all(self) -> Sequence[Plan]:
        """Return every one, by service slug, then ``sort_order``, then slug."""
        ...

    async def add(self, plan: Plan) -> None:
        """Store a new one; raises ``SlugTaken``."""
        ...

    async def save(self, plan: Plan) -> None:
        """Store a changed one, its usage prices replaced if they differ; raises ``Stale``."""
        ...

    async def remove(self, plan: Plan) -> None:
        """Delete it for good; raises ``Stale`` if others changed it. Past subscriptions keep its id and key."""
        ...

    async def was_subscribed(self, plan_id: PlanId) -> bool:
        """Tell whether any subscription, over or not, names the plan."""
        ...

    async def live_subscriptions(self, plan_id: PlanId) -> int:
        """Count the subscriptions to the plan, of all tenants, that are not over."""
        ...

    async def list(self, request: PageRequest, criteria: PlanFilter) -> Page[Plan]:
        """Return a page of those the filter lets pass."""
        ...


class Packs(Protocol):
    """All service packs."""

    async def get(self, pack_id: PackId) -> ServicePack:
        """Return one, or raise ``NotFound`` (``pack_not_found``)."""
        ...

    async def find_by_slug(self, slug: str) -> ServicePack | None:
        """Return the one of that slug, if any."""
        ...

    async def by_slug(self, slug: str) -> ServicePack:
        """Return the one of that slug, or raise ``NotFound`` (``pack_not_found``)."""
        ...

    async def all(self) -> Sequence[ServicePack]:
        """Return every one, by ``sort_order``, then slug."""
        ...

    async def containing(self, plan_id: PlanId) -> Sequence[str]:
        """Return the slugs of the packs that have the plan, in order."""
        ...

    async def add(self, pack: ServicePack) -> None:
        """Store a new one with its items; raises ``SlugTaken``."""
        ...

    async def save(self, pack: ServicePack) -> None:
        """Store a changed one, its items replaced if they differ; raises ``Stale``."""
        ...

    async def list(self, request: PageRequest, *, shown_only: bool = False) -> Page[ServicePack]:
        """Return a page; ``shown_only`` leaves out what is not active or not public."""
        ...


class UnitCosts(Protocol):
    """All costs ever recorded: only the platform adds some, nobody changes any."""

    async def of_services(self, service_ids: Collection[ServiceId]) -> Sequence[UnitCost]:
        """Return all costs of these services, by service, metric, currency, instant, and when they were recorded."""
        ...

    async def add(self, batch: UnitCostImport) -> None:
        """Append all costs of an import."""
        ...


class CatalogWork(UnitOfWork, Protocol):
    """A unit of work over the catalogue."""

    @property
    def services(self) -> Services:
        """The services."""
        ...

    @property
    def plans(self) -> Plans:
        """The plans."""
        ...

    @property
    def packs(self) -> Packs:
        """The packs."""
        ...

    @property
    def unit_costs(self) -> UnitCosts:
        """What units cost us."""
        ...
