"""Receivables in the background: what was not paid in time is past due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.billing.use_cases.mark_overdue import MarkOverdue

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container

log = structlog.get_logger(__name__)


async def mark_overdue(container: Container) -> bool:
    """Mark what was due before today in its seller's zone; it is all done when this returns."""
    marked = await container.use(MarkOverdue)(Actor.system("mark_overdue"))
    if marked:
        log.info("invoices_overdue", count=marked)
    return False
