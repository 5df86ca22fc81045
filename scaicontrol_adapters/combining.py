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
        try:
            while queue:
                batch, queue[:] = queue[:_TOGETHER], queue[_TOGETHER:]
                await self._finalize(actor, batch)
        finally:
            del self._queues[actor]

    async def _finalize(self, actor: Actor, batch: Sequence[_Waiting]) -> None:
        try:
            made = await self.many(actor, [each.order for each in batch])
        except BaseException as error:
            for each in batch:
                if not each.answer.done():
                    each.answer.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for each in batch:
            if each.answer.done():
                continue  # its caller went away
            refused = made.refused.get(each.order.invoice_id)
            if refused is not None:
                each.answer.set_exception(refused)
            else:
                each.answer.set_result(made.invoices[each.order.invoice_id])
