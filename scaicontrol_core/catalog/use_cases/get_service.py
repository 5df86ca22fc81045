"""Look at one service.

Public: what is on offer may be seen before anyone has an account. Only what is hidden
(inactive or not public) asks for a permission.
"""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class GetService:
    """Return a service by its slug; ``NotFound`` for one that is hidden, unless asked to include those."""

    work: UnitOfWorkFactory[CatalogWork]

    async def __call__(self, actor: Actor, slug: str, *, include_hidden: bool = False) -> Service:
        """Return it."""
        if include_hidden:
            actor.require(Permission.ADMIN_REGISTRY, Permission.ADMIN_SUBSCRIPTIONS)
        async with self.work.begin(actor, read_only=True) as work:
            service = await work.services.by_slug(slug)
        if not include_hidden and not (service.is_active and service.is_public):
            raise NotFound.of("service", slug)
        return service
