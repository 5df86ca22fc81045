"""What every list promises, on every backend: walks survive inserts and deletions, ties are broken, filters narrow."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.catalog import PlanFilter
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.ports import PLANS
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PlanId, TenantId
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest, decode_cursor, encode_cursor
from scaicontrol_core.tenancy import TenantFilter
from scaicontrol_core.tenancy.tenant import CollectionMethod
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.clock import DEFAULT_START

#: Plans that are left in peace.
_KEPT = 6
BOSS = Actor.system("test")


def _plan(number: int) -> Plan:
    """Return a plan whose name and place in the order are those of others, too."""
    names: dict[str, Any] = {"name": f"Plan {number % 3}", "sort_order": number % 2}
    return builders.new_plan(PlanId(f"pln_{number:04d}"), slug=f"plan{number * 7919 % 1000:03d}", **names)


@pytest.fixture
async def shop(work_factory: Any) -> Any:
    """A dozen plans."""
    async with work_factory.begin(BOSS) as work:
        await work.services.add(builders.new_service())
        for number in range(12):
            await work.plans.add(_plan(number))
        await work.commit()
    return work_factory


async def _list(shop: Any, **request: Any) -> Any:
    async with shop.begin(BOSS, read_only=True) as work:
        return await work.plans.list(PageRequest(**request), PlanFilter())


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("sort", PLANS.choices)
async def test_a_walk_survives_what_others_add_and_delete(shop: Any, sort: str, limit: int) -> None:
    chance = random.Random(f"{sort} {limit}")
    whole = [each.id for each in (await _list(shop, sort=sort, limit=MAX_LIMIT)).items]
    there, seen, cursor, number = set(whole), list[str](), None, 100
    while True:
        part = await _list(shop, sort=sort, limit=limit, cursor=cursor)
        seen += [each.id for each in part.items]
        cursor = part.next_cursor
        if cursor is None:
            break
        async with shop.begin(BOSS) as work:
            gone = chance.choice(sorted(there)) if len(there) > _KEPT else None
            if gone is not None:
                await work.plans.remove(await work.plans.get(gone))
            await work.plans.add(_plan(number := number + 1))
            await work.commit()
        there -= {gone}
    assert len(seen) == len(set(seen))
    assert [each for each in seen if each in there] == [each for each in whole if each in there]


@pytest.mark.parametrize("sort", PLANS.by)
async def test_by_number_it_is_the_same_list_either_way_round(shop: Any, sort: str) -> None:
    whole = [each.id for each in (await _list(shop, sort=sort, limit=MAX_LIMIT)).items]
    for wanted, expected in ((sort, whole), (f"-{sort}", whole[::-1])):
        leafed = [
            each.id for page in (1, 2, 3, 4) for each in (await _list(shop, sort=wanted, limit=5, page=page)).items
        ]
        assert leafed == expected
    beyond = await _list(shop, sort=sort, limit=5, page=99)
    assert (beyond.items, beyond.total, beyond.next_cursor) == ((), len(whole), None)


async def test_a_walk_keeps_the_number_it_began_with(shop: Any) -> None:
    first = await _list(shop, limit=5)
    async with shop.begin(BOSS) as work:
        await work.plans.add(_plan(500))
        await work.commit()
    assert (await _list(shop, limit=5, cursor=first.next_cursor)).total == first.total == 12
    assert (await _list(shop, limit=5)).total == 13


async def test_a_cursor_is_good_for_its_own_walk_alone(shop: Any) -> None:
    cursor = (await _list(shop, limit=2, sort="name")).next_cursor
    mark, total, *keys = decode_cursor(cursor)
    forged = (encode_cursor(mark, total), encode_cursor(mark, "-1", *keys), encode_cursor(mark, total, *keys, "x"))
    for sort, wrong in (("-name", cursor), ("slug", cursor), *(("name", each) for each in forged)):
        with pytest.raises(Invalid) as refused:
            await _list(shop, limit=2, sort=sort, cursor=wrong)
        assert refused.value.code == "cursor_invalid"
    with pytest.raises(Invalid) as unknown:
        await _list(shop, sort="luck")
    assert unknown.value.code == "sort_unknown"
    assert all(choice in unknown.value.message for choice in PLANS.choices)


async def test_tenants_are_narrowed(work_factory: Any) -> None:
    async with work_factory.begin(BOSS) as work:
        await work.partners.add(builders.new_partner())
        for number in range(4):
            fields: dict[str, Any] = {
                "created_at": DEFAULT_START + timedelta(days=number),
                "external_reference": f"R{number}",
                "collection_method": list(CollectionMethod)[number % 2],
            }
            await work.tenants.add(builders.new_tenant(TenantId(f"tnt_{number}"), **fields))
        await work.commit()

    async def listed(**wanted: Any) -> str:
        async with work_factory.begin(BOSS, read_only=True) as work:
            page = await work.tenants.list(PageRequest(), TenantFilter(**wanted))
        assert page.total == len(page.items)
        return "".join(each.id[-1] for each in page.items)

    assert await listed() == "0123"
    assert await listed(external_reference="R2") == "2"
    assert await listed(collection_method=next(iter(CollectionMethod))) == "02"
    assert await listed(since=DEFAULT_START + timedelta(days=1), until=DEFAULT_START + timedelta(days=3)) == "12"
