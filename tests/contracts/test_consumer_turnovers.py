"""What a seller invoiced to consumers abroad is counted once by whoever counts it, on every backend."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import OutOfScope, Retryable
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing.builders import new_partner

SELLER, RIVAL = PartnerId("prt_seller"), PartnerId("prt_rival")
PLATFORM = Actor.system("turnovers")


@pytest.fixture
async def sellers(work_factory: Any) -> Any:
    """Two resellers on each backend."""
    async with work_factory.begin(PLATFORM) as work:
        for partner_id, prefix in ((SELLER, "SEL"), (RIVAL, "RIV")):
            await work.partners.add(new_partner(partner_id, operator=False, name=prefix, invoice_number_prefix=prefix))
        await work.commit()
    return work_factory


async def count(sellers: Any, cents: int, year: int = 2026) -> int:
    """Count one sale, again and again until the database lets it; return the turnover after it."""
    while True:
        try:
            async with sellers.begin(PLATFORM) as work:
                turnover = await work.consumer_turnovers.lock(SELLER, year)
                turnover.count(cents, declared_cents=0)
                await work.consumer_turnovers.save(turnover)
                await work.commit()
        except Retryable:
            continue
        return int(turnover.net_cents)


async def test_a_turnover_begins_at_nothing_and_grows(sellers: Any) -> None:
    async with sellers.begin(PLATFORM, read_only=True) as work:
        assert (await work.consumer_turnovers.get(SELLER, 2026)).net_cents == 0
    assert [await count(sellers, cents) for cents in (100, 23)] == [100, 123]
    await count(sellers, 7, year=2025)
    async with sellers.begin(PLATFORM, read_only=True) as work:
        years = [await work.consumer_turnovers.get(SELLER, year) for year in (2026, 2027)]
    assert [(each.net_cents, each.last_year_cents) for each in years] == [(123, 7), (0, 123)]


async def test_sales_counted_at_once_are_all_counted(sellers: Any) -> None:
    seen = await asyncio.gather(*(count(sellers, 1) for _ in range(16)))
    assert sorted(seen) == list(range(1, 17))


async def test_what_is_not_committed_was_not_counted(sellers: Any) -> None:
    async with sellers.begin(PLATFORM) as work:
        turnover = await work.consumer_turnovers.lock(SELLER, 2026)
        turnover.count(5, declared_cents=0)
        await work.consumer_turnovers.save(turnover)
    assert await count(sellers, 1) == 1


async def test_reaching_the_line_is_told_with_the_state(sellers: Any) -> None:
    await count(sellers, 1_000_001)
    async with sellers.begin(PLATFORM, read_only=True) as work:
        history = await work.audit_log.history("partner", SELLER, PageRequest())
    assert [entry.action for entry in history.items].count("partner.consumer_turnover_reached") == 2


async def test_a_rival_neither_sees_nor_counts(sellers: Any) -> None:
    await count(sellers, 5)
    rival = Actor.partner_admin("rita", RIVAL)
    async with sellers.begin(rival) as work:
        assert (await work.consumer_turnovers.get(SELLER, 2026)).net_cents == 0
        with pytest.raises(OutOfScope):
            await work.consumer_turnovers.lock(SELLER, 2026)
