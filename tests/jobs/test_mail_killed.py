"""The power fails while a message is sent: a worker is killed (SIGKILL), and the next one takes over."""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_cli.context import operator
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.get_invoice import GetInvoice
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.documents.mail import Handed, Mail
from scaicontrol_core.documents.mail_schedule import LEASE
from scaicontrol_core.documents.transmission import SendResult, SendStatus
from scaicontrol_core.documents.use_cases.list_due_sends import ListDueSends
from scaicontrol_core.documents.use_cases.list_sends import ListSends
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing import FixedClock
from scaicontrol_jobs.mail import deliver_mail
from tests.services.dying import DyingWork, die, in_a_process_that_dies
from tests.services.papers import Pages, bill_january

#: Where the power fails: at which commit (before, after), or around the message's file.
MOMENTS = (
    *((when, commit) for commit in range(1, 5) for when in ("before", "after")),
    ("unsent", 0),
    ("half-written", 0),
    ("unnamed", 0),
    ("handed-over", 0),
)


@frozen
class Shop:
    """A database with one invoice that waits to be sent, and a clock."""

    settings: Settings
    clock: FixedClock

    def opened(self) -> Container:
        """Return a container over it, as a worker has one."""
        container = Container.from_settings(self.settings, clock=self.clock)
        container.renderer = Pages()
        return container

    async def fill(self) -> None:
        """Bill one customer, and ask for the invoice to be sent."""
        async with self.opened() as container:
            await bill_january(container, self.clock, 1)
            await container.use(SendInvoice)(operator(), await invoice_of(container), ["anna@example.com"])

    async def deliver(self) -> None:
        """Do what the job does."""
        async with self.opened() as container:
            await deliver_mail(container)


async def invoice_of(container: Container) -> InvoiceId:
    """Return the id of the one invoice."""
    found = await container.use(ListInvoices)(operator(), InvoiceFilter(), PageRequest())
    return next(each.id for each in found.items if each.number)


@frozen
class DyingSender:
    """A mail folder whose process is killed around the message's file."""

    inner: Any
    when: str
    channel: str = "folder"

    async def send(self, mail: Mail, idempotency_key: str) -> Handed:
        """Write the message, or a part of it, and die."""
        if self.when == "unsent":
            die()
        if self.when == "half-written":
            os.fsync = lambda fd: die()
        if self.when == "unnamed":
            Path.hardlink_to = lambda *_: die()  # type: ignore[method-assign]
        await self.inner.send(mail, idempotency_key)
        die()
        raise AssertionError("dead")


async def deliver_until(shop: Shop, when: str, commit: int) -> None:
    """Deliver, and die on the way."""
    async with shop.opened() as container:
        if commit:
            dying = container.work = DyingWork(container.work)
            setattr(dying, f"kill_{when}", commit)
        else:
            container.mail = DyingSender(container.mail, when)
        await deliver_mail(container)


@pytest.fixture(scope="module")
def filled(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database in which one request waits."""
    folder = tmp_path_factory.mktemp("killed")
    shutil.copy(migrated_sqlite_file, folder / "scaicontrol.db")
    asyncio.run(shop_in(folder).fill())
    return folder


def shop_in(folder: Path) -> Shop:
    """Return the shop whose database and files are in a folder."""
    url = f"sqlite+aiosqlite:///{folder / 'scaicontrol.db'}"
    return Shop(Settings(database_url=url, data_dir=folder), FixedClock(datetime(2026, 3, 1, 9, tzinfo=UTC)))


@pytest.mark.parametrize(("when", "commit"), MOMENTS)
def test_a_worker_killed_at_any_moment_costs_no_second_message(
    filled: Path, tmp_path: Path, when: str, commit: int
) -> None:
    shop = shop_in(shutil.copytree(filled, tmp_path / "shop"))
    in_a_process_that_dies(lambda: asyncio.run(deliver_until(shop, when, commit)))
    shop.clock.advance(minutes=LEASE.seconds // 60)
    asyncio.run(shop.deliver())
    (message,) = (shop.settings.mail_dir).glob("*.eml")
    read = message_from_bytes(message.read_bytes(), policy=default)
    assert read["To"].addresses[0].addr_spec == "anna@example.com"
    assert [each.get_content_type() for each in read.iter_attachments()] == ["application/pdf", "application/xml"]
    asyncio.run(told_once(shop, read["Message-ID"]))


async def told_once(shop: Shop, message_id: str) -> None:
    """Hold the books to it: sent once, told once, and nothing left to do."""
    async with shop.opened() as container:
        assert await container.use(ListDueSends)(operator()) == []
        invoice = await invoice_of(container)
        ((story),) = await container.use(ListSends)(operator(), invoice)
        assert (story.request.status, story.request.message_id) == (SendStatus.SENT, message_id)
        assert [each.result for each in story.entries] == [SendResult.HANDED_OVER]
        assert (await container.use(GetInvoice)(operator(), invoice)).status is InvoiceStatus.SENT
