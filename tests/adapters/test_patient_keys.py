"""Idempotency keys while their database is away: nothing that is known is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from attrs import define, field

from scaicontrol_adapters import patient_keys
from scaicontrol_adapters.patient_keys import PatientKeys
from scaicontrol_core.kernel.errors import Retryable, Unavailable
from scaicontrol_core.kernel.idempotency import IdempotencyRecord, StoredAnswer
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_core.testing.idempotency import MemoryIdempotencyRecords

ANSWER = StoredAnswer(201, "application/json", b"{}")
FIRST, SECOND = (IdempotencyRecord("anna", key, "a" * 64, DEFAULT_START) for key in ("k-1", "k-2"))


@define
class Away:
    """Records of a database that may be away; a claim may arrive though its answer does not."""

    kept: MemoryIdempotencyRecords = field(factory=MemoryIdempotencyRecords)
    away: bool = False

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Return what the records do, if they are there."""

        async def ask(*given: Any) -> Any:
            if self.away and name == "claim":
                await self.kept.claim(*given)
            if self.away:
                raise Unavailable("The database does not answer.", code="database_unavailable")
            return await getattr(self.kept, name)(*given)

        return ask


@define
class Waits:
    """A sleep that lasts until the next day is called."""

    asked: list[float] = field(factory=list)
    _over: asyncio.Event = field(factory=asyncio.Event)

    async def __call__(self, seconds: float) -> None:
        """Sleep."""
        self.asked.append(seconds)
        self._over.clear()
        await self._over.wait()

    async def end(self) -> None:
        """End it, and let those who slept do something."""
        self._over.set()
        for _ in range(10):
            await asyncio.sleep(0)


async def _at_once(attempt: Callable[[], Awaitable[Any]]) -> Any:
    return await attempt()


async def test_what_could_not_be_noted_is_noted_when_the_database_is_back() -> None:
    records, waits = Away(), Waits()
    keys = PatientKeys(cast("Any", records), _at_once, waits)
    assert [await keys.claim(each) for each in (FIRST, SECOND)] == [None, None]
    records.away = True
    await keys.release(FIRST)
    await keys.complete(SECOND, ANSWER)
    for _ in range(8):
        await waits.end()
    assert waits.asked[:6] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0]
    records.away = False
    await waits.end()
    assert await keys.claim(FIRST) is None
    again = await keys.claim(SECOND)
    assert again is not None
    assert again.answer == ANSWER
    await keys.close()


async def test_a_claim_that_may_have_arrived_is_freed() -> None:
    records, waits = Away(away=True), Waits()
    keys = PatientKeys(cast("Any", records), _at_once, waits)
    with pytest.raises(Unavailable):
        await keys.claim(FIRST)
    assert records.kept.kept
    records.away = False
    await waits.end()
    await waits.end()
    assert not records.kept.kept
    await keys.close()


async def test_no_more_is_remembered_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_keys, "MOST", 1)
    records, waits = Away(), Waits()
    keys = PatientKeys(cast("Any", records), _at_once, waits)
    for each in (FIRST, SECOND):
        await keys.claim(each)
    records.away = True
    for each in (FIRST, SECOND):
        await keys.release(each)
    records.away = False
    await waits.end()
    await waits.end()
    assert list(records.kept.kept) == [("anna", "k-2")]
    records.away = True
    await keys.release(SECOND)
    await keys.close()
    assert list(records.kept.kept) == [("anna", "k-2")]


async def test_a_mistake_holds_up_none_that_wait() -> None:
    records, waits = Away(), Waits()

    async def giving_up(attempt: Callable[[], Awaitable[Any]]) -> Any:
        raise Retryable("The database gave up this transaction for another one.")

    keys = PatientKeys(cast("Any", records), giving_up, waits)
    await keys.claim(SECOND)
    await keys.complete(None, ANSWER)  # type: ignore[arg-type]
    await keys.release(SECOND)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not records.kept.kept
    await keys.close()
