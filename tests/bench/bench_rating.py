"""A month of usage, 1,000 events for each of 1,000 tenants: summed up anew, then rated and put on invoices.

Time, and memory that must not grow with the number of events: a tenth of them beside all.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

from sqlalchemy import text

from tests.bench import world
from tests.bench.measured import Measured
from tests.bench.metered_world import add_events, add_metered

#: Set ``BENCH_RATING_TENANTS`` for a smaller one.
_TENANTS = int(os.environ.get("BENCH_RATING_TENANTS", "1000"))
_EACH = 1_000
#: How much more memory ten times the tenants may take.
_MOST_GROWTH = 1.5
_SUM = "SELECT subscription_id, metric, usage_day, SUM(quantity) FROM usage_events GROUP BY 1, 2, 3"


async def test_events_rated_per_second_in_flat_memory(
    migrated_mariadb_url: str, mariadb_url: str, record: Callable[[Measured], None]
) -> None:
    from scaicontrol_adapters.sql.migrate import migrate  # noqa: PLC0415

    small = await _run(migrated_mariadb_url, _TENANTS // 10)
    await migrate(mariadb_url)
    large = await _run(mariadb_url, _TENANTS)
    for tenants, runs in ((_TENANTS // 10, small), (_TENANTS, large)):
        for what, (rate, peak) in runs.items():
            if what == "raw":
                continue
            named = f"usage {what}, {tenants * _EACH:,} events of {tenants:,} tenants"
            note = f"peak memory {peak:.0f} MiB"
            record(
                Measured(named, rate, "/s", "SELECT SUM ... GROUP BY of the same events", runs["raw"][0], None, note)
            )
    for what in ("summed up", "rated and billed"):
        assert large[what][1] < small[what][1] * _MOST_GROWTH, what


async def _run(url: str, tenants: int) -> dict[str, tuple[float, float]]:
    """Return events per second and peak memory in MiB, by what was done."""
    events = tenants * _EACH
    here = await world.open_world(url)
    subscriptions = await add_metered(here, await world.add_customers(here, tenants))
    await add_events(here, subscriptions, _EACH)
    started = time.perf_counter()
    async with here.database.reader.connect() as connection:
        assert len((await connection.execute(text(_SUM))).all()) >= tenants
    raw = events / (time.perf_counter() - started)
    await here.aclose()
    summed = await _work(url, "sum")
    assert summed["done"] == events
    billed = await _work(url, "bill")
    assert billed["done"] == tenants
    return {
        "raw": (raw, 0),
        "summed up": (events / summed["seconds"], summed["peak_mib"]),
        "rated and billed": (events / billed["seconds"], billed["peak_mib"]),
    }


async def _work(url: str, what: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.workers.rating", url, what]
    answer = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    done: dict[str, float] = json.loads(answer.stdout)
    return done
