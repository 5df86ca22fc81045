"""Packs beside what they cost today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.catalog.pack import ServicePack
from scaicontrol_core.kernel.ids import PackId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.catalog.ports import CatalogWork


@frozen
class PricedPack:
    """A pack with the price of one period, in minor units of its currency, at today's plan prices."""

    pack: ServicePack
    price_cents: int


#: With what the ids of packs begin. No slug has capitals, and every id has: the two never meet.
ID_PREFIX = "pck_"


async def named_pack(work: CatalogWork, name: str) -> ServicePack:
    """Return the pack of that slug or id, or raise ``NotFound``."""
    found = await work.packs.find_by_slug(name)
    if found is None and name.startswith(ID_PREFIX):
        found = await work.packs.get(PackId(name))
    return found or await work.packs.by_slug(name)


async def priced(work: CatalogWork, packs: Sequence[ServicePack]) -> Sequence[PricedPack]:
    """Return packs with their prices, in one read."""
    plans = await work.plans.get_many(list({item.plan_id for pack in packs for item in pack.items}))
    prices = {plan_id: plan.base_price_cents for plan_id, plan in plans.items()}
    return [PricedPack(pack, pack.price_cents(prices)) for pack in packs]
