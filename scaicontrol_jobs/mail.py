"""Mail in the background: requests to send a document are delivered, and tried again while the service is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from scaicontrol_adapters.sending import deliver_due
from scaicontrol_core.access.actor import Actor

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container

SLICE = 20
_BUDGET_SECONDS = 5.0

log = structlog.get_logger(__name__)


async def deliver_mail(container: Container) -> bool:
    """Deliver the requests that are longest due; tell whether more may wait."""
    report = await deliver_due(container, Actor.system("deliver_mail"), limit=SLICE, budget_seconds=_BUDGET_SECONDS)
    for request in (*report.deferred, *report.failed):
        log.warning(
            "mail_not_sent",
            send_id=request.id,
            status=request.status.value,
            code=request.error_code,
            due=request.due_at,
        )
    return report.left > 0 or len(report.requests) == SLICE
