"""Webhooks: events fanned out and deliveries posted per second, beside a bare aiohttp loop posting the same bytes.

The receiver has a process of its own. What it costs to answer is in both figures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import aiohttp
from attrs import define, frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.delivery.parcel import parcel_of
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.delete_webhook_subscription import DeleteWebhookSubscription
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.measure_delivery import MeasureDelivery
from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from tests.bench import world
from tests.bench.measured import Measured
from tests.bench.rows_again import rows_again
from tests.bench.serving import serving

_TOPIC = "tenant.billing_linked.v1"
_KEY = b"k" * 32
_EVENTS, _SUBSCRIBERS = 250, 20
_RESIDENTS, _LETTERS, _ROUNDS = 50, 40, 3
_WRITES, _WRITERS = 2000, 8
_SAME_ROWS = "bare INSERTs of the same rows, as many a commit"
_BARE = "a bare aiohttp loop, same bytes and concurrency"


@frozen
class _Post:
    """One request, made beforehand."""

    url: str
    headers: dict[str, str]
    body: bytes


@asynccontextmanager
async def _opened(url: str, folder: Path) -> AsyncIterator[Container]:
    settings = Settings(
        database_url=url,
        data_dir=folder,
        webhook_allowed_networks=("127.0.0.0/8",),
        webhook_allow_http=True,
        background_jobs="",
    )
    async with Container.from_settings(settings) as container:
        yield container


async def _subscribe(container: Container, port: int, path: str) -> WebhookSubscription:
    terms = WebhookTerms(url=f"http://127.0.0.1:{port}/{path}", topics=(_TOPIC,))
    issued = await container.use(CreateWebhookSubscription)(world.ACTOR, NewWebhookSubscription(terms=terms))
    return issued.subscription


async def _fan_out(container: Container) -> int:
    """Let all that happened be delivered; return how many deliveries that makes."""
    made = 0
    while (report := await container.use(FanOutEvents)(world.ACTOR)).events:
        made += report.deliveries
    return made


async def test_deliveries_per_second(
    migrated_mariadb_url: str, tmp_path: Path, record: Callable[[Measured], None]
) -> None:
    here = await world.open_world(migrated_mariadb_url)
    async with _opened(migrated_mariadb_url, tmp_path) as container:
        await _fan_out(container)
        with serving("hook_receiver") as port:
            lone = [await _subscribe(container, port, "well/0")]
            alone = [await _round(container, here, lone, number) for number in range(_ROUNDS)]
            others = [await _subscribe(container, port, f"well/{number}") for number in range(1, _SUBSCRIBERS)]
            rounds = [await _round(container, here, [*lone, *others], _ROUNDS + number) for number in range(_ROUNDS)]
        assert (await container.use(MeasureDelivery)(world.ACTOR)).deliveries == 0
    await here.aclose()
    record(Measured(f"events fanned out to {_SUBSCRIBERS} subscribers", max(each.fanned for each in rounds), "/s", "–"))
    record(_best(f"webhook deliveries, {_SUBSCRIBERS} subscribers", rounds, 0.2))
    record(_best("webhook deliveries, a lone subscriber", alone))


@frozen
class _Round:
    """What one round came to: events and deliveries a second, and what a delivery costs this process."""

    fanned: float
    bare: float
    ours: float
    own_seconds: float


def _best(what: str, rounds: Sequence[_Round], aim: float | None = None) -> Measured:
    """Return the best of each: whatever else this machine did made some rounds slower, and none faster."""
    own = min(each.own_seconds for each in rounds)
    note = f"best of {len(rounds)}, {own * 1e6:.0f} µs of our own each"
    return Measured(what, max(each.ours for each in rounds), "/s", _BARE, max(each.bare for each in rounds), aim, note)


async def _round(
    container: Container, here: world.World, subscribed: Sequence[WebhookSubscription], number: int
) -> _Round:
    since, pump = here.clock.now(), container.webhook_pump
    await world.add_customers(here, _EVENTS, first=number * _EVENTS)
    started = time.perf_counter()
    deliveries = await _fan_out(container)
    fanned = time.perf_counter() - started
    assert deliveries == _EVENTS * len(subscribed)
    posts = await _posts(here, subscribed, since)
    bare = await _bare(posts, sum(each.terms.max_in_flight for each in subscribed))
    pump.posts.clear()
    started, used = time.perf_counter(), time.process_time()
    await pump.run()
    seconds, used = time.perf_counter() - started, time.process_time() - used
    assert pump.posts == {"arrived": deliveries}
    return _Round(_EVENTS / fanned, bare, deliveries / seconds, used / deliveries)


async def test_one_dead_and_one_slow_subscriber_hold_up_nobody(
    migrated_mariadb_url: str, tmp_path: Path, record: Callable[[Measured], None]
) -> None:
    here = await world.open_world(migrated_mariadb_url)
    async with _opened(migrated_mariadb_url, tmp_path) as container:
        with serving("hook_receiver") as port:
            street = _Street(container, here, port)
            pairs = [(await street.seconds(()), await street.seconds(("dead", "slow"))) for _ in range(_ROUNDS)]
    await here.aclose()
    # Whatever else this machine did made some rounds slower, and none faster.
    well, ill = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    limit = f"the same with all {_RESIDENTS} well"
    note = f"best of {_ROUNDS}"
    record(
        Measured("events to each of 48, one dead, one slow", _LETTERS / ill, "/s", limit, _LETTERS / well, 0.9, note)
    )
    assert ill <= well / 0.9, pairs


@define
class _Street:
    """Subscribers that all want everything; each round has its own."""

    container: Container
    here: world.World
    port: int
    rounds: int = 0

    async def seconds(self, ill: Sequence[str]) -> float:
        """Return how long it takes until all who are well have everything."""
        self.rounds += 1
        await _fan_out(self.container)
        paths = [*ill, *["well"] * (_RESIDENTS - len(ill))]
        living = [
            await _subscribe(self.container, self.port, f"{path}/{self.rounds}-{number}")
            for number, path in enumerate(paths)
        ]
        await world.add_customers(self.here, _LETTERS, first=self.rounds * _LETTERS)
        await _fan_out(self.container)
        pump, wanted = self.container.webhook_pump, _LETTERS * paths.count("well")
        pump.posts.clear()
        started = time.perf_counter()
        while pump.posts["arrived"] < wanted:
            assert await pump.turn(), "there is more to do"
        seconds = time.perf_counter() - started
        await pump.drain(0.1)  # the slow one's are given up
        for each in living:
            await self.container.use(DeleteWebhookSubscription)(world.ACTOR, each.id)
        return seconds


async def test_outbox_writes_per_second(migrated_mariadb_url: str, record: Callable[[Measured], None]) -> None:
    here = await world.open_world(migrated_mariadb_url)
    tenants = await world.add_tenants(here, _WRITES)
    left = iter(tenants)

    async def writer() -> None:
        for number, tenant_id in enumerate(left):
            async with here.work.begin(world.ACTOR) as work:
                await work.billing_profiles.add(world.profile(here, tenant_id, number))
                await work.commit()

    started, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(writer() for _ in range(_WRITERS)))
    seconds, used = time.perf_counter() - started, time.process_time() - used
    raw = await rows_again(
        migrated_mariadb_url, ("tenant_billing_profiles", "audit_log", "outbox_events"), _WRITES, _WRITERS
    )
    await here.aclose()
    note = f"{_WRITERS} at once, {used / _WRITES * 1e6:.0f} µs of our own each"
    record(Measured("units of work that tell of something", _WRITES / seconds, "/s", _SAME_ROWS, raw, None, note))


async def _posts(here: world.World, subscribed: Sequence[WebhookSubscription], since: datetime) -> list[_Post]:
    """Return what will be posted of all that happened since a moment, signed already."""
    now = here.clock.now()
    async with here.work.begin(world.ACTOR, read_only=True) as work:
        events = [event for _, event in await work.outbox.since(since, 0, _EVENTS + 1)]
    made: list[_Post] = []
    for event in events:
        for each in subscribed:
            delivery = WebhookDelivery.of(here.ids.new("whd"), event, each, now)
            parcel = parcel_of(delivery, each, event.body(), "bare", now)
            made.append(_Post(parcel.url, parcel.headers([_KEY], int(now.timestamp())), parcel.body))
    return made


async def _bare(posts: Sequence[_Post], at_once: int) -> float:
    """Post all, so many at once; return how many a second."""
    left = iter(posts)

    async def client(session: aiohttp.ClientSession) -> None:
        for each in left:
            async with session.post(each.url, data=each.body, headers=each.headers) as answer:
                await answer.read()
                assert answer.status == 204

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        started = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(at_once)))
        return len(posts) / (time.perf_counter() - started)
