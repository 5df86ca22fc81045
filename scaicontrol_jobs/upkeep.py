"""Upkeep in the background: partitions of the audit log, and answers that nobody repeats any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.audit.use_cases.tend_audit_log import TendAuditLog

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container

log = structlog.get_logger(__name__)


async def tend_audit_log(container: Container) -> bool:
    """Make partitions of the months to come."""
    made = await container.use(TendAuditLog)(Actor.system("tend_audit_log"))
    if made:
        log.info("audit_partitions_made", count=made)
    return False


async def sweep_idempotency_keys(container: Container) -> bool:
    """Forget the answers of requests that are a day old."""
    gone = await container.idempotency.forget_expired(container.clock.now())
    if gone:
        log.info("idempotency_keys_swept", count=gone)
    return False
