"""The object store fails in every way: invoices are finalized all the same, and nobody is served wrong bytes."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from attrs import evolve, field, frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.s3.objects import S3Objects, S3Settings
from scaicontrol_adapters.settings import Settings
from scaicontrol_cli.context import operator
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.documents.errors import (
    ObjectAltered,
    ObjectNotFound,
    ObjectStoreUnavailable,
    RenderingUnavailable,
)
from scaicontrol_core.documents.use_cases.read_invoice_pdf import InvoicePdf, ReadInvoicePdf
from scaicontrol_core.testing import FixedClock
from scaicontrol_jobs.documents import render_documents
from tests.services.faulty_s3 import FaultyS3, faulty_way
from tests.services.papers import Pages, bill_january, every_document_is_kept_once, issued, states
from tests.services.s3 import S3Server

INVOICES = 2
KEY, CONTENT = "uploads/one.pdf", b"%PDF one"
#: What keeping or reading may take while something is wrong, instead of a minute.
SECONDS = 0.6
LONGEST = 6.0


@pytest.fixture
def way(s3_moto: S3Server) -> Iterator[FaultyS3]:
    """A way to a bucket that can be spoilt."""
    with faulty_way(s3_moto) as made:
        yield made


@pytest.fixture
async def store(way: FaultyS3) -> AsyncIterator[S3Objects]:
    """The bucket, seen that way."""
    server = way.server
    settings = S3Settings(
        bucket=server.bucket,
        endpoint_url=server.endpoint_url,
        access_key=server.access_key,
        secret_key=server.secret_key,
    )
    async with S3Objects(settings) as opened:
        yield opened


@contextmanager
def spoilt(way: FaultyS3, store: S3Objects, fault: str, *methods: str, seconds: float = SECONDS) -> Iterator[None]:
    """Let something be wrong for the length of the block, with little patience."""
    usual = store.settings
    store.settings = evolve(usual, seconds=seconds)
    way.spoil(fault, *methods)
    try:
        yield
    finally:
        way.heal()
        store.settings = usual


@pytest.mark.parametrize("fault", ["hangs up", "broken error", "silence", "drips", "half", "altered"])
async def test_what_cannot_be_read_whole_is_not_read(way: FaultyS3, store: S3Objects, fault: str) -> None:
    await store.put(KEY, CONTENT, content_type="application/pdf")
    begun = time.monotonic()
    with spoilt(way, store, fault), pytest.raises(ObjectStoreUnavailable) as refused:
        await store.get(KEY)
    assert isinstance(refused.value, ObjectAltered) == (fault == "altered")
    assert time.monotonic() - begun < LONGEST
    assert await store.get(KEY) == CONTENT


@pytest.mark.parametrize("fault", ["hangs up", "silence", "other page", "vanished", "swallowed"])
async def test_what_may_not_have_been_kept_is_not_taken_for_kept(way: FaultyS3, store: S3Objects, fault: str) -> None:
    with spoilt(way, store, fault), pytest.raises(ObjectStoreUnavailable):
        await store.put(KEY, CONTENT, content_type="application/pdf")
    await store.put(KEY, CONTENT, content_type="application/pdf")
    assert await store.get(KEY) == CONTENT


async def test_what_was_kept_though_nobody_heard_of_it_is_kept(way: FaultyS3, store: S3Objects) -> None:
    with spoilt(way, store, "answer lost", "PUT"), suppress(ObjectStoreUnavailable):
        await store.put(KEY, CONTENT, content_type="application/pdf")
    await store.put(KEY, CONTENT, content_type="application/pdf")
    assert await store.get(KEY) == CONTENT


@frozen
class Shop:
    """A database with finalized invoices, whose documents belong in the bucket."""

    folder: Path
    clock: FixedClock = field(factory=lambda: FixedClock(datetime(2026, 3, 1, 9, tzinfo=UTC)))

    def opened(self, store: S3Objects) -> Container:
        """Return a container over it, as a worker has one."""
        url = f"sqlite+aiosqlite:///{self.folder / 'scaicontrol.db'}"
        settings = Settings(database_url=url, data_dir=self.folder)
        container = Container.from_settings(settings, clock=self.clock)
        container.renderer, container.objects = Pages(), store
        return container


@pytest.fixture
async def container(migrated_sqlite_file: Path, tmp_path: Path, store: S3Objects) -> AsyncIterator[Container]:
    """A container over a database of its own."""
    shutil.copy(migrated_sqlite_file, tmp_path / "scaicontrol.db")
    async with Shop(tmp_path).opened(store) as opened:
        yield opened


async def render_all(container: Container) -> None:
    """Do what the job does until nothing is left."""
    while await render_documents(container):
        pass


@pytest.mark.parametrize("fault", ["hangs up", "drips", "other page"])
async def test_invoices_are_finalized_and_their_documents_follow(
    way: FaultyS3, container: Container, store: S3Objects, fault: str
) -> None:
    with spoilt(way, store, fault):
        await bill_january(container, clock_of(container), INVOICES)
        for _ in range(2):
            with pytest.raises(RenderingUnavailable):
                await render_all(container)
    assert await states(container) == {"pending": INVOICES}
    await render_all(container)
    await every_document_is_kept_once(container)


async def test_nobody_is_served_wrong_bytes(way: FaultyS3, container: Container, store: S3Objects) -> None:
    await bill_january(container, clock_of(container), INVOICES)
    await render_all(container)
    invoice = (await issued(container))[0]
    right = await download(container, invoice)
    for fault, methods in (("altered", ("GET",)), ("vanished", ("GET", "HEAD")), ("vanished", ())):
        with spoilt(way, store, fault, *methods, seconds=LONGEST):
            assert (await download(container, invoice)).content == right.content
    for fault in ("slow down", "half", "other page"):
        with spoilt(way, store, fault), pytest.raises(ObjectStoreUnavailable):
            await download(container, invoice)
    await every_document_is_kept_once(container)


async def test_an_object_that_vanished_is_put_back(way: FaultyS3, container: Container, store: S3Objects) -> None:
    await bill_january(container, clock_of(container), INVOICES)
    await render_all(container)
    invoice = (await issued(container))[0]
    right = await download(container, invoice)
    await store.discard(right.revision.object_key)
    with spoilt(way, store, "slow down", "PUT", seconds=LONGEST):
        assert (await download(container, invoice)).content == right.content
    with pytest.raises(ObjectNotFound):
        await store.get(right.revision.object_key)
    assert await download(container, invoice) == right
    await every_document_is_kept_once(container)


async def download(container: Container, invoice: Invoice) -> InvoicePdf:
    """Read an invoice's PDF, as its buyer does; whatever comes has the digest that was recorded."""
    found = await container.use(ReadInvoicePdf)(operator(), invoice.id)
    assert sha256(found.content).hexdigest() == found.revision.sha256
    return found


def clock_of(container: Container) -> FixedClock:
    """Return the clock of the shop."""
    assert isinstance(container.clock, FixedClock)
    return container.clock
