"""The directory in the background: followed every hour, in slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.identity.errors import SyncRunning
from scaicontrol_core.identity.use_cases.sync_directory import SyncDirectory

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container

_SLICE_SECONDS = 8

log = structlog.get_logger(__name__)


async def sync_directory(container: Container) -> bool:
    """Follow the directory for a while; nothing happens where none is configured, or somebody else is at it."""
    if not container.settings.has_directory:
        return False
    try:
        report = await container.use(SyncDirectory)(Actor.system("sync_directory"), seconds=_SLICE_SECONDS)
    except SyncRunning:
        return False
    if report.is_done and report.held_back:
        log.warning("directory_held_back", count=report.held_back, incomplete=list(report.incomplete))
    if report.is_done and report.skipped:
        log.warning("directory_items_skipped", reasons=sorted({each.reason for each in report.skipped}))
    return not report.is_done
