"""Receivers answer garbage of every kind at once: each is understood for what it is, and the others do not wait."""

from __future__ import annotations

import asyncio
import gzip
import re
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.webhooks.keys import SigningKeys
from scaicontrol_adapters.webhooks.machine import outgoing_rules
from scaicontrol_adapters.webhooks.sender import AiohttpSender
from scaicontrol_cli.context import operator
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import DeliveryStatus
from scaicontrol_core.delivery.outcome import ErrorClass
from scaicontrol_core.delivery.ports import DeliveryFilter
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.list_webhook_deliveries import ListWebhookDeliveries
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing import builders
from scaicontrol_jobs.webhooks import deliver_webhooks, fan_out_events
from tests.services.receiver import Receiver, receiving

EVENTS, WELLS = 6, 3
#: What one POST may take in all; fifteen seconds outside of this test.
SECONDS = 3.0
#: What all of it together may add to our memory.
MOST_BYTES = 32 * 1024 * 1024
#: Packed members, one after the other, of a megabyte of nothing each.
BOMB = gzip.compress(b"\0" * 1024 * 1024) * 200
Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def half_a_line(writer: asyncio.StreamWriter) -> None:
    """Begin a status line, and think."""
    writer.write(b"HTTP/1.1 2")
    await asyncio.Event().wait()


async def half_a_line_and_gone(writer: asyncio.StreamWriter) -> None:
    """Begin a status line, and hang up."""
    writer.write(b"HTTP/1.1 2")
    await writer.drain()
    writer.transport.abort()


async def gone(writer: asyncio.StreamWriter) -> None:
    """Hang up."""
    writer.transport.abort()


async def headers_without_end(writer: asyncio.StreamWriter) -> None:
    """Say ever more headers, none of them long."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await _for_ever(writer, b"".join(b"x-%d: %s\r\n" % (number, b"y" * 100) for number in range(500)))


async def body_without_end(writer: asyncio.StreamWriter) -> None:
    """Take it, and then say something for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    await _for_ever(writer, b"1000\r\n" + b"z" * 4096 + b"\r\n")


async def a_hundred_megabytes(writer: asyncio.StreamWriter) -> None:
    """Take it, and send a film back."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n")
    await _for_ever(writer, b"z" * 65536)


async def bomb(writer: asyncio.StreamWriter) -> None:
    """Take it, and answer with what would fill the memory if it were unpacked."""
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(BOMB)}\r\n\r\n"
    writer.write(head.encode() + BOMB)


async def drip(writer: asyncio.StreamWriter) -> None:
    """Take it, and say so a letter at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b"z")
        await writer.drain()
        await asyncio.sleep(0.02)


async def another_language(writer: asyncio.StreamWriter) -> None:
    """Speak something that is not HTTP."""
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")


async def _for_ever(writer: asyncio.StreamWriter, words: bytes) -> None:
    while True:
        writer.write(words)
        await writer.drain()


