"""Browse the packs, priced.

Public: what is on offer may be seen before anyone has an account. Only what is hidden
(inactive or not public) asks for a permission.
"""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.catalog.priced_pack import PricedPack, priced
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListPacks:
    """Return a page of what is active and public; with ``include_hidden``, of all."""

    work: UnitOfWorkFactory[CatalogWork]

    async def __call__(self, actor: Actor, request: PageRequest, *, include_hidden: bool = False) -> Page[PricedPack]:
        """Return the page."""
        if include_hidden:
            actor.require(Permission.ADMIN_REGISTRY, Permission.ADMIN_SUBSCRIPTIONS)
        async with self.work.begin(actor, read_only=True) as work:
            page = await work.packs.list(request, shown_only=not include_hidden)
            found = await priced(work, page.items)
        return Page(tuple(found), page.total, page.next_cursor)
