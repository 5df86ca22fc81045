"""Name the requests that are to be delivered: the work list of the mail job."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.transmission import SendId
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory

MAX_BATCH = 1000


@frozen
class ListDueSends:
    """Return ids of queued requests that are due and in nobody's hands, longest due first."""

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock

    async def __call__(self, actor: Actor, limit: int = MAX_BATCH) -> Sequence[SendId]:
        """Return at most ``limit`` of them."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.send_requests.due(self.clock.now(), limit)
