"""No read of webhooks walks a whole table, however long the log and however many events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory, SqlWork
from scaicontrol_core.access import Actor, ActorKind
from scaicontrol_core.delivery.lifecycle import DeliveryStatus
from scaicontrol_core.delivery.outbox_ports import FeedFilter
from scaicontrol_core.delivery.ports import DeliveryFilter, SubscriptionFilter
from scaicontrol_core.delivery.sharing import Share
from scaicontrol_core.kernel.ids import EventId, PartnerId, WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing import FixedClock, SequentialIds
from scaicontrol_core.testing.clock import DEFAULT_START as NOW

ACTORS = {
    "platform": Actor.system("test"),
    "partner": Actor.partner_admin("rita", PartnerId("prt_1")),
    "service": Actor(ActorKind.SERVICE, "scaikey", Scope.service("scaikey")),
}
#: Hundreds of rows at most, each looked at in every turn.
SMALL = {"webhook_subscriptions", "webhook_healths", "outbox_head"}
SUBSCRIPTION, EVENT, DELIVERY = WebhookSubscriptionId("whs_1"), EventId("evt_1"), WebhookDeliveryId("whd_1")


def shares(*, ordered: bool) -> list[Share]:
    """Return what a turn asks for."""
    return [
        Share(subscription_id=WebhookSubscriptionId(f"whs_{count}"), count=count, ordered=ordered)
        for count in range(1, 10)
    ]


Read = Callable[[SqlWork], Awaitable[Any]]
READS: dict[str, Read] = {
    "subscriptions": lambda w: w.webhook_subscriptions.list(PageRequest(), SubscriptionFilter()),
    "active": lambda w: w.webhook_subscriptions.active(),
    "waiting": lambda w: w.webhook_deliveries.waiting(NOW),
    "in flight": lambda w: w.webhook_deliveries.in_flight(NOW),
    "due in order": lambda w: w.webhook_deliveries.due(shares(ordered=True), NOW),
    "due": lambda w: w.webhook_deliveries.due(shares(ordered=False), NOW),
    "held": lambda w: w.webhook_deliveries.held_by("wrk_1", [DELIVERY]),
    "dead": lambda w: w.webhook_deliveries.dead_of(SUBSCRIPTION, None, 500),
    "newest": lambda w: w.webhook_deliveries.newest_of(SUBSCRIPTION, [EVENT]),
    "attempts": lambda w: w.webhook_deliveries.attempts_of(DELIVERY),
    "counts": lambda w: w.webhook_deliveries.counts([SUBSCRIPTION]),
    "deliveries": lambda w: w.webhook_deliveries.list(PageRequest(), DeliveryFilter()),
    "deliveries of one": lambda w: w.webhook_deliveries.list(
        PageRequest(), DeliveryFilter(subscription_id=SUBSCRIPTION)
    ),
    "dead ones": lambda w: w.webhook_deliveries.list(PageRequest(), DeliveryFilter(status=DeliveryStatus.DEAD)),
    "backlog of deliveries": lambda w: w.webhook_deliveries.backlog(),
    "unplaced": lambda w: w.outbox.unplaced(200),
    "backlog": lambda w: w.outbox.backlog(),
    "bodies": lambda w: w.outbox.bodies([EVENT]),
    "feed": lambda w: w.outbox.feed(7, 50, FeedFilter()),
    "feed of a tenant": lambda w: w.outbox.feed(7, 50, FeedFilter(tenant_id="tnt_1")),
    "feed of topics": lambda w: w.outbox.feed(7, 50, FeedFilter(topics=("invoice.paid.v1",))),
    "end of the feed": lambda w: w.outbox.end(),
    "since": lambda w: w.outbox.since(NOW, 0, 500),
}


@pytest.fixture
async def work(migrated_sqlite_url: str) -> AsyncIterator[SqlUnitOfWorkFactory]:
    database = create_engine(migrated_sqlite_url)
    yield SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    await database.aclose()


@pytest.mark.parametrize("scope", ACTORS)
@pytest.mark.parametrize("read", READS)
async def test_every_read_of_webhooks_has_its_index(work: SqlUnitOfWorkFactory, read: str, scope: str) -> None:
    asked: list[tuple[str, Any]] = []

    @event.listens_for(work.database.reader.sync_engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    async with work.begin(ACTORS[scope], read_only=True) as begun:
        await READS[read](begun)
    selects = [(statement, parameters) for statement, parameters in asked if statement.startswith("SELECT")]
    assert selects
    async with work.database.reader.connect() as connection:
        for statement, parameters in selects:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for step in plan:
                words = step.detail.split()
                scans = words[0] == "SCAN" and words[1] not in SMALL and not words[1].startswith(("(", "share_"))
                along = "COVERING" in words or (" LIMIT " in statement and "INDEX" in words)
                assert not scans or along, f"{step.detail}\n{statement}"


async def test_on_mariadb_what_is_due_is_found_without_the_log(migrated_mariadb_url: str) -> None:
    database = create_engine(migrated_mariadb_url)
    asked: list[tuple[str, Any]] = []

    @event.listens_for(database.reader.sync_engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    factory = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    async with factory.begin(ACTORS["platform"], read_only=True) as begun:
        await begun.webhook_deliveries.due(shares(ordered=True)[:8], NOW)
    statement, parameters = asked[-1]
    async with database.reader.connect() as connection:
        plan = (await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)).mappings().all()
    await database.aclose()
    before = [step for step in plan if str(step["table"]).startswith("webhook_deliveries_")]
    assert len(before) == 8
    assert {step["key"] for step in before} == {"ix_webhook_deliveries_subscription_id_order_key_sequence"}
    assert {step["ref"].count(",") for step in before} == {1}, "by subscription and aggregate"
