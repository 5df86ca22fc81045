"""A sender that may reach this machine, parcels for it, and receivers of every kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from typing import Any

import pytest

from scaicontrol_adapters.outgoing import OutgoingRules
from scaicontrol_adapters.system import SystemClock
from scaicontrol_adapters.webhooks.keys import SigningKeys
from scaicontrol_adapters.webhooks.sender import AiohttpSender
from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.parcel import Parcel
from scaicontrol_core.delivery.signature import secret_of
from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
from scaicontrol_core.kernel.ids import EventId
from scaicontrol_core.testing.clock import DEFAULT_START as NOW
from scaicontrol_core.testing.secrets import MemorySecrets

LOCAL = OutgoingRules(allowed=(ip_network("127.0.0.0/8"),), allow_http=True)
SECRET, OLD_SECRET = secret_of(b"s" * 32), secret_of(b"o" * 32)
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def make_sender() -> AsyncIterator[Callable[..., AiohttpSender]]:
    """Make senders, and close them afterwards."""
    secrets = MemorySecrets()
    await secrets.put("webhooks/whs_1/1", SECRET)
    await secrets.put("webhooks/whs_1/2", OLD_SECRET)
    await secrets.put("webhooks/whs_1/headers", '{"authorization": "Bearer kept", "webhook-id": "forged"}')
    await secrets.put("webhooks/whs_1/damaged", "no headers")
    made: list[AiohttpSender] = []

    def make(rules: OutgoingRules = LOCAL, *, seconds: float = 15.0, **options: Any) -> AiohttpSender:
        made.append(AiohttpSender(SigningKeys(secrets), SystemClock(), rules, seconds=seconds, **options))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
def make_parcel() -> Callable[..., Parcel]:
    """Make parcels."""

    def make(url: str, **fields: Any) -> Parcel:
        held = WebhookDelivery(
            id=WebhookDeliveryId("whd_1"),
            subscription_id=WebhookSubscriptionId("whs_1"),
            partner_id=None,
            event_id=EventId("evt_1"),
            topic="invoice.paid.v1",
            idempotency_key="invoice:inv_1:paid:1",
            tenant_id=None,
            order_key="invoice:inv_1",
            sequence=1,
            created_at=NOW,
            due_at=NOW,
        )
        usual: dict[str, Any] = {
            "delivery_id": WebhookDeliveryId("whd_1"),
            "subscription_id": WebhookSubscriptionId("whs_1"),
            "owner": "wrk_1",
            "event_id": EventId("evt_1"),
            "topic": "invoice.paid.v1",
            "attempt": 1,
            "url": url,
            "extra_headers": {"x-token": "t"},
            "secret_paths": ("webhooks/whs_1/1",),
            "body": '{"type":"invoice.paid.v1","data":{"name":"Zoë"}}'.encode(),
            "held": held,
        }
        return Parcel(**(usual | fields))

    return make


@pytest.fixture
async def listening() -> AsyncIterator[Callable[..., Awaitable[int]]]:
    """Start servers that talk as they like; returns the port."""
    servers: list[asyncio.Server] = []
    talking: set[asyncio.Task[Any]] = set()

    async def start(talk: Talk, **options: Any) -> int:
        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            talking.add(task)
            try:
                await talk(reader, writer)
            except (OSError, asyncio.CancelledError):
                pass
            finally:
                talking.discard(task)
                writer.close()

        servers.append(await asyncio.start_server(once, "127.0.0.1", 0, **options))
        port: int = servers[-1].sockets[0].getsockname()[1]
        return port

    yield start
    for server in servers:
        server.close()
    for task in list(talking):
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)
