"""Usage in the background: thresholds and days told, partitions ahead of time, old keys forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.metering.use_cases.tell_daily_usage import TellDailyUsage
from scaicontrol_core.metering.use_cases.tend_usage import TendUsage
from scaicontrol_core.metering.use_cases.watch_usage import WatchUsage

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container

log = structlog.get_logger(__name__)


async def tend_usage(container: Container) -> bool:
    """Make partitions, and forget a slice of keys; go on at once while there are old ones."""
    upkeep = await container.use(TendUsage)(Actor.system("tend_usage"))
    if upkeep.partitions:
        log.info("usage_partitions_made", count=upkeep.partitions)
    return not upkeep.is_done


async def watch_usage(container: Container) -> bool:
    """Look at usage that has come in and tell what it has reached; go on at once while there is more."""
    watched = await container.use(WatchUsage)(Actor.system("watch_usage"))
    if watched.reached:
        log.info("usage_thresholds_reached", count=watched.reached)
    return not watched.is_done


async def tell_daily_usage(container: Container) -> bool:
    """Tell what was used on days that are over; go on at once while there are more."""
    told = await container.use(TellDailyUsage)(Actor.system("tell_daily_usage"))
    if told.told:
        log.info("daily_usage_told", count=told.told)
    return not told.is_done
