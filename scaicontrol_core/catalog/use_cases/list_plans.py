"""Browse the plans.

Public: what is on offer may be seen before anyone has an account. Only what is hidden
(inactive or not public) asks for a permission.
"""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.ports import CatalogWork, PlanFilter
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListPlans:
    """Return a page of the plans, of one service if its slug is given.

    Only what is active and public, unless ``include_hidden``. ``NotFound`` for a service that
    does not exist or is hidden. Who does not edit them sees nothing of mark-ups.
    """

    work: UnitOfWorkFactory[CatalogWork]

    async def __call__(
        self, actor: Actor, request: PageRequest, service_slug: str | None = None, *, include_hidden: bool = False
    ) -> Page[Plan]:
        """Return the page."""
        if include_hidden:
            actor.require(Permission.ADMIN_REGISTRY, Permission.ADMIN_SUBSCRIPTIONS)
        async with self.work.begin(actor, read_only=True) as work:
            service = None if service_slug is None else await work.services.by_slug(service_slug)
            if service and not include_hidden and not (service.is_active and service.is_public):
                raise NotFound.of("service", service.slug)
            wanted = PlanFilter(service_id=service.id if service else None, shown_only=not include_hidden)
            page = await work.plans.list(request, wanted)
        if actor.may(Permission.ADMIN_REGISTRY) or actor.may(Permission.ADMIN_SUBSCRIPTIONS):
            return page
        return Page(tuple(plan.as_offered() for plan in page.items), page.total, page.next_cursor)
