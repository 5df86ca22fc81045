"""What journeys of shared billing runs have in common: customers that owe, and books that must be right."""

from __future__ import annotations

import json

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor
from scaicontrol_core.audit.ports import AuditFilter
from scaicontrol_core.billing.billing_run import BillingRun, parse_month
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.ids import RunId
from scaicontrol_core.kernel.paging import PageRequest
from tests.bench import world
from tests.bench.processes import Worker

AUDITOR = Actor.system("auditor")
MODULE = "tests.bench.workers.shared_run"


async def fill(url: str, customers: int) -> None:
    """Take on customers, each with one subscription that falls due today."""
    here = await world.open_world(url)
    await world.add_subscriptions(here, await world.add_customers(here, customers))
    await here.aclose()


def told(worker: Worker) -> dict[str, object]:
    """Return what a worker says at its end."""
    answer: dict[str, object] = json.loads(worker.answers.readline())
    worker.close()
    return answer


async def books_are_right(url: str, customers: int, run_id: object) -> None:
    """Every customer has one invoice, the numbers follow each other, the run was completed once, the audit is clean."""
    async with Container.from_settings(Settings(database_url=url)) as container:
        audited = await container.use(AuditIntegrity)(AUDITOR)
        assert audited.is_clean, audited.findings
        (series,) = await container.use(AuditNumbering)(AUDITOR)
        assert (series.documents, series.faults) == (customers, ())
        async with container.work.begin(AUDITOR, read_only=True) as work:
            log = await work.audit_log.list(PageRequest(), AuditFilter(resource_type="billing_run"))
        assert sorted((each.action, each.resource_id) for each in log.items) == [
            ("billing_run.finished", run_id),
            ("billing_run.started", run_id),
        ]


async def opened_run(url: str) -> str:
    """Begin this month's run, so that all can be told which one it is."""
    async with Container.from_settings(Settings(database_url=url)) as container:
        now = container.clock.now()
        run = BillingRun(id=RunId("run_shared"), month=parse_month(f"{now:%Y-%m}"), started_at=now)
        run.start()
        async with container.work.begin(AUDITOR) as work:
            await work.billing_runs.add(run)
            await work.commit()
    return run.id
