"""Documents in the background: whatever was numbered and has no PDF yet gets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from scaicontrol_adapters.rendering import render_pending
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.documents.errors import RenderingUnavailable

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container

#: So much at once that every renderer is busy, and so little that stopping never waits long.
SLICE = 8
_BUDGET_SECONDS = 5.0

log = structlog.get_logger(__name__)


async def render_documents(container: Container) -> bool:
    """Render the oldest pending documents; tell whether more may wait.

    Raises ``RenderingUnavailable`` if renderer or store are away, so that it is tried ever later.
    """
    report = await render_pending(
        container, Actor.system("render_documents"), limit=SLICE, budget_seconds=_BUDGET_SECONDS
    )
    for failure in report.failures:
        log.warning("document_failed", invoice_id=failure.invoice_id, code=failure.code, reason=failure.message)
    if report.away is not None:
        raise RenderingUnavailable(report.away)
    # Less than a slice may have been what the budget allowed: only an empty-handed turn says that nothing waits.
    return report.rendered + report.failed > 0
