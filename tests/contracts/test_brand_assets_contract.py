"""What every store promises of logos and fonts: one per partner and digest, seen by their partner alone."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.documents.brand.asset import AssetId, AssetType, BrandAsset, CleanAsset
from scaicontrol_core.kernel.errors import NotFound, Retryable, Stale
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tenancy.branding import AssetKind
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID
from scaicontrol_core.testing.clock import DEFAULT_START

BOSS = Actor.system("contract")
OTHER = PartnerId("prt_other")
LOGO = AssetKind.LOGO


def asset(number: int, partner_id: PartnerId = OPERATOR_ID, content: bytes | None = None) -> BrandAsset:
    """A logo of bytes of its own, unless some are given."""
    clean = CleanAsset(content=content or bytes([number]), asset_type=AssetType.PNG, width=4, height=1)
    return BrandAsset.upload(AssetId(f"ast_{number}"), partner_id, f"logo-{number}.png", clean, DEFAULT_START)


@pytest.fixture
async def work(work_factory: Any) -> Any:
    """Two partners."""
    async with work_factory.begin(BOSS) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(builders.new_partner(OTHER, operator=False, name="Other", invoice_number_prefix="OTH"))
        await work.commit()
    return work_factory


async def keep(factory: Any, *assets: BrandAsset) -> None:
    async with factory.begin(BOSS) as work:
        for each in assets:
            await work.brand_assets.add(each)
        await work.commit()


async def change(factory: Any, changed: BrandAsset) -> None:
    async with factory.begin(BOSS) as work:
        await work.brand_assets.save(changed)
        await work.commit()


async def test_what_is_kept_is_found_again(work: Any) -> None:
    await keep(work, asset(1), asset(2), asset(3, OTHER))
    async with work.begin(BOSS, read_only=True) as reading:
        first = await reading.brand_assets.get(AssetId("ast_1"))
        assert (first.name, first.asset_type, first.width, first.version) == ("logo-1.png", AssetType.PNG, 4, 1)
        assert first.created_at == DEFAULT_START
        assert [each.id for each in await reading.brand_assets.of_partner(OPERATOR_ID)] == ["ast_1", "ast_2"]
        assert await reading.brand_assets.has(OTHER, asset(3).sha256, LOGO)
        assert not await reading.brand_assets.has(OPERATOR_ID, asset(3).sha256, LOGO)
        assert not await reading.brand_assets.has(OTHER, asset(3).sha256, AssetKind.FONT)
        assert await reading.brand_assets.find(OPERATOR_ID, "0" * 64) is None
        with pytest.raises(NotFound) as missing:
            await reading.brand_assets.get(AssetId("ast_9"))
    assert missing.value.code == "brand_asset_not_found"


async def test_a_deleted_one_is_offered_no_longer_and_still_known(work: Any) -> None:
    await keep(work, asset(1))
    async with work.begin(BOSS) as writing:
        gone = await writing.brand_assets.get(AssetId("ast_1"))
        gone.delete(DEFAULT_START)
        await writing.brand_assets.save(gone)
        await writing.commit()
    async with work.begin(BOSS, read_only=True) as reading:
        assert await reading.brand_assets.of_partner(OPERATOR_ID) == []
        assert not await reading.brand_assets.has(OPERATOR_ID, gone.sha256, LOGO)
        found = await reading.brand_assets.find(OPERATOR_ID, gone.sha256)
    assert found is not None
    assert found.is_deleted


async def test_one_partner_keeps_the_same_bytes_once_two_partners_each(work: Any) -> None:
    await keep(work, asset(1, content=b"same"), asset(2, OTHER, content=b"same"))
    with pytest.raises(Retryable):
        await keep(work, asset(3, content=b"same"))


async def test_two_who_change_one_at_once(work: Any) -> None:
    await keep(work, asset(1))
    async with work.begin(BOSS, read_only=True) as reading:
        first, second = [await reading.brand_assets.get(AssetId("ast_1")) for _ in range(2)]
    first.upload_again("first.png")
    second.upload_again("second.png")
    await change(work, first)
    with pytest.raises(Stale):
        await change(work, second)


async def test_a_partner_sees_its_own(work: Any) -> None:
    await keep(work, asset(1), asset(2, OTHER))
    async with work.begin(Actor.partner_admin("usr_1", OTHER), read_only=True) as reading:
        assert await reading.brand_assets.of_partner(OPERATOR_ID) == []
        assert [each.id for each in await reading.brand_assets.of_partner(OTHER)] == ["ast_2"]
        with pytest.raises(NotFound):
            await reading.brand_assets.get(AssetId("ast_1"))
