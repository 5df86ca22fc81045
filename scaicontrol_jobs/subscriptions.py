"""Subscriptions in the background: what falls due is moved on, trials' ends are told, rates follow costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.subscriptions.use_cases.monitor_trials import MonitorTrials
from scaicontrol_core.subscriptions.use_cases.reap_pack_subscriptions import ReapPackSubscriptions
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.refresh_costs import CostRefresh, RefreshCosts

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container

log = structlog.get_logger(__name__)


async def reap_subscriptions(container: Container) -> bool:
    """Move on what is due; it is all done when this returns."""
    actor = Actor.system("reap_subscriptions")
    await container.use(ReapSubscriptions)(actor)
    await container.use(ReapPackSubscriptions)(actor)
    return False


async def monitor_trials(container: Container) -> bool:
    """Tell of trials that end soon, as of the last 09:13 UTC; it is all done when this returns."""
    await container.use(MonitorTrials)(Actor.system("monitor_trials"))
    return False


async def refresh_costs(container: Container) -> bool:
    """Let cost-based plans follow the costs that came into force; it is all done when this returns."""
    refreshed = await container.use(RefreshCosts)(Actor.system("refresh_costs"), CostRefresh())
    if refreshed.plans or refreshed.changed:
        log.info("costs_refreshed", rates=len(refreshed.plans), subscriptions=refreshed.changed)
    return False
