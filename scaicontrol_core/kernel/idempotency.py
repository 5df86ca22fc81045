"""Idempotency: the same key with the same body gets the stored answer, never a second effect."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from scaicontrol_core.kernel.errors import Conflict, FieldError, Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How long a stored answer serves (spec: HTTP surface).
RETENTION = timedelta(hours=24)
MAX_KEY_LENGTH = 255


@frozen
class StoredAnswer:
    """What a completed request answered: status code, content type, body bytes, and the headers worth repeating."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class IdempotencyRecord:
    """One key of one caller: the hash of the request it came with, and the answer once known."""

    owner: str
    key: str
    request_hash: str
    created_at: datetime
    answer: StoredAnswer | None = None

    def expired(self, now: datetime) -> bool:
        """Tell whether the key may be used anew."""
        return now - self.created_at >= RETENTION

    def replay(self, request_hash: str) -> StoredAnswer:
        """Return the stored answer for a repeat of the same request.

        Raises ``Invalid`` (``idempotency_key_reused``) for another body and ``Conflict``
        (``idempotency_in_flight``) while the first request still runs, or if nobody can tell how it ended.
        """
        if request_hash != self.request_hash:
            raise Invalid(
                "This Idempotency-Key came with another request before.",
                code="idempotency_key_reused",
                fields=(FieldError("/headers/Idempotency-Key", "use a new key for a new request"),),
            )
        if self.answer is None:
            raise Conflict(
                "The first request with this Idempotency-Key still runs, or nobody can tell how it ended.",
                code="idempotency_in_flight",
                hint="Ask again shortly. If this stays, look whether the first one took effect before using a new key.",
            )
        return self.answer


class IdempotencyRecords(Protocol):
    """Keeps the records; durable, shared by all nodes."""

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord | None:
        """Store a new record; return the earlier, unexpired one of that owner and key instead, if any."""
        ...

    async def complete(self, record: IdempotencyRecord, answer: StoredAnswer) -> None:
        """Keep the answer of a claimed key, unless the claim is not that one any more."""
        ...

    async def release(self, record: IdempotencyRecord) -> None:
        """Forget a claim whose request failed without effect, so that it can be tried again.

        Never one whose outcome is unknown: that stays in flight until it expires. Nor a later claim of the
        same key: told twice, it frees nothing that somebody else has taken in between.
        """
        ...

    async def forget_expired(self, now: datetime) -> int:
        """Forget what is past its retention; return how many."""
        ...
