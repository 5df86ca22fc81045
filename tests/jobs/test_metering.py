"""Usage is tended by itself: old keys go in slices, and partitions are there before they are needed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.metering import UsageEvent
from scaicontrol_core.metering.use_cases.tend_usage import SLICE, TendUsage
from scaicontrol_core.testing.builders import OPERATOR_ID, SERVICE_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_jobs.metering import tend_usage

PLATFORM = Actor.system("tests")


def received(number: int, days_ago: int) -> UsageEvent:
    """Return an event that came in some days ago."""
    at = DEFAULT_START - timedelta(days=days_ago)
    return UsageEvent(
        service_id=SERVICE_ID,
        idempotency_key=f"k-{number}",
        partner_id=OPERATOR_ID,
        tenant_id=TENANT_ID,
        subscription_id=SubscriptionId("sub_1"),
        metric="api_calls",
        quantity=Decimal(1),
        occurred_at=at,
        usage_day=at.date(),
        received_at=at,
        content_hash="0" * 64,
    )


async def test_keys_are_remembered_for_ninety_days() -> None:
    container = Container.in_memory()
    old = [received(number, 91) for number in range(SLICE + 1)]
    async with container.work.begin(PLATFORM) as work:
        await work.usage_events.add([*old, received(9_999, 90)])
        await work.commit()
    assert await tend_usage(container) is True
    assert await tend_usage(container) is False
    async with container.work.begin(PLATFORM) as work:
        assert set(await work.usage_events.known([(SERVICE_ID, "k-1"), (SERVICE_ID, "k-9999")])) == {
            (SERVICE_ID, "k-9999")
        }


async def test_only_the_operator_tends() -> None:
    container = Container.in_memory()
    with pytest.raises(Forbidden):
        await container.use(TendUsage)(Actor.partner_admin("rita", OPERATOR_ID))
