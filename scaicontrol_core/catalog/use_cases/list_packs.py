"""Browse the packs, priced.

Public: what is on offer may be seen before anyone has an account. Only what is hidden
(inactive or not public) asks for a permission.
"""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.catalog.pack import ServicePack
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class PricedPack:
    """A pack with the price of one period, in minor units of its currency, at today's plan prices."""

    pack: ServicePack
    price_cents: int


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
            plans = await work.plans.get_many(list({item.plan_id for pack in page.items for item in pack.items}))
        prices = {plan_id: plan.base_price_cents for plan_id, plan in plans.items()}
        priced = tuple(PricedPack(pack, pack.price_cents(prices)) for pack in page.items)
        return Page(priced, page.total, page.next_cursor)
