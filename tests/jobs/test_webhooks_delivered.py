"""Webhooks reach real receivers, verified by libraries that are not ours; a worker's death loses none of them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.lifecycle import DeliveryStatus
from scaicontrol_core.delivery.ports import DeliveryFilter
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.get_webhook_subscription import GetWebhookSubscription
from scaicontrol_core.delivery.use_cases.list_webhook_deliveries import ListWebhookDeliveries
from scaicontrol_core.delivery.use_cases.rotate_webhook_secret import RotateWebhookSecret
from scaicontrol_core.delivery.webhook_delivery import LEASE, WebhookDelivery
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing import FixedClock, builders
from scaicontrol_jobs.webhooks import deliver_webhooks, fan_out_events, tell_webhook_owners
from tests.services.dying import DyingPort, DyingWork, in_a_process_that_dies
from tests.services.receiver import Receiver, receiving

ACTOR = Actor.system("test")
EVENTS = 9


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A receiver with a path for each test."""
    with receiving() as running:
        yield running


@frozen
class Shop:
    """A database in a folder, and a clock that begins now: receivers compare timestamps with theirs."""

    settings: Settings
    clock: FixedClock

    @classmethod
    def at(cls, folder: Path, *, concurrency: int = 50) -> Shop:
        """Return the shop whose files are in a folder."""
        settings = Settings(
            database_url=f"sqlite+aiosqlite:///{folder / 'scaicontrol.db'}",
            data_dir=folder,
            webhook_allowed_networks=("127.0.0.0/8",),
            webhook_allow_http=True,
            webhook_concurrency=concurrency,
        )
        return cls(settings, FixedClock(datetime.now(UTC)))

    def opened(self) -> Container:
        """Return a container over it, as a worker has one."""
        return Container.from_settings(self.settings, clock=self.clock)


async def subscribe(container: Container, receiver: Receiver, path: str, **terms: Any) -> WebhookSubscription:
    """Subscribe a path of the receiver to everything, and let it know the secret."""
    wish = NewWebhookSubscription(terms=WebhookTerms(url=receiver.url(path), topics=("tenant.*",), **terms))
    issued = await container.use(CreateWebhookSubscription)(ACTOR, wish)
    receiver.secrets.setdefault(path, []).append(issued.secret)
    return issued.subscription


async def happen(container: Container, count: int = EVENTS) -> None:
    """Give some tenants their billing profiles, which is announced."""
    async with container.work.begin(ACTOR) as work:
        if await work.partners.operator() is None:
            await work.partners.add(builders.new_partner())
        for number in range(count):
            tenant_id = TenantId(f"tnt_{container.ids.new('x00')}"[-30:])
            await work.tenants.add(builders.new_tenant(tenant_id, name=f"Café {number}"))
            await work.billing_profiles.add(builders.new_profile(tenant_id))
        await work.commit()


async def all_of(container: Container, **criteria: Any) -> tuple[WebhookDelivery, ...]:
    """Return the deliveries."""
    return (await container.use(ListWebhookDeliveries)(ACTOR, PageRequest(limit=200), DeliveryFilter(**criteria))).items


async def work_off(container: Container) -> None:
    """Do what the jobs do until nothing is left to do."""
    while await fan_out_events(container):
        pass
    await container.webhook_pump.run()


@pytest.fixture
async def container(tmp_path: Path, migrated_sqlite_file: Path) -> AsyncIterator[Container]:
    """A container of its own over a fresh database."""
    shutil.copy(migrated_sqlite_file, tmp_path / "scaicontrol.db")
    async with Shop.at(tmp_path).opened() as opened:
        yield opened


async def test_everything_arrives_once_verified_and_complete(container: Container, receiver: Receiver) -> None:
    await subscribe(container, receiver, "/plain", headers={"authorization": "Bearer x"})
    await happen(container)
    await work_off(container)
    assert receiver.unverified == []
    effects = receiver.effects("/plain")
    assert len(effects) == len(receiver.arrived["/plain"]) == EVENTS
    assert {each["type"] for each in effects.values()} == {"tenant.billing_linked.v1"}
    assert all(each["data"]["billing_profile"]["company_name"] for each in effects.values())
    assert {each.status for each in await all_of(container)} == {DeliveryStatus.DISPATCHED}


async def test_while_secrets_rotate_old_and_new_receivers_verify(container: Container, receiver: Receiver) -> None:
    subscription = await subscribe(container, receiver, "/rotating")
    issued = await container.use(RotateWebhookSecret)(ACTOR, subscription.id)
    receiver.secrets["/rotating"].append(issued.secret)  # each message has to verify under both
    await happen(container, 2)
    await work_off(container)
    assert (len(receiver.effects("/rotating")), "/rotating" in receiver.unverified) == (2, False)


