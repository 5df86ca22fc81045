"""Rendering what waits: all pending documents, several at once, through one container.

The pool of renderer processes does the work; this only keeps it fed. What is pending is a
query on the database, so whoever runs this (a command, a job, a server that starts) goes on
where the last one stopped, and two at once only make the same bytes twice.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from scaicontrol_core.documents.use_cases.list_pending_documents import MAX_BATCH, ListPendingDocuments
from scaicontrol_core.documents.use_cases.render_document import RenderDocument
from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.kernel.ids import InvoiceId

#: Documents under way at once: enough to keep every process busy while others are being stored.
_PER_WORKER = 2
#: What another attempt may mend: the rest is the document's own fault, and is marked failed.
_LATER = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.RETRYABLE, ErrorKind.STALE})


@frozen(kw_only=True)
class RenderFailure:
    """A document that could not be made, and why."""

    invoice_id: InvoiceId
    code: str
    message: str


@frozen(kw_only=True)
class RenderReport:
    """How many documents were made, how many failed, how many are left for the next attempt.

    ``away`` says what was wrong with renderer or store if that is why some are left.
    """

    rendered: int
    left: int
    failures: tuple[RenderFailure, ...] = ()
    away: str | None = None

    @property
    def failed(self) -> int:
        """How many could not be made."""
        return len(self.failures)


async def render_pending(
    container: Container,
    actor: Actor,
    *,
    limit: int = MAX_BATCH,
    budget_seconds: float | None = None,
    failed: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> RenderReport:
    """Render up to ``limit`` pending documents, or ``failed`` ones, oldest first; begin none after ``budget_seconds``.

    One that fails is reported and the others go on. If the renderer or the store is away, no
    further one is begun: they stay pending.
    """
    pending = await container.use(ListPendingDocuments)(actor, limit, failed=failed)
    if not pending:
        return RenderReport(rendered=0, left=0)
    deadline = None if budget_seconds is None else time.monotonic() + budget_seconds
    batch = _Batch(container.use(RenderDocument), actor, iter(pending), len(pending), deadline, on_progress)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(min(len(pending), _PER_WORKER * container.settings.pdf_workers)):
            tasks.create_task(batch.work_off())
    left = len(pending) - batch.rendered - len(batch.failures)
    return RenderReport(rendered=batch.rendered, left=left, failures=tuple(batch.failures), away=batch.away)


@define
class _Batch:
    """The documents of one call, shared by the tasks that work them off."""

    render: RenderDocument
    actor: Actor
    queue: Iterator[InvoiceId]
    total: int
    deadline: float | None
    on_progress: Callable[[int, int], None] | None
    rendered: int = 0
    failures: list[RenderFailure] = field(factory=list)
    away: str | None = None

    async def work_off(self) -> None:
        """Take one document after the other until none is left, time is up, or the pool is away."""
        while not self.away and not (self.deadline and time.monotonic() >= self.deadline):
            invoice_id = next(self.queue, None)
            if invoice_id is None:
                return
            await self._one(invoice_id)

    async def _one(self, invoice_id: InvoiceId) -> None:
        try:
            await self.render(self.actor, invoice_id)
        except ScaiControlError as error:
            if error.kind in _LATER:
                self.away = error.message if error.kind is ErrorKind.UNAVAILABLE else self.away
                return
            self.failures.append(RenderFailure(invoice_id=invoice_id, code=error.code, message=error.message))
        else:
            self.rendered += 1
        if self.on_progress:
            self.on_progress(self.rendered + len(self.failures), self.total)
