"""Which jobs see to what happened: looked up by the relay, once an event has its place in the feed.

A reaction only hurries: it makes a job due in its row, and rings for it. Whoever misses the
ring finds the row, and whoever misses both finds the work at the job's next turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.use_cases.wake_jobs import WakeJobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaicontrol_adapters.container import Container

#: Topic, or the words it begins with → the jobs that see to it.
REACTIONS: Mapping[str, tuple[str, ...]] = {
    "webhook.disabled.": ("tell_webhook_owners",),
    "tenant.billing_": ("recheck_vat_numbers",),
    "partner.billing_": ("recheck_vat_numbers",),
    "invoice.issued.": ("render_documents", "deliver_mail"),
    "credit_note.issued.": ("render_documents", "deliver_mail"),
}
#: Whatever has a topic may have subscribers.
DELIVERING = "deliver_webhooks"
_ACTOR = Actor.system("fan_out_events")


class Bell(Protocol):
    """Tells whoever runs jobs that some are due."""

    async def __call__(self, names: Collection[str]) -> None:
        """Ring for jobs; it never raises, and may be lost."""
        ...


_BELLS: WeakKeyDictionary[Container, Bell] = WeakKeyDictionary()


@contextmanager
def bell(container: Container, ring: Bell) -> Iterator[None]:
    """Have reactions of a container's jobs rung for, for the length of the block."""
    _BELLS[container] = ring
    try:
        yield
    finally:
        _BELLS.pop(container, None)


def jobs_after(topics: Iterable[str], *, deliveries: int = 0) -> frozenset[str]:
    """Return the jobs that see to events of these topics."""
    told = set(topics)
    found = {
        name for start, names in REACTIONS.items() if any(each.startswith(start) for each in told) for name in names
    }
    return frozenset(found | ({DELIVERING} if deliveries else set()))


async def react(container: Container, topics: Iterable[str], *, deliveries: int = 0) -> None:
    """Make the jobs due that see to these events, and ring for them."""
    names = jobs_after(topics, deliveries=deliveries)
    if not names:
        return
    woken = await container.use(WakeJobs)(_ACTOR, names)
    ring = _BELLS.get(container)
    if ring is not None and woken:
        await ring(woken)
