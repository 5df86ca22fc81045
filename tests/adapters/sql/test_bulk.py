"""Many aggregates at once: one statement, and the same promises as one by one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, func, select

from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Stale
from scaicontrol_core.kernel.ids import PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("test")
RESELLER, RIVAL = PartnerId("prt_reseller"), PartnerId("prt_rival")
OURS, THEIRS = TenantId("tnt_ours"), TenantId("tnt_theirs")


def subscription(number: int, tenant_id: TenantId = OURS, partner_id: PartnerId = RESELLER) -> Subscription:
    return Subscription(
        id=SubscriptionId(f"sub_{number}"),
        partner_id=partner_id,
        tenant_id=tenant_id,
        service_id=ServiceId("svc_1"),
        plan_id=PlanId("pln_1"),
        plan_key="scaikey.pro",
        starts_on=date(2026, 1, 31),
        created_at=DEFAULT_START,
        exclusive=False,
    )


async def _add(work: SqlUnitOfWorkFactory, *subscriptions: Subscription) -> None:
    async with work.begin(PLATFORM) as begun:
        await begun.subscriptions.add_each(subscriptions)
        await begun.commit()


async def _save(work: SqlUnitOfWorkFactory, actor: Actor, *subscriptions: Subscription) -> None:
    async with work.begin(actor) as begun:
        await begun.subscriptions.save_many(subscriptions)
        await begun.commit()


async def _quantities(work: SqlUnitOfWorkFactory) -> dict[str, int]:
    async with work.begin(PLATFORM, read_only=True) as begun:
        rows = await begun.transaction.execute(select(SubscriptionRow.id, SubscriptionRow.quantity))
        return {row.id: row.quantity for row in rows}


async def test_three_hundred_are_saved_with_few_statements(market: SqlUnitOfWorkFactory) -> None:
    many = [subscription(number) for number in range(300)]
    await _add(market, *many)
    for each in many:
        each.quantity = 7
    sent: list[str] = []

    @event.listens_for(market.database.writer.sync_engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    await _save(market, PLATFORM, *many)
    assert len(sent) <= 2  # SQLite's own BEGIN is one
    assert set((await _quantities(market)).values()) == {7}


async def test_one_stale_spoils_them_all(market: SqlUnitOfWorkFactory) -> None:
    fresh, stale = subscription(1), subscription(2)
    await _add(market, fresh, stale)
    fresh.quantity = stale.quantity = 7
    stale.version = 0
    with pytest.raises(Stale):
        await _save(market, PLATFORM, fresh, stale)
    assert await _quantities(market) == {"sub_1": 1, "sub_2": 1}


async def test_one_that_is_gone_spoils_them_all_and_does_not_come_back(market: SqlUnitOfWorkFactory) -> None:
    there, gone = subscription(1), subscription(2)
    await _add(market, there)
    there.quantity, gone.version = 7, 1
    with pytest.raises(Stale):
        await _save(market, PLATFORM, there, gone)
    assert await _quantities(market) == {"sub_1": 1}


async def test_a_foreign_row_under_own_name_is_not_taken_over(market: SqlUnitOfWorkFactory) -> None:
    """An aggregate may lie about its owner; the row does not."""
    await _add(market, subscription(1), subscription(2, THEIRS, RIVAL))
    own, disguised = subscription(1), subscription(2)
    own.version = disguised.version = 1
    own.quantity = disguised.quantity = 7
    for together in ((own, disguised), (disguised,)):
        with pytest.raises(Stale):
            await _save(market, Actor.partner_admin("rita", RESELLER), *together)
    assert await _quantities(market) == {"sub_1": 1, "sub_2": 1}
    async with market.begin(PLATFORM, read_only=True) as begun:
        owners = await begun.transaction.execute(
            select(SubscriptionRow.partner_id, func.count().label("counted")).group_by(SubscriptionRow.partner_id)
        )
        assert {owner.partner_id: owner.counted for owner in owners} == {RESELLER: 1, RIVAL: 1}
