"""Three nodes of MariaDB Galera take writes at once; one is killed, one is cut off: the books stay right on all."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.doctor import database
from scaicontrol_adapters.doctor.examining import examine
from scaicontrol_adapters.doctor.finding import Verdict
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.sql.migrate import migrate
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.webhook_delivery import LEASE
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.testing import FixedClock
from tests.bench import world
from tests.bench.processes import start
from tests.journeys.shared_runs import MODULE, books_are_right, fill, opened_run, told
from tests.journeys.work_of_nodes import ACTOR, JOBS, Clients, Ledger, clients_of, settings_of
from tests.services import databases
from tests.services.galera import Cluster, Node, cluster

pytestmark = [
    pytest.mark.services,
    # A node that refuses a connection half-way leaves the driver's end of it to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
_NAME = "scaicontrol"
_DRAFTS = 90
_CUSTOMERS = 40
#: How many numbers are given out before something happens to a node.
_BEFORE = 20


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture(scope="module")
def migrated(running: Cluster) -> tuple[str, frozenset[str]]:
    """The one database, and the tables that the migrations filled."""
    running.nodes[0].ask(f"CREATE DATABASE {_NAME} CHARACTER SET utf8mb4")
    with ThreadPoolExecutor(1) as other_thread:
        other_thread.submit(asyncio.run, migrate(running.urls(_NAME)[0])).result()
    return _NAME, databases.filled_tables(running.nodes[0].address, _NAME)


@pytest.fixture
def galera(running: Cluster, migrated: tuple[str, frozenset[str]]) -> Iterator[tuple[Cluster, list[str]]]:
    """A cluster in step, and the address of its database on each node; the database is emptied afterwards."""
    name, seeded = migrated
    yield running, running.urls(name)
    for node in running.nodes:
        if node.status("cluster_status") == "non-Primary":
            node.join_again()
    running.wait(running.nodes, len(running.nodes))
    databases.empty_tables(running.nodes[0].address, name, keep=seeded)


async def open_business(url: str, folder: Path) -> Ledger:
    """Take on customers who owe, write drafts for others, and let somebody subscribe to all that happens."""
    here = await world.open_world(url)
    try:
        customers = await world.add_customers(here, _CUSTOMERS * 2)
        await world.add_subscriptions(here, customers[:_CUSTOMERS])
        drafts = await world.add_drafts(here, customers[_CUSTOMERS:], _DRAFTS)
    finally:
        await here.aclose()
    async with Container.from_settings(settings_of(url, folder)) as container:
        wish = NewWebhookSubscription(terms=WebhookTerms(url="http://127.0.0.1:9/", topics=("*",)))
        await container.use(CreateWebhookSubscription)(ACTOR, wish)
    return Ledger(drafts, _DRAFTS, await opened_run(url))


Trouble = Callable[[Cluster, Ledger, Path], Awaitable[None]]


async def nothing(_cluster: Cluster, ledger: Ledger, _folder: Path) -> None:
    """Leave all nodes as they are."""
    await ledger.until(1)


async def power_cut(running: Cluster, ledger: Ledger, _folder: Path) -> None:
    """Kill a node while all are writing, and bring it back while the others are."""
    await ledger.until(_BEFORE)
    await asyncio.to_thread(running.nodes[1].kill)
    await ledger.until(_BEFORE * 2)
    running.start(running.nodes[1])


async def partition(running: Cluster, ledger: Ledger, folder: Path) -> None:
    """Cut a node off from the others: it says so to everybody who asks, and they go on without it."""
    await ledger.until(_BEFORE)
    alone, urls = running.nodes[2], running.urls(_NAME)
    await asyncio.to_thread(alone.cut_off)
    await asyncio.to_thread(running.wait_cut_off, alone)
    with pytest.raises(ScaiControlError) as refused:
        async with Container.from_settings(settings_of(urls[2], folder)) as container:
            await container.use(FinalizeInvoice)(ACTOR, InvoiceId("inv_any"))
    assert (refused.value.kind, refused.value.code) == (ErrorKind.RETRYABLE, "database_node_apart")
    assert await _doctor_says(urls[2]) == {Verdict.WRONG}
    assert await _doctor_says(urls[0]) == {Verdict.WARNING}  # two are left: of those, one can outvote nobody
    await ledger.until(_BEFORE * 2)
    await asyncio.to_thread(alone.join_again)


@pytest.mark.parametrize("trouble", [nothing, power_cut, partition])
async def test_writers_on_all_nodes_keep_every_promise(
    galera: tuple[Cluster, list[str]], tmp_path: Path, trouble: Trouble
) -> None:
    running, urls = galera
    ledger = await open_business(urls[0], tmp_path)
    drafts = set(ledger.drafts)
    async with clients_of(urls, tmp_path, ledger) as everyone:
        working = [asyncio.create_task(each.work()) for each in everyone]
        await trouble(running, ledger, tmp_path)
        await asyncio.gather(*working)
        await asyncio.to_thread(running.wait, running.nodes, len(running.nodes))
        await what_was_cut_short_is_taken_over(urls[0], tmp_path, ledger)
        refused = {each.kind for clients in everyone for each in clients.refusals}
        if trouble is nothing:
            # Certification refuses many a commit, and nearly all of that is settled inside.
            assert refused <= {ErrorKind.RETRYABLE}
        else:
            assert refused
    assert ledger.numbered == drafts
    books = [books_on(node) for node in running.nodes]
    assert books[0] == books[1] == books[2]
    books[0].keep_every_promise(ledger)
    for url in urls:
        await auditor_is_content(url)


async def what_was_cut_short_is_taken_over(url: str, folder: Path, ledger: Ledger) -> None:
    """Deliver what was claimed for somebody who never heard of it, once the lease of that claim is over."""
    clock = FixedClock(Container.from_settings(settings_of(url, folder)).clock.now() + LEASE + timedelta(seconds=1))
    async with Container.from_settings(settings_of(url, folder), clock=clock) as container:
        await Clients("late", container, ledger).deliver()


@frozen
class Books:
    """What one node has written."""

    numbers: Sequence[Sequence[Any]]
    billed: Mapping[Any, Any]
    feed: Sequence[Sequence[Any]]
    deliveries: Sequence[Sequence[Any]]
    jobs: Mapping[Any, Any]

    def keep_every_promise(self, ledger: Ledger) -> None:
        """Compare them with what the clients were told."""
        assert [number for number, _ in self.numbers] == list(range(1, _DRAFTS + _CUSTOMERS + 1))
        assert ledger.numbered <= {invoice for _, invoice in self.numbers}
        assert set(self.billed.values()) == {1}
        assert len(self.billed) == _CUSTOMERS
        assert [position for position, _ in self.feed] == list(range(1, len(self.feed) + 1))
        assert ledger.placed <= len(self.feed)
        # Each event once for the one subscription, arrived, and never given to two at a time.
        assert {status for _, status in self.deliveries} == {"dispatched"}
        assert len({event for event, _ in self.deliveries}) == len(self.deliveries) >= len(self.numbers)
        assert set(ledger.claims.values()) == {1}
        told = {(job, owner) for job, owners in ledger.runners.items() for owner in owners}
        assert max(Counter(job for job, _ in told).values()) == 1
        assert told <= set(self.jobs.items())
        assert len(self.jobs) == JOBS


def books_on(node: Node) -> Books:
    """Read them from a node's tables: what it says by itself, not through our code."""
    billed = "SELECT tenant_id, COUNT(DISTINCT invoice_id) FROM billed_periods GROUP BY tenant_id"
    return Books(
        numbers=node.read(_NAME, "SELECT sequence, id FROM invoices WHERE number IS NOT NULL ORDER BY sequence"),
        billed=dict(node.read(_NAME, billed)),
        feed=node.read(_NAME, "SELECT position, id FROM outbox_events ORDER BY position"),
        deliveries=node.read(_NAME, "SELECT event_id, status FROM webhook_deliveries ORDER BY event_id"),
        jobs=dict(node.read(_NAME, "SELECT name, lease_owner FROM periodic_jobs ORDER BY name")),
    )


