"""Browse the services.

Public: what is on offer may be seen before anyone has an account. Only what is hidden
(inactive or not public) asks for a permission.
"""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListServices:
    """Return a page of what is active and public; with ``include_hidden``, of all."""

    work: UnitOfWorkFactory[CatalogWork]

    async def __call__(self, actor: Actor, request: PageRequest, *, include_hidden: bool = False) -> Page[Service]:
        """Return the page."""
        if include_hidden:
            actor.require(Permission.ADMIN_REGISTRY, Permission.ADMIN_SUBSCRIPTIONS)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.services.list(request, shown_only=not include_hidden)
