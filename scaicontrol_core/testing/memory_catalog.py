"""Services, plans and packs in memory: everybody reads them, the platform writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from scaicontrol_core.catalog.errors import AppIdTaken, SlugTaken
from scaicontrol_core.catalog.pack import ServicePack
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.ports import PACKS, PLANS, SERVICES, PlanFilter
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import PlanId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable
from scaicontrol_core.testing.memory_store import MemoryCollection, UniqueKey

T = TypeVar("T")
_IN_ORDER = "sort_order"


class _Shared(MemoryCollection[T]):
    """Rows that every scope reads and only the platform writes."""

    def _may_write(self, scope: Scope, row: T) -> bool:
        del scope, row
        return False


class MemoryServices(_Shared[Service]):
    """All services."""

    table = "services"
    what = "service"
    _SORTS: ClassVar[Mapping[str, SortKey[Service]]] = {
        _IN_ORDER: lambda service: (sortable(service.terms.sort_order), service.slug),
        "slug": lambda service: (service.slug,),
        "name": lambda service: (service.name, service.slug),
    }

    async def find_by_slug(self, slug: str) -> Service | None:
        """Return the one of that slug, if any."""
        return next((service for service in self._visible() if service.slug == slug), None)

    async def by_slug(self, slug: str) -> Service:
        """Return the one of that slug, or raise ``NotFound``."""
        return _found(await self.find_by_slug(slug), self.what, slug)

    async def all(self) -> Sequence[Service]:
        """Return every one, in order."""
        return sorted(self._visible(), key=self._SORTS[_IN_ORDER])

    async def list(self, request: PageRequest, *, shown_only: bool = False) -> Page[Service]:
        """Return a page."""
        found = [service for service in self._visible() if not shown_only or _is_shown(service)]
        return paged(found, request, SERVICES, self._SORTS, {"shown_only": shown_only})

    def _unique_keys(self, row: Service) -> Iterable[UniqueKey]:
        yield ("slug", row.slug), lambda: SlugTaken(self.what, row.slug)
        yield ("app_id", row.app_id), lambda: AppIdTaken(row.app_id)


class MemoryPlans(_Shared[Plan]):
    """All plans."""

    table = "plans"
    what = "plan"
    _SORTS: ClassVar[Mapping[str, SortKey[Plan]]] = {
        _IN_ORDER: lambda plan: (sortable(plan.terms.sort_order), plan.plan_key),
        "slug": lambda plan: (plan.plan_key,),
        "name": lambda plan: (plan.name, plan.plan_key),
    }

    async def get_many(self, plan_ids: Sequence[PlanId]) -> Mapping[PlanId, Plan]:
        """Return those of the ids that exist."""
        found = ((plan_id, self._find(plan_id)) for plan_id in plan_ids)
        return {plan_id: plan for plan_id, plan in found if plan is not None}

    async def find_by_key(self, plan_key: str) -> Plan | None:
        """Return the one of that key, if any."""
        return next((plan for plan in self._visible() if plan.plan_key == plan_key), None)

    async def by_key(self, plan_key: str) -> Plan:
        """Return the one of that key, or raise ``NotFound``."""
        return _found(await self.find_by_key(plan_key), self.what, plan_key)

    async def all(self) -> Sequence[Plan]:
        """Return every one, by service, then in order."""
        return sorted(self._visible(), key=lambda plan: (plan.service_slug, plan.terms.sort_order, plan.slug))

    async def remove(self, plan: Plan) -> None:
        """Delete it for good."""
        self._require_writable(plan)
        self._require_fresh(plan)
        self._transaction.record(plan.collect_events(), plan.version + 1)
        self._transaction.write(self.table, plan.id, None)

    async def was_subscribed(self, plan_id: PlanId) -> bool:
        """Tell whether any subscription names the plan."""
        return any(plan_id in each.plan_ids for each in self._transaction.rows("subscriptions"))

    async def live_subscriptions(self, plan_id: PlanId) -> int:
        """Count the subscriptions to the plan that are not over, whoever holds them."""
        subscriptions = self._transaction.rows("subscriptions")
        return sum(1 for each in subscriptions if each.plan_id == plan_id and each.is_live)

    async def list(self, request: PageRequest, criteria: PlanFilter) -> Page[Plan]:
        """Return a page of those the filter lets pass."""
        hidden = {service.id for service in self._transaction.rows("services") if not _is_shown(service)}
        found = [
            plan
            for plan in self._visible()
            if criteria.service_id in (None, plan.service_id)
            and (not criteria.shown_only or (_is_shown(plan) and plan.service_id not in hidden))
        ]
        return paged(found, request, PLANS, self._SORTS, criteria)

    def _unique_keys(self, row: Plan) -> Iterable[UniqueKey]:
        yield ("slug", row.plan_key), lambda: SlugTaken(self.what, row.slug)


class MemoryPacks(_Shared[ServicePack]):
    """All packs."""

    table = "packs"
    what = "pack"
    _SORTS: ClassVar[Mapping[str, SortKey[ServicePack]]] = {
        _IN_ORDER: lambda pack: (sortable(pack.terms.sort_order), pack.slug),
        "slug": lambda pack: (pack.slug,),
        "name": lambda pack: (pack.name, pack.slug),
    }

    async def find_by_slug(self, slug: str) -> ServicePack | None:
        """Return the one of that slug, if any."""
        return next((pack for pack in self._visible() if pack.slug == slug), None)

    async def by_slug(self, slug: str) -> ServicePack:
        """Return the one of that slug, or raise ``NotFound``."""
        return _found(await self.find_by_slug(slug), self.what, slug)

    async def all(self) -> Sequence[ServicePack]:
        """Return every one, in order."""
        return sorted(self._visible(), key=self._SORTS[_IN_ORDER])

    async def containing(self, plan_id: PlanId) -> Sequence[str]:
        """Return the slugs of the packs that have the plan."""
        return [pack.slug for pack in await self.all() if any(item.plan_id == plan_id for item in pack.items)]

    async def list(self, request: PageRequest, *, shown_only: bool = False) -> Page[ServicePack]:
        """Return a page."""
        found = [pack for pack in self._visible() if not shown_only or _is_shown(pack)]
        return paged(found, request, PACKS, self._SORTS, {"shown_only": shown_only})

    def _unique_keys(self, row: ServicePack) -> Iterable[UniqueKey]:
        yield ("slug", row.slug), lambda: SlugTaken(self.what, row.slug)


def _is_shown(thing: Any) -> bool:  # a service, plan or pack
    return bool(thing.is_active and thing.is_public)


def _found(thing: T | None, what: str, key: str) -> T:
    if thing is None:
        raise NotFound.of(what, key)
    return thing
