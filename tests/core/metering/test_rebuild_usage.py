"""Usage summed up anew: the same as what was summed up while it came in."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor, Permission, Role
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.metering.use_cases.rebuild_usage import RebuildUsage, Rebuilt
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

ADMIN = Actor.system("rebuild")
TABLES = ("usage_rollups_daily", "usage_rollups_hourly", "usage_unique_values")


def rolled_up(meter: Any) -> dict[str, Any]:
    """Return all roll-ups as they stand."""
    tables = meter.world.store.tables
    return {name: {key: row for key, (_, row) in tables.get(name, {}).items()} for name in TABLES}


async def test_anew_is_as_before(meter: Any, called: Any) -> None:
    await meter.subscribe()
    meter.world.clock.advance(days=10)
    for day in range(15, 22):
        await meter.report(
            called(f"a-{day}", occurred_at=f"2026-01-{day}T23:30:00Z", quantity=day),
            called(f"b-{day}", occurred_at=f"2026-01-{day}T08:00:00Z", quantity=-1, correction=True),
            called(f"c-{day}", occurred_at=f"2026-01-{day}T08:10:00Z", metric="users", properties={"user_id": day % 3}),
        )
    before = rolled_up(meter)
    assert all(before.values())
    assert await meter.world.use(RebuildUsage)(ADMIN) == Rebuilt(1, 21, None)
    assert rolled_up(meter) == before


async def test_what_is_wrong_is_mended(meter: Any, called: Any) -> None:
    await meter.subscribe()
    await meter.report(called("a"), called("b"))
    right = rolled_up(meter)
    for name in TABLES[:2]:
        meter.world.store.tables[name].clear()
    await meter.world.use(RebuildUsage)(ADMIN)
    assert rolled_up(meter) == right


async def test_it_is_the_operators(meter: Any) -> None:
    tenant = Actor.tenant_user("tina", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
    with pytest.raises(Forbidden):
        await meter.world.use(RebuildUsage)(tenant)
    assert Permission.ADMIN_USAGE not in tenant.permissions
