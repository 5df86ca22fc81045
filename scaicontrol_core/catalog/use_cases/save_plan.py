"""Offer a plan, or change one."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.errors import SlugTaken
from scaicontrol_core.catalog.plan import Plan, PlanTerms
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.catalog.pricing_rules import check_metrics
from scaicontrol_core.kernel.checks import Findings, check_fields, slug
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import Ids, PlanId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

MUST_BE_NEW = 0


@frozen(kw_only=True)
class PlanOffer:
    """A plan of a service, by slugs, with all its terms.

    ``expected_version``: ``MUST_BE_NEW`` for a plan that may not exist yet, the version that
    was edited for one that must, None for either.
    """

    service_slug: str
    slug: str
    terms: PlanTerms
    expected_version: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a slug that could not stand in a plan key."""
        check_fields(self, {"slug": slug})


@frozen
class SavePlan:
    """Create a plan or replace its terms; only the platform may.

    A new price counts from each subscription's next cycle. Raises ``NotFound`` (service, or
    plan of an expected version), ``SlugTaken``, ``Stale``, ``Invalid`` (unknown metric).
    """

    work: UnitOfWorkFactory[CatalogWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, offer: PlanOffer) -> Plan:
        """Return the plan as it is now."""
        actor.require(Permission.ADMIN_REGISTRY)
        actor.require_platform()
        async with self.work.begin(actor) as work:
            service = await work.services.by_slug(offer.service_slug)
            findings = Findings()
            check_metrics(offer.terms, service.terms, findings)
            findings.raise_if_any()
            plan = await work.plans.find_by_key(f"{service.slug}.{offer.slug}")
            if plan is None:
                if offer.expected_version:
                    raise NotFound.of("plan", f"{service.slug}.{offer.slug}")
                plan_id = PlanId(self.ids.new("pln"))
                plan = Plan.create(plan_id, (service.id, service.slug), offer.slug, offer.terms, self.clock.now())
                await work.plans.add(plan)
                await work.commit()
                return plan
            if offer.expected_version == MUST_BE_NEW:
                raise SlugTaken("plan", offer.slug)
            require_version(offer.expected_version, plan.version)
            plan.revise(offer.terms, self.clock.now())
            if plan.has_changed:
                await work.plans.save(plan)
                await work.commit()
        return plan
