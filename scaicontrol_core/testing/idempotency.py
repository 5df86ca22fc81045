"""Idempotency records in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.kernel.idempotency import IdempotencyRecord, StoredAnswer


@define
class MemoryIdempotencyRecords:
    """An ``IdempotencyRecords`` that forgets everything with the process; ``kept`` is open to tests."""

    kept: dict[tuple[str, str], IdempotencyRecord] = field(factory=dict)

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord | None:
        """Store a new record; return the earlier, unexpired one of that owner and key instead, if any."""
        earlier = self.kept.get((record.owner, record.key))
        if earlier is not None and not earlier.expired(record.created_at):
            return earlier
        self.kept[record.owner, record.key] = record
        return None

    async def complete(self, record: IdempotencyRecord, answer: StoredAnswer) -> None:
        """Keep the answer of a claimed key."""
        if self._is_that(record):
            self.kept[record.owner, record.key] = evolve(record, answer=answer)

    async def release(self, record: IdempotencyRecord) -> None:
        """Forget a claim whose request failed without effect; what was answered stays answered."""
        if self._is_that(record):
            del self.kept[record.owner, record.key]

    async def forget_expired(self, now: datetime) -> int:
        """Forget what is past its retention; return how many."""
        old = [key for key, record in self.kept.items() if record.expired(now)]
        for key in old:
            del self.kept[key]
        return len(old)

    def _is_that(self, record: IdempotencyRecord) -> bool:
        kept = self.kept.get((record.owner, record.key))
        return kept is not None and kept.created_at == record.created_at and kept.answer is None
