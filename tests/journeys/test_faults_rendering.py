"""The power fails while documents are made: a worker is killed (SIGKILL), and the next one goes on."""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.testing import FixedClock
from scaicontrol_jobs.documents import render_documents
from tests.services.dying import DyingPort, DyingWork, die, in_a_process_that_dies
from tests.services.papers import Pages, bill_january, every_document_is_kept_once, states

INVOICES = 3
#: A PDF and an XML for two of them, a PDF alone for the third.
OBJECTS = 5
#: Where the power fails: at which commit, around which page, around which object, or within the object's file.
MOMENTS = (
    *(("commit", when, count) for count in (1, INVOICES) for when in ("before", "after")),
    ("render_pdf", "before", 1),
    ("render_pdf", "after", INVOICES),
    *(("put", when, count) for count in (1, 2, OBJECTS) for when in ("before", "after")),
    ("file", "half-written", 0),
    ("file", "unnamed", 0),
)


@frozen
class Shop:
    """A database with invoices that have no document yet, and a clock."""

    settings: Settings
    clock: FixedClock

    @classmethod
    def at(cls, folder: Path) -> Shop:
        """Return the shop whose files are in a folder."""
        url = f"sqlite+aiosqlite:///{folder / 'scaicontrol.db'}"
        return cls(Settings(database_url=url, data_dir=folder), FixedClock(datetime(2026, 3, 1, 9, tzinfo=UTC)))

    def opened(self) -> Container:
        """Return a container over it, as a worker has one."""
        container = Container.from_settings(self.settings, clock=self.clock)
        container.renderer = Pages()
        return container


@pytest.fixture(scope="module")
def billed(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database in which invoices wait for their documents."""
    folder = tmp_path_factory.mktemp("billed")
    shutil.copy(migrated_sqlite_file, folder / "scaicontrol.db")

    async def bill() -> None:
        shop = Shop.at(folder)
        async with shop.opened() as container:
            await bill_january(container, shop.clock, INVOICES)
            assert await states(container) == {"pending": INVOICES}

    asyncio.run(bill())
    return folder


async def render_until(shop: Shop, what: str, when: str, count: int) -> None:
    """Render, and die on the way."""
    async with shop.opened() as container:
        if what == "commit":
            dying = container.work = DyingWork(container.work)
            setattr(dying, f"kill_{when}", count)
        elif what == "render_pdf":
            container.renderer = DyingPort(container.renderer, what, when, count)
        elif what == "put":
            container.objects = DyingPort(container.objects, what, when, count)
        elif when == "half-written":
            os.fsync = lambda fd: die()
        else:
            Path.hardlink_to = lambda *_: die()  # type: ignore[method-assign]
        while await render_documents(container):
            pass


async def every_document_follows(shop: Shop) -> None:
    """Render what is left; afterwards each invoice has one document, and nothing else is kept."""
    async with shop.opened() as container:
        while await render_documents(container):
            pass
        keys = await every_document_is_kept_once(container)
        assert await states(container) == {"ready": INVOICES}
    assert len(keys) == OBJECTS
    root = shop.settings.objects_dir
    kept = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert {key for key in kept if "/.new-" not in key} == keys


@pytest.mark.parametrize(("what", "when", "count"), MOMENTS)
def test_a_worker_killed_at_any_moment_costs_no_document_and_makes_none_twice(
    billed: Path, tmp_path: Path, what: str, when: str, count: int
) -> None:
    shop = Shop.at(shutil.copytree(billed, tmp_path / "shop"))
    in_a_process_that_dies(lambda: asyncio.run(render_until(shop, what, when, count)))
    asyncio.run(every_document_follows(shop))
