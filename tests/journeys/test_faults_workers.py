"""Power cuts while a month is billed, printed, mailed and told of: nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from attrs import frozen
from sqlalchemy import text

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_cli.context import operator
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.measure_delivery import MeasureDelivery
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.documents.use_cases.list_due_sends import ListDueSends
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from tests.journeys.shared_runs import fill
from tests.services.installation import Installation, Running
from tests.services.papers import every_document_is_kept_once, issued, states
from tests.services.receiver import Receiver, receiving
from tests.services.s3 import S3Server

CUSTOMERS = 8
CUTS = 2
LONGEST = 120
SEED = 20261121
#: What a worker that died still holds; an hour later it is anybody's.
LEASES = {"webhook_deliveries": "lease_until", "send_requests": "lease_until", "billing_run_pages": "leased_until"}

pytestmark = pytest.mark.services


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as running:
        yield running


@pytest.fixture
def site(migrated_mariadb_url: str, redis_url: str, s3_rclone: S3Server, tmp_path: Path) -> Iterator[Installation]:
    """An installation with everything that production has, and nothing running yet."""
    settings = {
        "SCAICONTROL_DATABASE_URL": migrated_mariadb_url,
        "SCAICONTROL_DATA_DIR": str(tmp_path),
        "SCAICONTROL_REDIS_URL": redis_url,
        "SCAICONTROL_OBJECT_STORE": "s3",
        "SCAICONTROL_S3_BUCKET": s3_rclone.bucket,
        "SCAICONTROL_S3_ENDPOINT_URL": s3_rclone.endpoint_url,
        "SCAICONTROL_S3_ACCESS_KEY": s3_rclone.access_key,
        "SCAICONTROL_S3_SECRET_KEY": s3_rclone.secret_key,
        "SCAICONTROL_JOB_LEASE_SECONDS": "3",
        "SCAICONTROL_PDF_WORKERS": "1",
        "SCAICONTROL_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "SCAICONTROL_WEBHOOK_ALLOW_HTTP": "yes",
    }
    with Installation(tmp_path, settings).opened() as made:
        yield made


@pytest.fixture
async def container(site: Installation) -> AsyncIterator[Container]:
    """A look at the same rows and objects."""
    async with Container.from_settings(Settings.from_environment(site.settings)) as opened:
        yield opened


@frozen
class Site:
    """The installation, what it has done so far, and the hour that passes after each power cut."""

    installation: Installation
    container: Container
    receiver: Receiver

    async def done(self) -> dict[str, int]:
        """Count what there is of each kind of work."""
        by_state = await states(self.container)
        return {
            "invoices": sum(by_state.values()),
            "documents": by_state.get("ready", 0),
            "mails": len(list((self.container.settings.mail_dir).glob("*.eml"))),
            "events": len(self.receiver.effects("/all")),
        }

    async def nothing_waits(self) -> bool:
        """Tell whether all is told, all is sent, and every PDF is there."""
        backlog = await self.container.use(MeasureDelivery)(operator())
        waiting = backlog.events or backlog.deliveries or await self.container.use(ListDueSends)(operator(), 1)
        return not waiting and (await self.done())["documents"] == CUSTOMERS

    async def cut(self, victim: Running) -> None:
        """Let the power fail, and an hour go by."""
        await asyncio.to_thread(victim.kill)
        assert self.container.database is not None
        async with self.container.database.writer.begin() as connection:
            for table, column in LEASES.items():
                await connection.execute(text(f"UPDATE {table} SET {column} = {column} - INTERVAL 1 HOUR"))  # noqa: S608

    async def more_than(self, kind: str, count: int) -> None:
        """Wait until more than so many are done of that kind."""
        async with asyncio.timeout(LONGEST):
            while (await self.done())[kind] <= count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_power_cuts_at_random_moments_cost_nothing(
    site: Installation, container: Container, receiver: Receiver, migrated_mariadb_url: str
) -> None:
    chance, here = random.Random(SEED), Site(site, container, receiver)
    await fill(migrated_mariadb_url, CUSTOMERS)
    wish = NewWebhookSubscription(terms=WebhookTerms(url=receiver.url("/all"), topics=("invoice.*",)))
    receiver.secrets["/all"] = [(await container.use(CreateWebhookSubscription)(operator(), wish)).secret]
    await bill(here)
    for invoice in await issued(container):
        await container.use(SendInvoice)(operator(), invoice.id, ["anna@example.com"])

    cut_short: list[bool] = []
    site.start("scheduler")
    for kind in chance.sample(["documents", "mails", "events"], CUTS):
        worker = site.start("worker", "--processes", "1")
        await here.more_than(kind, min((await here.done())[kind] + chance.randrange(3), CUSTOMERS - 1))
        cut_short.append(not await here.nothing_waits())
        await here.cut(worker)
    assert any(cut_short)
    site.start("worker", "--processes", "1")
    async with asyncio.timeout(LONGEST):
        while not await here.nothing_waits():  # noqa: ASYNC110  # another process brings it about
            await asyncio.sleep(0.2)

    assert sorted((await here.done()).values()) == [CUSTOMERS] * 3 + [len(receiver.effects("/all"))]
    await every_document_is_kept_once(container)
    await everybody_was_told_and_written_to_once(here)
    assert (await asyncio.to_thread(site.command, "admin", "audit"))["clean"]
    assert (site.faults("worker"), site.faults("scheduler")) == ([], [])


async def bill(here: Site) -> None:
    """Bill this month, interrupted once by a power cut."""
    month = f"{here.container.clock.now():%Y-%m}"
    words = ("admin", "billing", "run", "--period", month)
    first = here.installation.start(*words)
    async with asyncio.timeout(LONGEST):
        while not (await here.done())["invoices"] and first.process.poll() is None:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    await here.cut(first)
    await asyncio.to_thread(here.installation.command, *words)
    (series,) = await here.container.use(AuditNumbering)(operator())
    assert (series.documents, series.faults) == (CUSTOMERS, ())


async def everybody_was_told_and_written_to_once(here: Site) -> None:
    """Each event arrived under one id with the same bytes, each message was written once."""
    invoices = await issued(here.container)
    bodies, effects = here.receiver.bodies("/all"), here.receiver.effects("/all")
    assert {len(different) for different in bodies.values()} == {1}
    told = sorted(each["aggregate"]["id"] for each in effects.values() if each["type"] == "invoice.issued.v1")
    assert told == sorted(invoice.id for invoice in invoices)
    assert here.receiver.unverified == []
    mails = list(here.container.settings.mail_dir.glob("*.eml"))
    assert len(mails) == CUSTOMERS
