"""Three nodes of MariaDB Galera take writes at once; one is killed, one is cut off: the books stay right on all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from attrs import define, field

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.doctor import database
from scaicontrol_adapters.doctor.examining import examine
from scaicontrol_adapters.doctor.finding import Verdict
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.sql.migrate import migrate
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from tests.bench import world
from tests.bench.processes import start
from tests.journeys.shared_runs import MODULE, books_are_right, fill, opened_run, told
from tests.services import databases
from tests.services.galera import Cluster, cluster

pytestmark = [
    pytest.mark.services,
    # A node that refuses a connection half-way leaves the driver's end of it to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
_NAME = "scaicontrol"
_DRAFTS = 120
_CUSTOMERS = 60
#: How many numbers are given out before something happens to a node.
_BEFORE = 25
_LONGEST_SECONDS = 120
#: What a client waits before it asks again.
_PATIENCE_SECONDS = 0.05
_COME_AGAIN = {ErrorKind.UNAVAILABLE, ErrorKind.RETRYABLE}
#: What it hears if an earlier attempt took effect and nobody could tell.
_DONE_BEFORE = {"invoice_immutable", "invalid_transition"}


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


@define
class Pile:
    """Drafts to number, and those that are numbered."""

    left: list[InvoiceId]
    done: set[InvoiceId] = field(factory=set)
    _changed: asyncio.Condition = field(factory=asyncio.Condition)

    async def finished(self, draft: InvoiceId) -> None:
        """Note that one is numbered."""
        async with self._changed:
            self.done.add(draft)
            self._changed.notify_all()

    async def until(self, count: int) -> None:
        """Wait until so many are."""
        async with asyncio.timeout(_LONGEST_SECONDS), self._changed:
            await self._changed.wait_for(lambda: len(self.done) >= count)


@define
class Clients:
    """Those of one node: each asks again for what was refused, as a client should, until nothing is left."""

    container: Container
    drafts: Pile
    refusals: list[ScaiControlError] = field(factory=list)

    async def finalize(self) -> None:
        """Number drafts until there are none; whatever is refused goes back on the pile, for anybody."""
        while self.drafts.left:
            draft = self.drafts.left.pop()
            try:
                await self.container.use(FinalizeInvoice)(world.ACTOR, draft)
            except ScaiControlError as refused:
                self.refusals.append(refused)
                if refused.code not in _DONE_BEFORE:
                    self.drafts.left.append(draft)
                    await asyncio.sleep(_PATIENCE_SECONDS)
                    continue
            await self.drafts.finished(draft)


@asynccontextmanager
async def clients_of(urls: Sequence[str], drafts: Pile) -> AsyncIterator[list[Clients]]:
    async with AsyncExitStack() as stack:
        yield [
            Clients(await stack.enter_async_context(Container.from_settings(Settings(database_url=url))), drafts)
            for url in urls
        ]


def only_to_be_asked_again(everyone: Sequence[Clients]) -> None:
    """Whoever was refused was told to come again, or that it was done; never anything else."""
    for refused in (each for clients in everyone for each in clients.refusals):
        assert refused.kind in _COME_AGAIN or refused.code in _DONE_BEFORE, refused


async def drafts_of(url: str) -> list[InvoiceId]:
    here = await world.open_world(url)
    try:
        return await world.add_drafts(here, await world.add_customers(here, 20), _DRAFTS)
    finally:
        await here.aclose()


async def numbers_on(url: str) -> dict[int, str]:
    """Return every number that a node has given, with its invoice; the series must be whole and the books right."""
    async with Container.from_settings(Settings(database_url=url)) as container:
        (audit,) = await container.use(AuditNumbering)(world.ACTOR)
        assert audit.faults == ()
        audited = await container.use(AuditIntegrity)(world.ACTOR)
        assert audited.is_clean, audited.findings
        found: dict[int, str] = {}
        page = PageRequest(limit=MAX_LIMIT)
        async with container.work.begin(world.ACTOR, read_only=True) as work:
            for invoice in (await work.invoices.list(InvoiceFilter(issued=True), page)).items:
                assert invoice.sequence not in found
                found[invoice.sequence or 0] = invoice.id
    return found


async def one_series_everywhere(running: Cluster, urls: Sequence[str], drafts: Sequence[InvoiceId]) -> None:
    await asyncio.to_thread(running.wait, running.nodes, len(running.nodes))
    first = await numbers_on(urls[0])
    assert sorted(first) == list(range(1, _DRAFTS + 1))
    assert sorted(first.values()) == sorted(drafts)
    for url in urls[1:]:
        assert await numbers_on(url) == first


async def test_writers_on_all_nodes_number_without_gap(galera: tuple[Cluster, list[str]]) -> None:
    running, urls = galera
    drafts = await drafts_of(urls[0])
    pile = Pile(list(drafts))
    async with clients_of(urls, pile) as everyone:
        await asyncio.gather(*(each.finalize() for each in everyone for _ in range(3)))
    assert pile.done == set(drafts)
    # Certification refused many a commit; all of that was settled inside.
    assert [each.refusals for each in everyone] == [[], [], []]
    await one_series_everywhere(running, urls, drafts)


async def test_a_node_that_is_killed_and_comes_back_costs_no_number(galera: tuple[Cluster, list[str]]) -> None:
    running, urls = galera
    drafts = await drafts_of(urls[0])
    pile = Pile(list(drafts))
    async with clients_of(urls, pile) as everyone:
        working = [asyncio.create_task(each.finalize()) for each in everyone for _ in range(2)]
        await pile.until(_BEFORE)
        await asyncio.to_thread(running.nodes[1].kill)
        await pile.until(_BEFORE * 2)
        running.start(running.nodes[1])
        await asyncio.gather(*working)
    assert everyone[1].refusals
    assert pile.done == set(drafts)
    only_to_be_asked_again(everyone)
    await one_series_everywhere(running, urls, drafts)


async def test_a_node_that_is_cut_off_refuses_and_the_others_go_on(galera: tuple[Cluster, list[str]]) -> None:
    running, urls = galera
    drafts = await drafts_of(urls[0])
    pile = Pile(list(drafts))
    async with clients_of(urls, pile) as everyone:
        working = [asyncio.create_task(each.finalize()) for each in everyone for _ in range(2)]
        await pile.until(_BEFORE)
        alone = running.nodes[2]
        await asyncio.to_thread(alone.cut_off)
        await asyncio.to_thread(running.wait_cut_off, alone)
        await _says_that_it_is_unavailable(urls[2], drafts[0])
        assert await _doctor_says(urls[2]) == {Verdict.WRONG}
        assert await _doctor_says(urls[0]) == {Verdict.WARNING}  # two are left: of those, one can outvote nobody
        await pile.until(_BEFORE * 2)
        await asyncio.to_thread(alone.join_again)
        await asyncio.gather(*working)
    assert pile.done == set(drafts)
    only_to_be_asked_again(everyone)
    await one_series_everywhere(running, urls, drafts)


async def _says_that_it_is_unavailable(url: str, draft: InvoiceId) -> None:
    async with Container.from_settings(Settings(database_url=url)) as container:
        with pytest.raises(ScaiControlError) as refused:
            await container.use(FinalizeInvoice)(world.ACTOR, draft)
    assert refused.value.kind in _COME_AGAIN
    assert refused.value.code == "database_node_apart"


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


@pytest.mark.parametrize("doomed", [None, ("after", 3)])
async def test_processes_on_three_nodes_share_a_billing_run(
    galera: tuple[Cluster, list[str]], doomed: tuple[str, int] | None
) -> None:
    _, urls = galera
    await fill(urls[0], _CUSTOMERS)
    run = await opened_run(urls[0])
    arguments = [[url, f"w{number}", run] for number, url in enumerate(urls)]
    if doomed:
        arguments[0] += [doomed[0], str(doomed[1])]
    crew = [start(MODULE, *each) for each in arguments]
    for worker in crew:
        worker.tell("go")
    if doomed:
        assert crew[0].process.wait() == -9
        crew.pop(0).kill()
    answers = [told(worker) for worker in crew]
    assert {(each["invoices"], each["tenants"]) for each in answers} == {(_CUSTOMERS, _CUSTOMERS)}
    for url in urls:
        await books_are_right(url, _CUSTOMERS, run)
