"""A service that counts API calls, and a customer who makes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from attrs import define

from scaicontrol_core.access import Actor, ActorKind, Permission
from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.kernel.ids import PlanId, ServiceId, TenantId
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.metering import Outcome, OutcomeStatus, UsageEvent
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import TENANT_ID

METRICS = (
    Metric(slug="api_calls", aggregation=Aggregation.SUM),
    Metric(slug="users", aggregation=Aggregation.UNIQUE_COUNT, property="user_id"),
)


def service_token(app_id: str = "scaikey") -> Actor:
    """Return a service's own actor."""
    return Actor(
        ActorKind.SERVICE,
        app_id,
        Scope.service(app_id),
        frozenset({Permission.REGISTRY_MANAGE, Permission.SERVICES_READ}),
    )


@define
class Meter:
    """The world, and short ways to report what its customer used."""

    world: MemoryWorld
    admin: Actor = Actor.system("meter")
    service: Actor = service_token()

    async def subscribe(self, plan_key: str = "scaikey.pro", tenant_id: TenantId = TENANT_ID) -> Subscription:
        """Put a customer on a plan."""
        return await self.world.use(CreateSubscription)(self.admin, NewSubscription(tenant_id, plan_key))

    async def report(self, *events: Any, actor: Actor | None = None, **batch: Any) -> Sequence[Outcome]:
        """Report events as they are written in JSON."""
        field = "tenant" if batch.get("by_reference") else "tenant_id"
        reports = [read_report(event, field) for event in events]
        return await self.world.use(IngestUsage)(actor or self.service, UsageBatch(reports=reports, **batch))

    async def verdict(self, *, actor: Actor | None = None, backfill: bool = False, **event: Any) -> str:
        """Report one event; return what became of it in a word."""
        (outcome,) = await self.report(called(**event), actor=actor, backfill=backfill)
        return word(outcome)

    async def close(self, subscription: Subscription, until: date) -> None:
        """Bill everything before a day."""
        async with self.world.work.begin(self.admin) as work:
            await work.usage_closings.close(subscription, until)
            await work.commit()

    def kept(self) -> Sequence[UsageEvent]:
        """Return the events that count."""
        return [row for _, row in self.world.store.tables.get("usage_events", {}).values()]


def called(key: str = "k-1", **fields: Any) -> dict[str, Any]:
    """Return an event as a service writes it."""
    usual = {
        "idempotency_key": key,
        "tenant_id": TENANT_ID,
        "metric": "api_calls",
        "quantity": "50",
        "occurred_at": "2026-01-15T09:00:00Z",
    }
    return {name: value for name, value in (usual | fields).items() if value is not None}


def word(outcome: Outcome) -> str:
    """Return the outcome in a word: its status, or the reason of a rejection."""
    if outcome.status is OutcomeStatus.REJECTED:
        assert outcome.reason is not None
        assert outcome.detail
        return outcome.reason.value
    return outcome.status.value


@pytest.fixture(name="called")
def written_event() -> Any:
    """Write an event as a service does."""
    return called


@pytest.fixture
async def meter() -> Meter:
    """A shop in which the customer is on scaikey.pro since 15 January 2026."""
    world = MemoryWorld()
    vault = ServiceId("svc_vault")
    await world.keep(
        builders.new_partner(),
        builders.new_tenant(external_reference="t001"),
        builders.new_profile(),
        builders.new_tenant(TenantId("tnt_idle"), name="Nobody yet"),
        builders.new_service(metrics=METRICS),
        builders.new_service(vault, "scaivault", metrics=(Metric(slug="secrets"),)),
        builders.new_plan(),
        builders.new_plan(PlanId("pln_vault"), (vault, "scaivault")),
    )
    return Meter(world)


@pytest.fixture
async def subscription(meter: Meter) -> Subscription:
    """The customer's subscription."""
    return await meter.subscribe()
