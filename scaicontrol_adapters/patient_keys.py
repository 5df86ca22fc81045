"""Idempotency keys that outlast their database's absence: what could not be noted at once is noted when it is back.

A request claims its key, the database goes away, the request is refused: without this the key would stay taken for
a day, though everybody knows that nothing happened.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import structlog
from attrs import define, field

from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from scaicontrol_core.kernel.idempotency import IdempotencyRecord, IdempotencyRecords, StoredAnswer
    from scaicontrol_core.kernel.work import Retry

#: More than these are forgotten: their keys stay taken until they expire, as those of a server that dies.
MOST = 10_000
_SECONDS, _MOST_SECONDS = 0.2, 5.0
_AWAY = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.RETRYABLE})

log = structlog.get_logger(__name__)


@define(eq=False)
class PatientKeys:
    """Records over other ones (port ``IdempotencyRecords``); what they fail to take is brought to them later, in order.

    Until then a repeat finds its key in flight.
    """

    inner: IdempotencyRecords
    retry: Retry
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _late: deque[Callable[[], Awaitable[None]]] = field(factory=deque, init=False)
    _bringing: asyncio.Task[None] | None = field(default=None, init=False)

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord | None:
        """Store a new record; return the earlier one instead, if any.

        If nobody can tell whether it was stored, its request will not run: the key is freed later.
        """
        try:
            return await self.inner.claim(record)
        except ScaiControlError as away:
            if away.kind in _AWAY:
                self._later(lambda: self.inner.release(record))
            raise

    async def complete(self, record: IdempotencyRecord, answer: StoredAnswer) -> None:
        """Keep the answer of a claimed key, now or later."""
        await self._soon(lambda: self.inner.complete(record, answer))

    async def release(self, record: IdempotencyRecord) -> None:
        """Forget a claim whose request failed without effect, now or later."""
        await self._soon(lambda: self.inner.release(record))

    async def forget_expired(self, now: datetime) -> int:
        """Forget what is past its retention; return how many."""
        return await self.inner.forget_expired(now)

    async def close(self) -> None:
        """Give up what could not be noted: those keys stay in flight."""
        if self._late:
            log.error("idempotency_not_settled", keys=len(self._late))
        if self._bringing is not None:
            self._bringing.cancel()
            await asyncio.gather(self._bringing, return_exceptions=True)
            self._bringing = None

    async def _soon(self, note: Callable[[], Awaitable[None]]) -> None:
        try:
            await self.retry(note)
        except ScaiControlError as away:
            if away.kind not in _AWAY:
                raise
            self._later(note)

    def _later(self, note: Callable[[], Awaitable[None]]) -> None:
        if len(self._late) >= MOST:
            log.error("idempotency_not_settled", keys=1)
            return
        self._late.append(note)
        if self._bringing is None or self._bringing.done():
            log.warning("idempotency_settled_later")
            self._bringing = asyncio.create_task(self._bring(), name="patient_keys")

    async def _bring(self) -> None:
        """Note all that waits, the oldest first; knock ever more seldom while nobody answers."""
        seconds = _SECONDS
        while self._late:
            try:
                await self._late[0]()
            except ScaiControlError as away:
                if away.kind in _AWAY:
                    await self.sleep(seconds)
                    seconds = min(seconds * 2, _MOST_SECONDS)
                    continue
                log.exception("idempotency_not_settled", code=away.code)
            except Exception:
                log.exception("idempotency_not_settled")
            self._late.popleft()
            seconds = _SECONDS
