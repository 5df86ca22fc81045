"""What every store of idempotency keys promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.idempotency import SqlIdempotencyRecords
from scaicontrol_core.kernel.idempotency import RETENTION, IdempotencyRecord, IdempotencyRecords, StoredAnswer
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_core.testing.idempotency import MemoryIdempotencyRecords

ANSWER = StoredAnswer(201, "application/json", b'{"id": "inv_1", "name": "\xc3\xa9\x00"}', {"ETag": '"1"'})


@pytest.fixture(params=["memory", "sqlite", pytest.param("mariadb", marks=pytest.mark.services)])
async def records(request: pytest.FixtureRequest) -> AsyncIterator[IdempotencyRecords]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryIdempotencyRecords()
        return
    database = create_engine(request.getfixturevalue(f"migrated_{request.param}_url"))
    yield SqlIdempotencyRecords(database)
    await database.aclose()


def _record(**fields: object) -> IdempotencyRecord:
    usual = {"owner": "user-1", "key": "k-1", "request_hash": "a" * 64, "created_at": DEFAULT_START}
    return IdempotencyRecord(**(usual | fields))  # type: ignore[arg-type]


async def test_the_first_claim_wins_and_its_answer_is_kept(records: IdempotencyRecords) -> None:
    assert await records.claim(_record()) is None
    running = await records.claim(_record(request_hash="b" * 64))
    assert running == _record()
    await records.complete(_record(), ANSWER)
    assert await records.claim(_record()) == _record(answer=ANSWER)


async def test_keys_belong_to_their_owner_and_differ_by_case(records: IdempotencyRecords) -> None:
    assert await records.claim(_record()) is None
    assert await records.claim(_record(owner="user-2")) is None
    assert await records.claim(_record(key="K-1")) is None
    assert await records.claim(_record(key="k-1 ")) is None


async def test_a_released_claim_can_be_made_again_and_a_completed_one_not(records: IdempotencyRecords) -> None:
    await records.claim(_record())
    await records.release(_record())
    assert await records.claim(_record()) is None
    await records.complete(_record(), ANSWER)
    await records.release(_record())
    assert await records.claim(_record()) == _record(answer=ANSWER)


async def test_what_is_told_late_touches_no_later_claim(records: IdempotencyRecords) -> None:
    later = _record(created_at=DEFAULT_START + timedelta(microseconds=1))
    await records.claim(_record())
    await records.release(_record())
    await records.claim(later)
    await records.release(_record())
    await records.complete(_record(), ANSWER)
    assert await records.claim(_record()) == later


async def test_an_expired_key_is_used_anew(records: IdempotencyRecords) -> None:
    later = DEFAULT_START + RETENTION
    await records.claim(_record())
    await records.complete(_record(), ANSWER)
    assert await records.claim(_record(created_at=later - timedelta(seconds=1))) == _record(answer=ANSWER)
    assert await records.claim(_record(created_at=later)) is None
    assert await records.claim(_record(created_at=later)) == _record(created_at=later)


async def test_of_many_at_once_one_gets_it(records: IdempotencyRecords) -> None:
    outcomes = await asyncio.gather(*(records.claim(_record(request_hash=f"{n:064d}")) for n in range(8)))
    assert outcomes.count(None) == 1


async def test_what_is_past_its_retention_is_swept_away(records: IdempotencyRecords) -> None:
    await records.claim(_record())
    await records.claim(_record(key="k-2", created_at=DEFAULT_START + timedelta(hours=1)))
    assert await records.forget_expired(DEFAULT_START + RETENTION) == 1
    assert await records.forget_expired(DEFAULT_START + RETENTION) == 0
