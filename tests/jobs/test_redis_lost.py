"""All work gets done, whoever runs the jobs, and whatever becomes of Redis meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attrs import evolve

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_cli.context import Session, operator
from scaicontrol_cli.demo import load as demo
from scaicontrol_cli.files import read_object, read_rows, read_value
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.measure_delivery import MeasureDelivery
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.documents.use_cases.list_due_sends import ListDueSends
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing import FixedClock, builders
from scaicontrol_jobs import embedded
from scaicontrol_jobs.broker import Pusher, make_broker
from scaicontrol_jobs.schedule import SCHEDULE
from scaicontrol_jobs.scheduler import Scheduler
from tests.services.processes import die_with_parent
from tests.services.receiver import Receiver, receiving
from tests.services.redis import OwnRedis

PATIENCE = 120
DEMO = Path(demo.__file__).parent
ROOT = Path(__file__).parents[2]
CUSTOMERS, EVENTS, BATCHES = 3, 20, 5

pytestmark = pytest.mark.services


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as running:
        yield running


def start_worker(settings: Settings, own_redis: OwnRedis) -> subprocess.Popen[bytes]:
    """Start a worker with all jobs there are."""
    environment = {
        "SCAICONTROL_DATABASE_URL": settings.database_url,
        "SCAICONTROL_DATA_DIR": str(settings.data_dir),
        "SCAICONTROL_REDIS_URL": own_redis.url,
        "SCAICONTROL_JOB_LEASE_SECONDS": "3",
        "SCAICONTROL_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "SCAICONTROL_WEBHOOK_ALLOW_HTTP": "yes",
        "SCAICONTROL_PDF_WORKERS": "1",
        "dramatiq_restart_delay": "200",
    }
    command = (sys.executable, "-m", "dramatiq", "scaicontrol_jobs.worker:broker", "--processes", "1", "--path")
    with (settings.data_dir / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [*command, str(ROOT), "--skip-logging", "--worker-shutdown-timeout", "20000"],
            env=os.environ | environment,
            cwd=settings.data_dir,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509  # this process has done with its threads by then
        )


@asynccontextmanager
async def workers(container: Container, own_redis: OwnRedis) -> AsyncIterator[Callable[[], None]]:
    """Run jobs in a worker, with a scheduler; what is yielded loses all of Redis, one way or the other."""
    worker = start_worker(container.settings, own_redis)
    stopping, losses = asyncio.Event(), [own_redis.forget_all, own_redis.restart]
    scheduler = Scheduler(container, Pusher(make_broker(own_redis.url), SCHEDULE))
    ticking = asyncio.create_task(scheduler.run(stopping))

    def lose() -> None:
        losses.append(losses.pop(0))
        losses[-1]()

    try:
        yield lose
    finally:
        stopping.set()
        await ticking
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@asynccontextmanager
async def in_the_server(container: Container, own_redis: OwnRedis) -> AsyncIterator[Callable[[], None]]:
    """Run jobs in this process, which needs no Redis and loses nothing with it."""
    async with embedded.start(container):
        yield own_redis.forget_all


async def bill(settings: Settings) -> None:
    """Bill some customers, and ask for their invoices to be sent."""
    files = demo.DemoFiles(
        operator=read_object(str(DEMO / "operator.yaml")),
        catalogue=read_value(str(DEMO / "catalogue.yaml")),
        customers=read_rows(str(DEMO / "customers.csv"))[:CUSTOMERS],
    )
    clock = FixedClock()
    async with Container.from_settings(settings, clock=clock) as past:
        await demo.load(Session(past, operator()), clock, files, parse_month("2026-01"))
        found = await past.use(ListInvoices)(operator(), InvoiceFilter(), PageRequest())
        for invoice in found.items:
            await past.use(SendInvoice)(operator(), invoice.id, ["anna@example.com"])


async def happen(container: Container) -> None:
    """Give some tenants their billing profiles, which is announced."""
    async with container.work.begin(operator()) as work:
        seller = await work.partners.operator()
        assert seller is not None
        for number in range(EVENTS):
            tenant_id = TenantId(f"tnt_{container.ids.new('x00')}"[-30:])
            await work.tenants.add(builders.new_tenant(tenant_id, seller.id, name=f"Café {number}"))
            await work.billing_profiles.add(builders.new_profile(tenant_id, partner_id=seller.id))
        await work.commit()


async def nothing_waits(container: Container) -> bool:
    """Tell whether all is told, all is sent, and every PDF is there."""
    backlog = await container.use(MeasureDelivery)(operator())
    summary = await container.use(SummarizeInvoices)(operator())
    due = await container.use(ListDueSends)(operator(), 10)
    return not (backlog.events or backlog.deliveries or due) and set(summary.by_pdf_status) == {"ready"}


@pytest.mark.parametrize("mode", [workers, in_the_server])
async def test_at_the_end_everything_is_done(
    mode: Callable[..., object], tmp_path: Path, migrated_mariadb_url: str, own_redis: OwnRedis, receiver: Receiver
) -> None:
    settings = Settings(
        database_url=migrated_mariadb_url,
        data_dir=tmp_path,
        webhook_allowed_networks=("127.0.0.0/8",),
        webhook_allow_http=True,
        pdf_workers=1,
    )
    await bill(settings)
    async with Container.from_settings(evolve(settings, job_lease_seconds=3)) as container:
        wish = NewWebhookSubscription(terms=WebhookTerms(url=receiver.url("/all"), topics=("tenant.*",)))
        issued = await container.use(CreateWebhookSubscription)(operator(), wish)
        receiver.secrets.setdefault("/all", []).append(issued.secret)
        running: Awaitable[None] = _under_load(container, own_redis, mode)
        await running
    assert receiver.unverified == []
    assert len(receiver.effects("/all")) >= EVENTS * BATCHES
    mails = sorted((tmp_path / "mail").glob("*.eml"))
    assert len(mails) == CUSTOMERS


async def _under_load(container: Container, own_redis: OwnRedis, mode: Callable[..., object]) -> None:
    async with mode(container, own_redis) as lose, asyncio.timeout(PATIENCE):  # type: ignore[attr-defined]
        for _ in range(BATCHES):
            await happen(container)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(lose)
        while not await nothing_waits(container):  # noqa: ASYNC110  # another process brings it about
            await asyncio.sleep(0.2)