async def test_what_fails_is_tried_again_under_the_same_id(container: Container, receiver: Receiver) -> None:
    await subscribe(container, receiver, "/flaky")
    receiver.answers["/flaky"] = [503, 429, 500, 204]
    await happen(container, 1)
    await work_off(container)
    assert "/flaky" not in receiver.arrived
    for _ in range(3):
        (delivery,) = await all_of(container)
        assert (delivery.status, delivery.last_status is None) == (DeliveryStatus.PENDING, False)
        container.clock.set(max(delivery.due_at, container.clock.now()))  # type: ignore[attr-defined]
        receiver.secrets["/flaky"] = []  # its clock does not go as ours does
        await work_off(container)
    (delivery,) = await all_of(container)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DISPATCHED, 4)
    assert list(receiver.effects("/flaky")) == [delivery.event_id]


async def test_a_slow_and_a_dead_receiver_hold_up_nobody_else(container: Container, receiver: Receiver) -> None:
    for number in range(4):
        await subscribe(container, receiver, f"/well-{number}")
    slow = await subscribe(container, receiver, "/slow", max_in_flight=2)
    dead = await subscribe(container, receiver, "/dead")
    receiver.delays["/slow"] = 60.0
    receiver.answers["/dead"] = [503]
    await happen(container, 12)
    while await fan_out_events(container):
        pass
    wells = [f"/well-{number}" for number in range(4)]
    async with asyncio.timeout(30):
        while any(len(receiver.effects(path)) < 12 for path in wells):
            await deliver_webhooks(container)
        # Its answers may be written down after theirs.
        while (await container.use(GetWebhookSubscription)(ACTOR, dead.id)).health.open_until is None:
            await deliver_webhooks(container)
    assert receiver.busiest["/slow"] == 2
    assert len(await all_of(container, subscription_id=slow.id, status=DeliveryStatus.PENDING)) == 12
    await container.webhook_pump.drain(0.1)


async def test_a_receiver_that_is_gone_has_its_owner_written_to(container: Container, receiver: Receiver) -> None:
    await subscribe(container, receiver, "/gone", owner_email="anna@example.com")
    receiver.answers["/gone"] = [410]
    await happen(container, 1)
    await work_off(container)
    for _ in range(2):
        assert await tell_webhook_owners(container) is False
    (message,) = container.settings.mail_dir.glob("*.eml")
    assert b"anna@example.com" in message.read_bytes()


MOMENTS = (
    *((when, count) for count in range(1, 6) for when in ("before", "after")),
    *((when, count) for count in (1, 4, EVENTS) for when in ("unsent", "sent")),
)
AROUND = {"unsent": "before", "sent": "after"}


@pytest.fixture(scope="module")
def filled(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Path:
    """A folder with a database in which events wait for a subscription."""
    folder = tmp_path_factory.mktemp("killed")
    shutil.copy(migrated_sqlite_file, folder / "scaicontrol.db")

    async def fill() -> None:
        async with Shop.at(folder).opened() as container:
            await subscribe(container, receiver, "/killed", max_in_flight=3)
            await happen(container)

    asyncio.run(fill())
    return folder


@pytest.mark.parametrize(("when", "count"), MOMENTS)
def test_a_worker_killed_at_any_moment_loses_nothing_and_changes_no_id(
    filled: Path, tmp_path: Path, receiver: Receiver, when: str, count: int
) -> None:
    shop = Shop.at(shutil.copytree(filled, tmp_path / "shop"), concurrency=4)
    receiver.arrived["/killed"] = []

    async def live_until() -> None:
        async with shop.opened() as container:
            if when in ("before", "after"):
                dying = container.work = DyingWork(container.work)
                setattr(dying, f"kill_{when}", count)
            else:
                container.webhook_sender = DyingPort(container.webhook_sender, "post", AROUND[when], count)
            await work_off(container)

    in_a_process_that_dies(lambda: asyncio.run(live_until()))
    before = dict(receiver.bodies("/killed"))
    shop.clock.set(shop.clock.now() + LEASE + timedelta(seconds=1))
    asyncio.run(everything_settled(shop))
    bodies = receiver.bodies("/killed")
    assert len(bodies) == EVENTS
    assert all(len(different) == 1 for different in bodies.values())
    assert before.items() <= bodies.items()
    assert "/killed" not in receiver.unverified


async def everything_settled(shop: Shop) -> None:
    """Work off what is left; afterwards each event has one delivery, and that has arrived."""
    async with shop.opened() as container:
        await work_off(container)
        deliveries = await all_of(container)
        assert len({each.event_id for each in deliveries}) == len(deliveries) == EVENTS
        assert {each.status for each in deliveries} == {DeliveryStatus.DISPATCHED}
