"""Combining: concurrent finalizations of one actor share a transaction, as group commit does.

A series can be locked by one transaction at a time, so sixteen callers that each bring their
own wait for fifteen others. Here the calls that arrive while one transaction is under way
become the next one together. A call that meets nobody runs at once, alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from scaicontrol_core.billing.finalizing import FinalizeOrder
from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.finalizing import Finalizations
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.ids import InvoiceId

#: How many drafts one transaction takes: enough to make its fixed cost small, few enough to
#: keep the lock for milliseconds.
_TOGETHER = 32


@frozen
class _Waiting:
    order: FinalizeOrder
    answer: asyncio.Future[Invoice]


@define(eq=False)
class CombinedFinalization:
    """Called like ``FinalizeInvoice``; runs ``many`` (``FinalizeInvoices``, retried) for all that wait.

    Nothing is lost in a crash that had been acknowledged: every caller waits for the commit
    that includes its own draft, and gets its own invoice or its own error.
    """

    many: Callable[[Actor, Sequence[FinalizeOrder]], Awaitable[Finalizations]]
    _queues: dict[Actor, list[_Waiting]] = field(factory=dict, init=False)
    _running: set[asyncio.Task[None]] = field(factory=set, init=False)

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> Invoice:
        """Return the finalized invoice; raises what ``FinalizeInvoice`` raises."""
        waiting = _Waiting(
            FinalizeOrder(invoice_id=invoice_id, request_id=actor.request_id),
            asyncio.get_running_loop().create_future(),
        )
        queue = self._queues.get(actor)
        if queue is not None:
            queue.append(waiting)
        else:
            self._queues[actor] = [waiting]
            # A task of its own: a caller who goes away must not take the others along.
            task = asyncio.create_task(self._work_off(actor))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await waiting.answer

    async def _work_off(self, actor: Actor) -> None:
        queue = self._queues[actor]
        batch: list[_Waiting] = []
        try:
            while queue:
                batch, queue[:] = queue[:_TOGETHER], queue[_TOGETHER:]
                await self._finalize(actor, batch)
        finally:
            del self._queues[actor]
            for each in (*batch, *queue):  # the loop is being shut down: nobody waits for ever
                each.answer.cancel()

    async def _finalize(self, actor: Actor, batch: Sequence[_Waiting]) -> None:
        try:
            made = await self.many(actor, [each.order for each in batch])
        except Exception as error:  # noqa: BLE001  # whatever it is, its callers are told
            if len(batch) > 1 and not _is_common(error):
                # One of them spoils it for all: apart, the others get what they came for.
                for each in batch:
                    await self._finalize(actor, [each])
                return
            for each in batch:
                _fail(each, error)
            return
        for each in batch:
            refused = made.refused.get(each.order.invoice_id)
            if refused is not None:
                _fail(each, refused)
            elif not each.answer.done():
                each.answer.set_result(made.invoices[each.order.invoice_id])


def _is_common(error: Exception) -> bool:
    """Tell whether each of them would meet it by itself: the database is away, or out of patience."""
    return isinstance(error, ScaiControlError) and error.kind in (ErrorKind.UNAVAILABLE, ErrorKind.RETRYABLE)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.answer.done():  # else its caller went away
        waiting.answer.set_exception(error)
