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

    async def complete(self, owner: str, key: str, answer: StoredAnswer) -> None:
        """Keep the answer of a claimed key."""
        self.kept[owner, key] = evolve(self.kept[owner, key], answer=answer)

    async def release(self, owner: str, key: str) -> None:
        """Forget a claim whose request failed without effect; what was answered stays answered."""
        record = self.kept.get((owner, key))
        if record is not None and record.answer is None:
            del self.kept[owner, key]

    async def forget_expired(self, now: datetime) -> int:
        """Forget what is past its retention; return how many."""
        old = [key for key, record in self.kept.items() if record.expired(now)]
        for key in old:
            del self.kept[key]
        return len(old)
