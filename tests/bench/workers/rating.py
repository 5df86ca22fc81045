"""``python -m tests.bench.workers.rating URL sum|bill``: sum up all events anew, or bill them; seconds, peak memory."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.retry import Backoff
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_adapters.system import MonotonicIds, SystemClock, rest_awhile
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.metering.use_cases.rebuild_usage import RebuildUsage
from scaicontrol_core.tax import VatNumberFormat, standard_rates
from scaicontrol_core.tenancy.vat_register import NoRegister

ACTOR = Actor.system("bench")


async def sum_up(work: SqlUnitOfWorkFactory) -> int:
    """Make all roll-ups anew from the events."""
    rebuild, last, events = RebuildUsage(work, Backoff()), None, 0
    while True:
        done = await rebuild(ACTOR, last if last is None else SubscriptionId(last))
        events, last = events + done.events, done.last
        if last is None:
            return events


async def bill(work: SqlUnitOfWorkFactory, clock: SystemClock) -> int:
    """Rate what is summed up and write the invoices."""
    checks = EInvoiceCheck(), Backoff(), NoRegister(), VatNumberFormat()
    run = RunBilling(work, clock, MonotonicIds(), standard_rates(), *checks, rest_awhile)
    report = await run(ACTOR, parse_month(f"{clock.now():%Y-%m}"))
    assert not report.totals.failures, report.totals.failures
    return report.totals.invoices


async def main(url: str, what: str) -> None:
    """Do one of the two."""
    database, clock = create_engine(url), SystemClock()
    work = SqlUnitOfWorkFactory(database, clock, MonotonicIds())
    started = time.perf_counter()
    done = await (sum_up(work) if what == "sum" else bill(work, clock))
    seconds = time.perf_counter() - started
    await database.aclose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"done": done, "seconds": seconds, "peak_mib": peak}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
