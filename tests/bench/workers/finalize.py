"""A process of its own that finalizes drafts, for the bench and for the journey that kills it.

``python -m tests.bench.workers.finalize URL WORKERS``: reads invoice ids, one a line, up to an
empty line; prints ``ready``; waits for a line ``go``; then finalizes with so many workers at a
time and prints each id once its number is committed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

from scaicontrol_adapters.combining import CombinedFinalization
from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.retry import retried
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_adapters.system import MonotonicIds, SystemClock
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.use_cases.finalize_invoices import FinalizeInvoices
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.tax import standard_rates


async def main(url: str, workers: int) -> None:
    """Finalize what standard input names, ``workers`` at a time."""
    database = create_engine(url, pool_size=workers)
    clock = SystemClock()
    work = SqlUnitOfWorkFactory(database, clock, MonotonicIds())
    finalize = CombinedFinalization(retried(FinalizeInvoices(work, clock, standard_rates(), EInvoiceCheck())))
    actor = Actor.system("finalizer")
    waiting = iter([line.strip() for line in iter(sys.stdin.readline, "\n")])

    async def worker(left: Iterator[str]) -> None:
        for invoice_id in left:
            await finalize(actor, InvoiceId(invoice_id))
            print(invoice_id, flush=True)

    async with work.begin(actor, read_only=True) as open_connection:
        await open_connection.sellers.everyone()
    print("ready", flush=True)
    sys.stdin.readline()
    await asyncio.gather(*(worker(waiting) for _ in range(workers)))
    await database.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
