"""``python -m tests.bench.workers.billing_run URL``: run the month's billing, print seconds and peak memory."""

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
from scaicontrol_core.tax import VatNumberFormat, standard_rates
from scaicontrol_core.tenancy.vat_register import NoRegister


async def main(url: str) -> None:
    """Bill everything due this month."""
    database, clock, ids = create_engine(url), SystemClock(), MonotonicIds()
    work = SqlUnitOfWorkFactory(database, clock, ids)
    checks = EInvoiceCheck(), Backoff(), NoRegister(), VatNumberFormat()
    run = RunBilling(work, clock, ids, standard_rates(), *checks, rest_awhile)
    started = time.perf_counter()
    report = await run(Actor.system("billing"), parse_month(f"{clock.now():%Y-%m}"))
    seconds = time.perf_counter() - started
    assert not report.totals.failures, report.totals.failures
    await database.aclose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"invoices": report.totals.invoices, "seconds": seconds, "peak_mib": peak}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
