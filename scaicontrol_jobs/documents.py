"""Documents in the background: whatever was numbered and has no PDF yet gets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_adapters.rendering import render_pending
from scaicontrol_core.access.actor import Actor

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container

#: So much at once that every renderer is busy, and so little that stopping never waits long.
SLICE = 8
_BUDGET_SECONDS = 5.0


async def render_documents(container: Container) -> bool:
    """Render the oldest pending documents; tell whether more may wait."""
    report = await render_pending(
        container, Actor.system("render_documents"), limit=SLICE, budget_seconds=_BUDGET_SECONDS
    )
    return report.rendered + report.failed == SLICE
