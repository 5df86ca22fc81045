"""Several processes bill one month together, and the power fails in one of them."""

from __future__ import annotations

import pytest

from tests.bench.processes import start
from tests.journeys.shared_runs import MODULE, books_are_right, fill, opened_run, told


async def bill_together(
    url: str, customers: int, doomed: tuple[str, int] | None, workers: int, *, named: bool = False
) -> None:
    await fill(url, customers)
    run = await opened_run(url) if named else ""
    arguments = [[f"w{number}", run] for number in range(workers)]
    if doomed:
        arguments[0] += [doomed[0], str(doomed[1])]
    started = [start(MODULE, url, *each) for each in arguments]
    if doomed and named:
        started[0].tell("go")  # alone, or on a database of one writer the others may leave it nothing to die of
        started[0].process.wait()
    for worker in started[1 if doomed and named else 0 :]:
        worker.tell("go")
    deaths: list[int] = []
    if doomed:
        victim = started.pop(0)
        deaths.append(victim.process.wait())
        victim.kill()
    answers = [told(worker) for worker in started]
    assert deaths == ([-9] if doomed else [])
    assert answers[0]["run"] == answers[-1]["run"]
    assert {(each["invoices"], each["tenants"]) for each in answers} == {(customers, customers)}
    assert len({each["net_cents"] for each in answers}) == 1
    await books_are_right(url, customers, answers[0]["run"])


@pytest.mark.parametrize("doomed", [None, ("before", 3), ("after", 4)])
async def test_three_processes_share_a_run_on_mariadb(
    migrated_mariadb_url: str, doomed: tuple[str, int] | None
) -> None:
    await bill_together(migrated_mariadb_url, 300, doomed, 3)


@pytest.mark.parametrize("doomed", [None, ("after", 3)])
async def test_two_processes_share_a_run_on_sqlite(migrated_sqlite_url: str, doomed: tuple[str, int] | None) -> None:
    await bill_together(migrated_sqlite_url, 120, doomed, 2, named=True)
