"""The pump: keeps many deliveries under way at once, and writes down what comes back, many at a time.

Claims are committed before anything is posted, results after. A slow receiver holds its own
few places and nobody else's. Whatever is under way when the process dies is sent again by
another, once its lease is over: the same bytes, the same id.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from attrs import define, field

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.outcome import Answer, ErrorClass, verdict
from scaicontrol_core.delivery.parcel import Answered
from scaicontrol_core.delivery.use_cases.claim_webhook_deliveries import ClaimWebhookDeliveries
from scaicontrol_core.delivery.use_cases.record_webhook_answers import RecordWebhookAnswers
from scaicontrol_core.delivery.webhook_delivery import LEASE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.delivery.parcel import Parcel

_ACTOR = Actor.system("deliver_webhooks")
#: How long a turn waits for something to come back before it looks for what is due again.
_TURN_SECONDS = 0.5
#: How long half of those that were claimed together are waited for before more are claimed, and answers collected.
_GATHER_SECONDS, _RECORD_SECONDS = 0.1, 0.005
#: Answers in one transaction.
_BATCH = 250
#: How long what is under way may go on once the process stops: longer than one post takes.
GRACE_SECONDS = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0

log = structlog.get_logger(__name__)


@define(eq=False)
class WebhookPump:
    """One per process. ``turn`` starts what is due; posts and records go on between turns.

    ``posts`` counts them by what came of them.
    """

    container: Container
    posts: Counter[str] = field(factory=Counter, init=False)
    _posting: set[asyncio.Task[None]] = field(factory=set, init=False)
    _answered: list[tuple[float, Answered]] = field(factory=list, init=False)
    _recorder: asyncio.Task[None] | None = field(default=None, init=False)
    _recorded: int = field(default=0, init=False)
    _progress: asyncio.Event = field(factory=asyncio.Event, init=False)
    _closing: bool = field(default=False, init=False)

    @property
    def under_way(self) -> int:
        """How many deliveries are posted, or have been and are not yet written down."""
        return len(self._posting) + len(self._answered)

    async def turn(self, seconds: float = _TURN_SECONDS) -> bool:
        """Claim and start as much as there is room for; tell whether there is more to do at once.

        Where nothing is due it waits up to ``seconds`` for what is under way.
        """
        if self._closing:
            return False
        # What is answered while we look for more makes room that was not seen: there may be more to do at once.
        was_busy = self.under_way > 0
        room = self.container.settings.webhook_concurrency - self.under_way
        claimed: Sequence[Parcel] = ()
        if room > 0:
            claimed = await self.container.use(ClaimWebhookDeliveries)(_ACTOR, room)
        begun = asyncio.get_running_loop().time()
        for parcel in claimed:
            task = asyncio.create_task(self._post(parcel, begun))
            self._posting.add(task)
            task.add_done_callback(self._posting.discard)
        if claimed:
            # Claiming again for each one that is written down would cost more than posting them; waiting for all
            # would leave network and database idle in turn.
            await self._written_down((len(claimed) + 1) // 2, _GATHER_SECONDS)
            return True
        # Whatever is written down makes room for what was not claimed just now.
        if was_busy:
            await self._written_down(1, seconds)
        return was_busy

    async def run(self, seconds: float | None = None) -> None:
        """Turn until nothing is due and nothing under way, or the time is up; then let what is under way finish."""
        loop = asyncio.get_running_loop()
        deadline = None if seconds is None else loop.time() + seconds
        while await self.turn():
            if deadline is not None and loop.time() >= deadline:
                break
        await self.drain()

    async def drain(self, seconds: float = GRACE_SECONDS) -> None:
        """Let what is under way finish and be written down; what takes longer is left to its lease."""
        if self._posting:
            _, late = await asyncio.wait(self._posting, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                log.warning("webhooks_cancelled", count=len(late))
                await asyncio.gather(*late, return_exceptions=True)
        if self._recorder is not None:
            await asyncio.wait([self._recorder], timeout=seconds)

    async def close(self) -> None:
        """Start nothing more, and drain."""
        self._closing = True
        await self.drain()
        if self._recorder is not None:
            self._recorder.cancel()
            await asyncio.gather(self._recorder, return_exceptions=True)

    # -- inside ------------------------------------------------------------------------------

    async def _written_down(self, count: int, seconds: float) -> None:
        """Wait until so many more answers are written down, or nothing is under way, or the time is up."""
        goal = self._recorded + count
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._recorded < goal and self.under_way:
                    self._progress.clear()
                    await self._progress.wait()

    async def _post(self, parcel: Parcel, begun: float) -> None:
        try:
            answer = await self.container.webhook_sender.post(parcel)
        except Exception:
            log.exception("webhook_fault", delivery_id=parcel.delivery_id)
            answer = Answer(latency_ms=0, error=ErrorClass.FAULT)
        self.posts[verdict(answer).value] += 1
        self._answered.append((begun, Answered(parcel, answer)))
        if self._recorder is None:
            self._recorder = asyncio.create_task(self._record())

    async def _record(self) -> None:
        """Write down answers while there are any; while the database is away, keep them as long as their leases."""
        pause = _FIRST_PAUSE
        try:
            while self._answered:
                await asyncio.sleep(_RECORD_SECONDS)  # more come back meanwhile, and share a transaction
                batch = self._answered[:_BATCH]
                try:
                    await self.container.use(RecordWebhookAnswers)(_ACTOR, [each for _, each in batch])
                    pause = _FIRST_PAUSE
                except Exception as failure:  # noqa: BLE001 - the database may be back soon
                    log.warning("webhook_answers_unrecorded", count=len(batch), failure=type(failure).__name__)
                    batch = self._overdue()
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                del self._answered[: len(batch)]
                self._recorded += len(batch)
                self._progress.set()
        finally:
            self._recorder = None
            self._progress.set()

    def _overdue(self) -> list[tuple[float, Answered]]:
        """Return the answers, from the first on, whose leases are over: others have taken these over."""
        now = asyncio.get_running_loop().time()
        return [each for each in self._answered if each[0] + LEASE.total_seconds() < now]
