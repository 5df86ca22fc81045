"""Idempotency keys in SQL: durable, shared by all nodes, each step a transaction of its own.

A claim must be there before the use case runs, and stay if the use case's own transaction
rolls back; hence no unit of work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from scaicontrol_adapters.sql.errors import DUPLICATE, ConnectionLost, waiting_in_vain
from scaicontrol_adapters.sql.retry import Backoff
from scaicontrol_adapters.sql.rows.idempotency import IdempotencyRow
from scaicontrol_core.kernel.errors import Conflict
from scaicontrol_core.kernel.idempotency import RETENTION, IdempotencyRecord, StoredAnswer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from scaicontrol_adapters.sql.engine import Database
    from scaicontrol_core.kernel.work import Retry

_TABLE = IdempotencyRow.__table__


def _of(record: IdempotencyRecord) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _TABLE.c.owner == record.owner, _TABLE.c.key == record.key


def _claimed_as(record: IdempotencyRecord) -> tuple[ColumnElement[bool], ...]:
    """Name the row of this very claim, while it has no answer."""
    return *_of(record), _TABLE.c.created_at == record.created_at, _TABLE.c.status.is_(None)


class SqlIdempotencyRecords:
    """Keeps the records (port ``IdempotencyRecords``)."""

    def __init__(self, database: Database, retry: Retry | None = None) -> None:
        self._database, self._retry = database, retry or Backoff()

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord | None:
        """Store a new record; return the earlier, unexpired one of that owner and key instead, if any.

        A connection that broke leaves open whether the record was stored; then one of the same instant is ours.
        """
        was_lost = False

        async def attempt() -> IdempotencyRecord | None:
            nonlocal was_lost
            try:
                earlier = await self._claim(record)
            except ConnectionLost:
                was_lost = True
                raise
            return None if was_lost and earlier == record else earlier

        return await self._retry(attempt)

    async def _claim(self, record: IdempotencyRecord) -> IdempotencyRecord | None:
        values = {
            "owner": record.owner,
            "key": record.key,
            "request_hash": record.request_hash,
            "created_at": record.created_at,
        }
        while True:
            try:
                await self._run(insert(_TABLE).values(values))  # type: ignore[arg-type]
            except Conflict as conflict:
                if conflict.code != DUPLICATE:
                    raise
            else:
                return None
            earlier = await self._find(record)
            if earlier is None:
                continue  # released in between
            if not earlier.expired(record.created_at):
                return earlier
            again = (*_of(record), _TABLE.c.created_at == earlier.created_at)
            blank = {"status": None, "content_type": None, "body": None, "headers": None}
            if await self._run(update(_TABLE).where(*again).values(values | blank)):  # type: ignore[arg-type]
                return None

    async def complete(self, record: IdempotencyRecord, answer: StoredAnswer) -> None:
        """Keep the answer of a claimed key."""
        kept = {
            "status": answer.status,
            "content_type": answer.content_type,
            "body": answer.body,
            "headers": dict(answer.headers),
        }
        await self._run(update(_TABLE).where(*_claimed_as(record)).values(kept))  # type: ignore[arg-type]

    async def release(self, record: IdempotencyRecord) -> None:
        """Forget a claim whose request failed without effect."""
        await self._run(delete(_TABLE).where(*_claimed_as(record)))  # type: ignore[arg-type]

    async def forget_expired(self, now: datetime) -> int:
        """Delete what is past its retention; return how many."""
        return await self._run(delete(_TABLE).where(_TABLE.c.created_at <= now - RETENTION))  # type: ignore[arg-type]

    async def _find(self, record: IdempotencyRecord) -> IdempotencyRecord | None:
        with waiting_in_vain():
            async with self._database.reader.connect() as connection:
                row = (await connection.execute(select(_TABLE).where(*_of(record)))).one_or_none()
        if row is None:
            return None
        answer = None
        if row.status is not None:
            answer = StoredAnswer(row.status, row.content_type, row.body, row.headers or {})
        return IdempotencyRecord(row.owner, row.key, row.request_hash, row.created_at, answer)

    async def _run(self, statement: Any) -> int:  # INSERT, UPDATE or DELETE
        with waiting_in_vain():
            async with self._database.writer.begin() as connection:
                return (await connection.execute(statement)).rowcount