async def auditor_is_content(url: str) -> None:
    """Audit numbers and records through one node, as `scaicontrol admin audit` does."""
    async with Container.from_settings(Settings(database_url=url)) as container:
        (series,) = await container.use(AuditNumbering)(ACTOR)
        assert (series.documents, series.faults) == (_DRAFTS + _CUSTOMERS, ())
        audited = await container.use(AuditIntegrity)(ACTOR)
        assert audited.is_clean, audited.findings


async def _doctor_says(url: str) -> set[Verdict]:
    """Return what is found of the cluster through one node."""
    found = await examine(Settings(database_url=url), checks={"database": database.look})
    return {each.verdict for each in found if each.check == "database.cluster"}


async def test_the_doctor_knows_a_cluster(galera: tuple[Cluster, list[str]]) -> None:
    _, urls = galera
    for url in urls:
        found = await examine(Settings(database_url=url), checks={"database": database.look})
        (node,) = (each for each in found if each.check == "database.cluster")
        assert (node.verdict, node.says) == (Verdict.OK, "Galera, 3 nodes, this one Synced.")


async def test_a_worker_that_dies_on_one_node_is_taken_over_from_by_those_on_others(
    galera: tuple[Cluster, list[str]],
) -> None:
    _, urls = galera
    await fill(urls[0], _CUSTOMERS)
    run = await opened_run(urls[0])
    crew = [
        start(MODULE, url, f"w{number}", run, *(("after", "3") if number == 0 else ()))
        for number, url in enumerate(urls)
    ]
    doomed = crew.pop(0)
    doomed.tell("go")  # alone at first: nobody else may have done it all before it dies
    assert doomed.process.wait() == -9
    doomed.kill()
    for worker in crew:
        worker.tell("go")
    answers = [told(worker) for worker in crew]
    assert {(each["invoices"], each["tenants"]) for each in answers} == {(_CUSTOMERS, _CUSTOMERS)}
    for url in urls:
        await books_are_right(url, _CUSTOMERS, run)