#: What each is understood as; None: it arrived.
RECEIVERS: dict[tuple[str, Talk], set[ErrorClass | None]] = {
    ("http", half_a_line): {ErrorClass.TIMEOUT},
    ("http", half_a_line_and_gone): {ErrorClass.CONNECTION, ErrorClass.ANSWER},
    ("http", gone): {ErrorClass.CONNECTION},
    ("http", headers_without_end): {ErrorClass.ANSWER},
    ("http", body_without_end): {None},
    ("http", a_hundred_megabytes): {None},
    ("http", bomb): {None},
    ("http", drip): {None},
    ("http", another_language): {ErrorClass.ANSWER},
    ("https", another_language): {ErrorClass.TLS, ErrorClass.CONNECTION},
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that is well."""
    with receiving() as running:
        yield running


@pytest.fixture
async def container(tmp_path: Path, migrated_sqlite_file: Path) -> AsyncIterator[Container]:
    """A container of its own, with less patience than usual."""
    shutil.copy(migrated_sqlite_file, tmp_path / "scaicontrol.db")
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'scaicontrol.db'}",
        data_dir=tmp_path,
        webhook_allowed_networks=("127.0.0.0/8",),
        webhook_allow_http=True,
    )
    async with Container.from_settings(settings) as opened:
        keys = SigningKeys(opened.secrets)
        opened.webhook_sender = AiohttpSender(keys, opened.clock, outgoing_rules(settings), seconds=SECONDS)
        yield opened


@pytest.fixture
async def listening() -> AsyncIterator[Callable[[Talk], Awaitable[int]]]:
    """Start servers that talk as they like; returns the port."""
    talking: set[asyncio.Task[None]] = set()
    async with AsyncExitStack() as stack:

        async def start(talk: Talk) -> int:
            async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                task = asyncio.current_task()
                assert task is not None
                talking.add(task)
                with suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
                    await reader.read(1)
                    await talk(writer)
                    await writer.drain()
                    await asyncio.sleep(0)
                writer.close()

            server = await asyncio.start_server(once, "127.0.0.1", 0)
            stack.callback(server.close)
            port: int = server.sockets[0].getsockname()[1]
            return port

        yield start
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


async def subscribe(container: Container, url: str) -> tuple[WebhookSubscriptionId, str]:
    """Subscribe an address; return the subscription, and its secret."""
    wish = NewWebhookSubscription(terms=WebhookTerms(url=url, topics=("tenant.*",)))
    issued = await container.use(CreateWebhookSubscription)(operator(), wish)
    return issued.subscription.id, issued.secret


async def happen(container: Container) -> None:
    """Give some tenants their billing profiles, which is announced."""
    async with container.work.begin(operator()) as work:
        await work.partners.add(builders.new_partner())
        for number in range(EVENTS):
            tenant_id = TenantId(f"tnt_{container.ids.new('x00')}"[-30:])
            await work.tenants.add(builders.new_tenant(tenant_id, name=f"Café {number}"))
            await work.billing_profiles.add(builders.new_profile(tenant_id))
        await work.commit()


def memory(name: str) -> int:
    """Return a number of bytes that the system knows of this process."""
    (kilobytes,) = re.findall(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) * 1024


async def test_garbage_of_every_kind_is_understood_and_delays_nobody(
    container: Container, receiver: Receiver, listening: Callable[[Talk], Awaitable[int]]
) -> None:
    expected = {
        (await subscribe(container, f"{scheme}://127.0.0.1:{await listening(talk)}/"))[0]: (talk.__name__, classes)
        for (scheme, talk), classes in RECEIVERS.items()
    }
    wells = [f"/well-{number}" for number in range(WELLS)]
    for path in wells:
        receiver.secrets[path] = [(await subscribe(container, receiver.url(path)))[1]]
    await happen(container)
    while await fan_out_events(container):
        pass

    Path("/proc/self/clear_refs").write_text("5")  # the highest mark begins anew
    before, begun = memory("VmRSS"), time.monotonic()
    async with asyncio.timeout(60):
        while any(len(receiver.effects(path)) < EVENTS for path in wells):
            await deliver_webhooks(container)
    seconds = time.monotonic() - begun
    await container.webhook_pump.run()
    assert memory("VmHWM") - before < MOST_BYTES

    assert {len(different) for path in wells for different in receiver.bodies(path).values()} == {1}
    found: dict[WebhookSubscriptionId, set[ErrorClass | None]] = {}
    for each in (
        await container.use(ListWebhookDeliveries)(operator(), PageRequest(limit=200), DeliveryFilter())
    ).items:
        if each.subscription_id in expected and each.attempts:
            assert (each.status is DeliveryStatus.DISPATCHED) == (each.last_error is None)
            found.setdefault(each.subscription_id, set()).add(each.last_error)
    wrong = {name: found.get(key) for key, (name, classes) in expected.items() if not found.get(key, {0}) <= classes}
    assert wrong == {}
    assert seconds < SECONDS, "the well ones waited for the others"
