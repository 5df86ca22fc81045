"""A billing run on MariaDB without PDFs: invoices a second and peak memory, at 1,000 and 10,000."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable

from tests.bench import world
from tests.bench.measured import Measured


async def test_invoices_per_second_and_flat_memory(
    migrated_mariadb_url: str, mariadb_url: str, record: Callable[[Measured], None]
) -> None:
    small = await _run(migrated_mariadb_url, 1_000)
    raw = await _raw_rows(migrated_mariadb_url)
    from scaicontrol_adapters.sql.migrate import migrate  # noqa: PLC0415

    await migrate(mariadb_url)
    large = await _run(mariadb_url, 10_000)
    for count, run in ((1_000, small), (10_000, large)):
        record(
            Measured(
                f"billing run, {count:,} subscriptions",
                run["invoices"] / run["seconds"],
                "/s",
                "multi-row INSERT of the same rows (1,000)",
                raw,
                0.3,
                f"peak memory {run['peak_mib']} MiB",
            )
        )


async def _run(url: str, count: int) -> dict[str, float]:
    here = await world.open_world(url)
    await world.add_subscriptions(here, await world.add_customers(here, count))
    await here.aclose()
    run = await bill(url)
    assert run["invoices"] == count
    return run


async def bill(url: str) -> dict[str, float]:
    """Run the month's billing in a process of its own; return its invoices, seconds and peak memory in MiB."""
    command = [sys.executable, "-m", "tests.bench.workers.billing_run", url]
    answer = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    run: dict[str, float] = json.loads(answer.stdout)
    return run


async def _raw_rows(url: str) -> float:
    """Read back what the run wrote and insert the same rows bare, in batches, with one commit each."""
    command = [sys.executable, "-m", "tests.bench.workers.raw_rows", url]
    answer = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    rate: float = json.loads(answer.stdout)["invoices_per_second"]
    return rate
