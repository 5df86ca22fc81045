"""Delivering what waits: all due requests to send a document, one after the other, through one container.

What is due is a query on the database, so whoever runs this (a command, a job, a server that
starts) goes on where the last one stopped; two at once never hand the same message over twice.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.documents.transmission import SendNotDue, SendStatus
from scaicontrol_core.documents.use_cases.deliver_mail import DeliverMail
from scaicontrol_core.documents.use_cases.list_due_sends import MAX_BATCH, ListDueSends

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.documents.transmission import SendRequest


@frozen(kw_only=True)
class DeliveryReport:
    """What became of the requests that were worked on; ``left`` are those not begun in time."""

    requests: tuple[SendRequest, ...] = ()
    left: int = 0

    @property
    def sent(self) -> int:
        """How many were handed over."""
        return sum(1 for each in self.requests if each.handed_at is not None)

    @property
    def deferred(self) -> tuple[SendRequest, ...]:
        """Those that are tried again later."""
        return tuple(each for each in self.requests if each.status is SendStatus.QUEUED)

    @property
    def failed(self) -> tuple[SendRequest, ...]:
        """Those that somebody has to look at."""
        return tuple(each for each in self.requests if each.status is SendStatus.FAILED)


async def deliver_due(
    container: Container,
    actor: Actor,
    *,
    limit: int = MAX_BATCH,
    budget_seconds: float | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> DeliveryReport:
    """Deliver up to ``limit`` due requests, longest due first; begin none after ``budget_seconds``."""
    due = await container.use(ListDueSends)(actor, limit)
    deadline = None if budget_seconds is None else time.monotonic() + budget_seconds
    done: list[SendRequest] = []
    for count, send_id in enumerate(due):
        if deadline is not None and time.monotonic() >= deadline:
            return DeliveryReport(requests=tuple(done), left=len(due) - count)
        try:
            done.append(await container.use(DeliverMail)(actor, send_id))
        except SendNotDue:
            continue  # another worker has it
        if on_progress:
            on_progress(count + 1, len(due))
    return DeliveryReport(requests=tuple(done))
