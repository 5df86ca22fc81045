"""Jobs that die at any call of any port, and are run again: the same end, and nothing said twice."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import define, field

from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.kernel.ids import PlanId, SubscriptionId, TenantId
from scaicontrol_core.subscriptions.changing import Effective
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.monitor_trials import MonitorTrials
from scaicontrol_core.subscriptions.use_cases.pause_subscription import PauseSubscription
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import SERVICE_ID
from scaicontrol_core.testing.faults import Killed

ADMIN = MemoryWorld.platform
LATER = datetime(2026, 3, 3, 12, tzinfo=UTC)


@define
class MortalWork:
    """Units of work whose ``last`` call of a port, counted from 1, is never answered."""

    inner: Any
    last: int
    calls: int = field(default=0, init=False)

    def step(self) -> None:
        """Count a call, and die when it is time."""
        self.calls += 1
        if self.calls == self.last:
            raise Killed(f"at call {self.calls}")

    @asynccontextmanager
    async def begin(self, actor: Any, *, read_only: bool = False) -> AsyncIterator[Any]:
        """Open a unit of work."""
        self.step()
        async with self.inner.begin(actor, read_only=read_only) as work:
            yield _Mortal(work, self)


@define
class _Mortal:
    """A port that may die before each call, and after each commit."""

    inner: Any
    work: MortalWork

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return _Mortal(found, self.work)

        async def called(*args: Any, **kwargs: Any) -> Any:
            self.work.step()
            answer = found(*args, **kwargs)
            result = await answer if inspect.isawaitable(answer) else answer
            if name == "commit":
                self.work.step()
            return result

        return called


async def busy_shop() -> MemoryWorld:
    """One of each that time alone moves on, at an hour when all of it is due."""
    world = await MemoryWorld.with_one_customer()
    terms = {"trial_days": 14, "base_price_cents": 4900}
    await world.keep(
        builders.new_plan(PlanId("pln_trial"), (SERVICE_ID, "scaikey"), "starter", tier="starter", **terms)
    )
    sold: dict[str, SubscriptionId] = {}
    for name in ("leaves", "pauses", "expires", "changes", "tries"):
        tenant_id = TenantId(f"tnt_{name}")
        await world.keep(builders.new_tenant(tenant_id), builders.new_profile(tenant_id))
        ends_on = date(2026, 3, 1) if name == "expires" else None
        key = "scaikey.starter" if name == "tries" else "scaikey.pro"
        wanted = NewSubscription(tenant_id, key, term_ends_on=ends_on)
        sold[name] = (await world.use(CreateSubscription)(ADMIN, wanted)).id
    await world.use(CancelSubscription)(ADMIN, sold["leaves"])
    await world.use(PauseSubscription)(ADMIN, sold["pauses"], until=date(2026, 2, 20))
    later = SubscriptionChange(quantity=3, effective=Effective.PERIOD_END)
    await world.use(ChangeSubscription)(ADMIN, sold["changes"], later)
    return world


def outcome(world: MemoryWorld) -> Any:
    """What it all came to: states, periods owed, and what was said, in whatever order."""
    rows = [row for _, row in world.store.tables["subscriptions"].values()]
    states = sorted(
        (row.id, row.status, row.quantity, row.schedule, row.cancelled_at, row.version, row.trial_notice)
        for row in rows
    )
    return states, sorted(event.idempotency_key for event in world.store.outbox), len(world.store.audit)


@pytest.mark.parametrize("job", [ReapSubscriptions, MonitorTrials])
async def test_dead_at_any_call_and_run_again_the_end_is_the_same(job: Any) -> None:
    at = LATER if job is ReapSubscriptions else datetime(2026, 1, 27, 10, tzinfo=UTC)
    unhurt = await busy_shop()
    unhurt.clock.set(at)
    await unhurt.use(job)(ADMIN)
    wanted, calls, deaths = outcome(unhurt), 0, 0
    while True:
        calls += 1
        world = await busy_shop()
        world.clock.set(at)
        work = MortalWork(world.work, calls)
        try:
            await world.use(job, work=work)(ADMIN)
            break  # it made fewer calls than that
        except Killed:
            deaths += 1
        await world.use(job)(ADMIN)
        assert outcome(world) == wanted, f"after dying at call {calls}"
        assert await world.use(job)(ADMIN) == 0
    assert deaths > (30 if job is ReapSubscriptions else 5)
