"""Packs are edited one by one: offered, replaced wholesale, taken off the shelf."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.catalogue_file import PackEntry, read_pack
from scaicontrol_core.catalog.errors import SlugTaken
from scaicontrol_core.catalog.use_cases.deactivate_pack import DeactivatePack
from scaicontrol_core.catalog.use_cases.get_pack import GetPack
from scaicontrol_core.catalog.use_cases.save_pack import MUST_BE_NEW, SavePack
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound, OutOfScope, Stale
from scaicontrol_core.kernel.ids import PartnerId, PlanId, ServiceId
from scaicontrol_core.testing import MemoryWorld, builders

BOSS = Actor.system("editor")
VAULT = (ServiceId("svc_vault"), "scaivault")


def duo(*items: str, **fields: Any) -> PackEntry:
    """Return a pack as a file says it."""
    usual = {"slug": "duo", "name": "Duo", "billing_period": "monthly", "currency": "EUR", "base_price_cents": 6000}
    return read_pack(usual | {"items": list(items or ("scaikey.pro", "scaivault.pro"))} | fields)


@pytest.fixture
async def shop() -> MemoryWorld:
    """Two services with a plan each."""
    world = await MemoryWorld.with_one_customer()
    await world.keep(builders.new_service(*VAULT), builders.new_plan(PlanId("pln_vault"), VAULT))
    return world


async def test_a_pack_is_offered_once_and_replaced_wholesale(shop: MemoryWorld) -> None:
    made = await shop.use(SavePack)(BOSS, duo(), MUST_BE_NEW)
    assert (made.price_cents, made.pack.version) == (6000, 1)
    with pytest.raises(SlugTaken):
        await shop.use(SavePack)(BOSS, duo(), MUST_BE_NEW)
    edited = await shop.use(SavePack)(BOSS, duo("scaivault.pro", base_price_cents=500), 1)
    assert ([item.plan_key for item in edited.pack.items], edited.price_cents) == (["scaivault.pro"], 500)
    with pytest.raises(Stale):
        await shop.use(SavePack)(BOSS, duo(), 1)
    again = await shop.use(SavePack)(BOSS, duo("scaivault.pro", base_price_cents=500))
    assert again.pack.version == 2
    assert [entry.action for entry in shop.store.audit if entry.resource_type == "pack"] == [
        "pack.created",
        "pack.updated",
    ]


async def test_a_pack_is_known_by_its_slug_and_its_id(shop: MemoryWorld) -> None:
    made = await shop.use(SavePack)(BOSS, duo())
    for name in ("duo", made.pack.id):
        found = await shop.use(GetPack)(BOSS, name)
        assert (found.pack.id, found.price_cents) == (made.pack.id, 6000)
    for name in ("none", "pck_none"):
        with pytest.raises(NotFound):
            await shop.use(GetPack)(BOSS, name)
    with pytest.raises(NotFound):
        await shop.use(SavePack)(BOSS, duo(slug="other"), 3)


async def test_a_pack_off_the_shelf_is_still_there(shop: MemoryWorld) -> None:
    made = await shop.use(SavePack)(BOSS, duo())
    off = await shop.use(DeactivatePack)(BOSS, "duo")
    assert (off.pack.is_active, off.pack.is_public) == (False, False)
    again = await shop.use(DeactivatePack)(BOSS, made.pack.id)
    assert again.pack.version == off.pack.version


async def test_a_pack_of_plans_that_are_not_there_is_no_pack(shop: MemoryWorld) -> None:
    with pytest.raises(Invalid) as refused:
        await shop.use(SavePack)(BOSS, duo("scaikey.pro", "scaivault.none"))
    assert (refused.value.code, refused.value.fields[0].pointer) == ("plan_unknown", "/items/1")
    with pytest.raises(Invalid) as empty:
        read_pack({"slug": "duo", "name": "Duo", "items": []})
    assert {each.pointer for each in empty.value.fields} == {"/billing_period", "/currency", "/items"}


async def test_only_the_platform_edits_packs(shop: MemoryWorld) -> None:
    await shop.use(SavePack)(BOSS, duo())
    rita = Actor.partner_admin("rita", PartnerId("prt_1"))
    for story in (shop.use(SavePack)(rita, duo()), shop.use(DeactivatePack)(rita, "duo")):
        with pytest.raises((Forbidden, OutOfScope)):
            await story
