"""Jobs inside the server: they run by themselves, survive their errors, and stop when told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_cli.context import Session, operator
from scaicontrol_cli.demo import load as demo
from scaicontrol_cli.files import read_object, read_rows, read_value
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.documents.errors import RenderingUnavailable
from scaicontrol_core.kernel.errors import Unavailable
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions
from scaicontrol_core.testing import FixedClock
from scaicontrol_jobs import embedded
from scaicontrol_jobs.documents import render_documents
from scaicontrol_jobs.schedule import SCHEDULE, PeriodicJob
from scaicontrol_jobs.subscriptions import reap_subscriptions

PATIENCE = 60
DEMO = Path(demo.__file__).parent
Work = Callable[[Container], Awaitable[bool]]


@pytest.fixture
async def billed(container: Container) -> Container:
    """January of the demo: customers, subscriptions, and invoices without their PDFs."""
    files = demo.DemoFiles(
        operator=read_object(str(DEMO / "operator.yaml")),
        catalogue=read_value(str(DEMO / "catalogue.yaml")),
        customers=read_rows(str(DEMO / "customers.csv"))[:6],
    )
    clock = FixedClock()
    async with Container.from_settings(container.settings, clock=clock) as past:
        await demo.load(Session(past, operator()), clock, files, parse_month("2026-01"))
    return container


def signalling(work: Work) -> tuple[PeriodicJob, asyncio.Event]:
    """Return the work as a job, and an event that is set once it has nothing left to do."""
    idle = asyncio.Event()

    async def run(container: Container) -> bool:
        more = await work(container)
        if not more:
            idle.set()
        return more

    return PeriodicJob(name="watched", every_seconds=3600, run=run), idle


async def test_what_was_numbered_gets_its_pdf_in_the_background(billed: Container) -> None:
    before = await billed.use(SummarizeInvoices)(operator())
    assert before.by_pdf_status == {"pending": before.invoices}
    job, idle = signalling(render_documents)
    async with embedded.start(billed, [job]), asyncio.timeout(PATIENCE):
        await idle.wait()
    after = await billed.use(SummarizeInvoices)(operator())
    assert after.by_pdf_status == {"ready": before.invoices}


async def test_while_the_renderer_is_away_the_job_complains_and_the_invoices_wait(billed: Container) -> None:
    await billed.renderer.close()  # type: ignore[attr-defined]
    with pytest.raises(RenderingUnavailable):
        await render_documents(billed)
    summary = await billed.use(SummarizeInvoices)(operator())
    assert summary.by_pdf_status == {"pending": summary.invoices}


async def test_ended_trials_become_subscriptions_in_the_background(billed: Container) -> None:
    trialing = SubscriptionFilter(status=SubscriptionStatus.TRIALING)
    subscriptions = billed.use(ListSubscriptions)
    assert (await subscriptions(operator(), trialing, PageRequest())).total > 0
    job, idle = signalling(reap_subscriptions)
    async with embedded.start(billed, [job]), asyncio.timeout(PATIENCE):
        await idle.wait()
    assert (await subscriptions(operator(), trialing, PageRequest())).total == 0


async def test_a_job_that_fails_is_tried_again_and_disturbs_no_other(container: Container) -> None:
    mended, other = asyncio.Event(), asyncio.Event()
    attempts: list[int] = []

    async def unlucky(container: Container) -> bool:
        attempts.append(len(attempts))
        if len(attempts) == 1:
            raise Unavailable("The store is away.")
        if len(attempts) == 2:
            raise ZeroDivisionError
        mended.set()
        return False

    async def calm(container: Container) -> bool:
        other.set()
        return False

    jobs = [PeriodicJob(name=run.__name__, every_seconds=0, run=run) for run in (unlucky, calm)]
    with capture_logs() as logs:
        async with embedded.start(container, jobs), asyncio.timeout(PATIENCE):
            await mended.wait()
            await other.wait()
    failed = [(entry["log_level"], entry["failures"]) for entry in logs if entry["event"] == "job_failed"]
    assert failed == [("warning", 1), ("error", 2)]


async def test_stopping_lets_a_slice_finish(container: Container) -> None:
    begun, finished = asyncio.Event(), asyncio.Event()

    async def slow(container: Container) -> bool:
        begun.set()
        await asyncio.to_thread(lambda: None)
        finished.set()
        return True

    async with embedded.start(container, [PeriodicJob(name="slow", every_seconds=1, run=slow)]):
        await begun.wait()
    assert finished.is_set()


async def test_stopping_does_not_wait_for_ever(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "GRACE_SECONDS", 0.01)
    begun = asyncio.Event()

    async def endless(container: Container) -> bool:
        begun.set()
        await asyncio.Event().wait()
        return True

    with capture_logs() as logs:
        async with asyncio.timeout(PATIENCE):
            async with embedded.start(container, [PeriodicJob(name="endless", every_seconds=1, run=endless)]):
                await begun.wait()
    assert [entry["job"] for entry in logs if entry["event"] == "job_cancelled"] == ["endless"]
    assert [task for task in asyncio.all_tasks() if task.get_name() == "endless"] == []


async def test_a_server_without_tables_only_complains(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}", data_dir=tmp_path)
    job = PeriodicJob(name="watched", every_seconds=3600, run=reap_subscriptions)
    with capture_logs() as logs:
        async with (
            asyncio.timeout(PATIENCE),
            Container.from_settings(settings) as container,
            embedded.start(container, [job]),
        ):
            while not logs:  # noqa: ASYNC110  # a list of lines cannot be waited for
                await asyncio.sleep(0.01)
    assert [entry["event"] for entry in logs] == ["job_failed"]


def test_the_schedule_names_every_job_once_and_its_settings_name_us() -> None:
    names = [job.name for job in SCHEDULE]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)
    assert all(job.every_seconds > 0 for job in SCHEDULE)
    assert Settings().background_jobs == f"{embedded.__name__}:{embedded.start.__name__}"
