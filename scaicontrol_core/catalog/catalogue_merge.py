"""Bring what is stored to what a catalogue file says, all in memory; storing it is the use case's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from scaicontrol_core.catalog.pack import ServicePack
from scaicontrol_core.catalog.pack_items import items_of
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.pricing_rules import check_metrics
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.kernel.checks import Findings
from scaicontrol_core.kernel.ids import Ids, PackId, PlanId, ServiceId

if TYPE_CHECKING:
    from scaicontrol_core.catalog.catalogue_file import Catalogue, PackEntry, PlanEntry, ServiceEntry


class CatalogueMerge:
    """The aggregates by slug or plan key; after ``apply`` new ones are at version 0, changed ones have events."""

    def __init__(
        self, services: Iterable[Service], plans: Iterable[Plan], packs: Iterable[ServicePack], ids: Ids, now: datetime
    ) -> None:
        self.services = {service.slug: service for service in services}
        self.plans = {plan.plan_key: plan for plan in plans}
        self.packs = {pack.slug: pack for pack in packs}
        self._ids = ids
        self._now = now
        self._findings = Findings()

    def apply(self, wanted: Catalogue) -> None:
        """Create and revise; raises one ``Invalid`` that points into the file."""
        for place, service in enumerate(wanted.services):
            self._service(service, f"/services/{place}")
        for place, pack in enumerate(wanted.packs):
            self._findings.attempt(lambda pack=pack, at=f"/packs/{place}": self._pack(pack, at), f"/packs/{place}")  # type: ignore[misc]
        self._findings.raise_if_any()

    def _service(self, entry: ServiceEntry, at: str) -> None:
        service = self.services.get(entry.slug)
        if service is None:
            service = Service.create(ServiceId(self._ids.new("svc")), entry.slug, entry.terms, self._now)
            self.services[entry.slug] = service
        else:
            service.revise(entry.terms)
        for plan in entry.plans:
            self._plan(service, plan)
        self._check_other_plans(service, entry, at)

    def _plan(self, service: Service, entry: PlanEntry) -> None:
        plan = self.plans.get(f"{service.slug}.{entry.slug}")
        if plan is not None:
            plan.revise(entry.terms, self._now)
            return
        plan_id = PlanId(self._ids.new("pln"))
        plan = Plan.create(plan_id, (service.id, service.slug), entry.slug, entry.terms, self._now)
        self.plans[plan.plan_key] = plan

    def _check_other_plans(self, service: Service, entry: ServiceEntry, at: str) -> None:
        """A metric can't go while a plan that the file omits still prices it."""
        named = {plan.slug for plan in entry.plans}
        for plan in self.plans.values():
            if plan.service_id == service.id and plan.slug not in named:
                still_priced = Findings()
                check_metrics(plan.terms, entry.terms, still_priced)
                if still_priced:
                    text = f"The plan {plan.plan_key}, not in this file, still has prices for a metric that is gone."
                    self._findings.note(f"{at}/metrics", text, "metric_unknown")

    def _pack(self, entry: PackEntry, at: str) -> None:
        items = items_of(entry, self.plans, self._findings, at)
        if items is None:
            return
        pack = self.packs.get(entry.slug)
        if pack is None:
            pack_id = PackId(self._ids.new("pck"))
            self.packs[entry.slug] = ServicePack.create(pack_id, entry.slug, entry.terms, items, self._now)
        else:
            pack.revise(entry.terms, items, self._now)
