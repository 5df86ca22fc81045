"""Two thousand drafts, sixteen workers, a power cut in the middle: not one number missing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from tests.bench import world
from tests.bench.processes import Worker, race, start

_DRAFTS = 2000
_PROCESSES = 4
_WORKERS = 4
#: How many numbers the first process has given out when the power goes.
_UNTIL_THE_CUT = 150


@pytest.fixture
async def drafts(migrated_mariadb_url: str) -> list[InvoiceId]:
    here = await world.open_world(migrated_mariadb_url)
    try:
        return await world.add_drafts(here, await world.add_customers(here, 50), _DRAFTS)
    finally:
        await here.aclose()


async def test_sixteen_workers_and_a_power_cut_leave_no_gap_and_no_duplicate(
    migrated_mariadb_url: str, drafts: list[InvoiceId]
) -> None:
    crew = [_begin(migrated_mariadb_url, part) for part in _shares(drafts)]
    cut_short = await asyncio.to_thread(_run_and_kill_all, crew)
    assert _UNTIL_THE_CUT <= len(cut_short) < _DRAFTS

    # The machine is back: everything is asked for again, whatever was done before.
    again = [_begin(migrated_mariadb_url, part) for part in _shares(drafts)]
    _, done = await asyncio.to_thread(race, again)

    assert sorted(done) == sorted(drafts)
    await _assert_one_unbroken_series(migrated_mariadb_url, set(cut_short))


def _shares(drafts: Sequence[InvoiceId]) -> Iterator[Sequence[InvoiceId]]:
    return (drafts[part::_PROCESSES] for part in range(_PROCESSES))


def _begin(url: str, part: Sequence[InvoiceId]) -> Worker:
    return start("tests.bench.workers.finalize", url, str(_WORKERS), feed=part)


def _run_and_kill_all(crew: Sequence[Worker]) -> list[str]:
    """Let all run, kill them without warning, and return the ids they said were committed."""
    for worker in crew:
        worker.tell("go")
    acknowledged = [crew[0].answers.readline().strip() for _ in range(_UNTIL_THE_CUT)]
    for worker in crew:
        worker.process.kill()
    for worker in crew:
        lines = worker.answers.read().splitlines(keepends=True)
        acknowledged += [line.strip() for line in lines if line.endswith("\n")]
        worker.kill()
    return acknowledged


async def _assert_one_unbroken_series(url: str, acknowledged: set[str]) -> None:
    here = await world.open_world(url)
    (audit,) = await AuditNumbering(here.work)(world.ACTOR)
    assert audit.faults == ()
    assert (audit.documents, audit.series.next_number) == (_DRAFTS, _DRAFTS + 1)
    year = here.today().year
    assert (audit.first_number, audit.last_number) == (f"SCAI-{year}-000001", f"SCAI-{year}-{_DRAFTS:06d}")

    numbers, dates, numbered = set[str](), list[tuple[int, str]](), set[str]()
    page = PageRequest(limit=MAX_LIMIT)
    async with here.work.begin(world.ACTOR, read_only=True) as work:
        while True:
            part = await work.invoices.list(InvoiceFilter(issued=True), page)
            for invoice in part.items:
                numbers.add(invoice.number or "")
                numbered.add(invoice.id)
                dates.append((invoice.sequence or 0, str(invoice.issue_date)))
            if part.next_cursor is None:
                break
            page = PageRequest(limit=MAX_LIMIT, cursor=part.next_cursor)
    await here.aclose()
    assert numbers == {f"SCAI-{year}-{number:06d}" for number in range(1, _DRAFTS + 1)}
    assert acknowledged <= numbered
    in_order = [day for _, day in sorted(dates)]
    assert in_order == sorted(in_order)
