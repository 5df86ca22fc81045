"""Routes of deliveries: what was sent, what came of it, and what is sent once more."""

from __future__ import annotations

from datetime import datetime

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import DeliveryStatus
from scaicontrol_core.delivery.outcome import ErrorClass
from scaicontrol_core.delivery.ports import DELIVERY_SORTING, DeliveryFilter
from scaicontrol_core.delivery.use_cases.get_webhook_delivery import GetWebhookDelivery
from scaicontrol_core.delivery.use_cases.get_webhook_subscription import GetWebhookSubscription
from scaicontrol_core.delivery.use_cases.list_webhook_deliveries import ListWebhookDeliveries
from scaicontrol_core.delivery.use_cases.replay_dead_deliveries import ReplayDeadDeliveries
from scaicontrol_core.delivery.use_cases.replay_deliveries_since import ReplayDeliveriesSince
from scaicontrol_core.delivery.use_cases.replay_webhook_delivery import ReplayWebhookDelivery
from scaicontrol_core.delivery.use_cases.send_test_event import SendTestEvent
from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import EventId
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Listing, instant_of, listing
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.webhooks.bodies import ReplaySinceBody
from scaicontrol_http.webhooks.schemas import (
    DeliveryAnswer,
    DeliveryStoryAnswer,
    ReplayAnswer,
    TestQueuedAnswer,
)

_TAG = "Admin: webhooks"
_WEBHOOK = "/admin/webhook-subscriptions/{webhook_id:str}"
_ALL = "/admin/webhook-deliveries"
_ONE = f"{_ALL}/{{delivery_id:str}}"
_status = choice(DeliveryStatus)
_error = choice(ErrorClass)


@get(
    f"{_WEBHOOK}/deliveries",
    tags=[_TAG],
    summary="List a subscription's deliveries",
    opt={SORTING: DELIVERY_SORTING},
)
async def list_webhook_deliveries(
    container: Container,
    actor: Actor,
    page: PageRequest,
    webhook_id: FromPath[str],
    status: FromQuery[str | None] = None,
    topic: FromQuery[str | None] = None,
    event_id: FromQuery[str | None] = None,
    idempotency_key: FromQuery[str | None] = None,
    last_error: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Listing[DeliveryAnswer]:
    """What was sent to it and is to be, newest first; made from `since` on and before `until`. Kept for 90 days."""
    await container.use(GetWebhookSubscription)(actor, WebhookSubscriptionId(webhook_id))
    wanted = _filter(webhook_id, status, topic, event_id, idempotency_key, last_error, since, until)
    return listing(await container.use(ListWebhookDeliveries)(actor, page, wanted), DeliveryAnswer.of)


@get(_ALL, tags=[_TAG], summary="List deliveries", opt={SORTING: DELIVERY_SORTING})
async def list_deliveries(
    container: Container,
    actor: Actor,
    page: PageRequest,
    webhook_id: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    topic: FromQuery[str | None] = None,
    event_id: FromQuery[str | None] = None,
    idempotency_key: FromQuery[str | None] = None,
    last_error: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Listing[DeliveryAnswer]:
    """Deliveries of every subscription within scope, newest first; those of deleted ones too, for their time."""
    wanted = _filter(webhook_id, status, topic, event_id, idempotency_key, last_error, since, until)
    return listing(await container.use(ListWebhookDeliveries)(actor, page, wanted), DeliveryAnswer.of)


def _filter(
    webhook_id: str | None,
    status: str | None,
    topic: str | None,
    event_id: str | None,
    idempotency_key: str | None,
    last_error: str | None,
    since: datetime | None,
    until: datetime | None,
) -> DeliveryFilter:
    return DeliveryFilter(
        subscription_id=WebhookSubscriptionId(webhook_id) if webhook_id else None,
        status=_status(status, "/status") if status else None,
        topic=topic or None,
        event_id=EventId(event_id) if event_id else None,
        idempotency_key=idempotency_key or None,
        last_error=_error(last_error, "/last_error") if last_error else None,
        since=instant_of(since, "/since"),
        until=instant_of(until, "/until"),
    )


@get(_ONE, tags=[_TAG], summary="Show a delivery")
async def get_delivery(container: Container, actor: Actor, delivery_id: FromPath[str]) -> DeliveryStoryAnswer:
    """One delivery: every attempt, what the receiver said (its first 2 KiB), and the body as it was signed."""
    return DeliveryStoryAnswer.of(await container.use(GetWebhookDelivery)(actor, WebhookDeliveryId(delivery_id)))


@post(f"{_ONE}/replay", tags=[_TAG], summary="Send an event once more", opt={"idempotent": True})
async def replay_delivery(container: Container, actor: Actor, delivery_id: FromPath[str]) -> Response[DeliveryAnswer]:
    """Make a new delivery of the same event under the same `webhook-id`, whatever became of the last one."""
    again = await container.use(ReplayWebhookDelivery)(actor, WebhookDeliveryId(delivery_id))
    return Response(DeliveryAnswer.of(again), status_code=201)


@post(f"{_WEBHOOK}/test", tags=[_TAG], summary="Send a test", status_code=202, opt={"idempotent": True})
async def send_test(container: Container, actor: Actor, webhook_id: FromPath[str]) -> Response[TestQueuedAnswer]:
    """Announce `webhook.test.v1` to this one receiver; it takes the road that every event takes."""
    key = await container.use(SendTestEvent)(actor, WebhookSubscriptionId(webhook_id))
    return Response(TestQueuedAnswer(idempotency_key=key), status_code=202)


@post(
    f"{_WEBHOOK}/replay-dead",
    tags=[_TAG],
    summary="Send what was given up once more",
    status_code=202,
    opt={"idempotent": True},
)
async def replay_dead(container: Container, actor: Actor, webhook_id: FromPath[str]) -> Response[ReplayAnswer]:
    """Make new deliveries of all events whose last delivery to it is dead; call again while there is `more`."""
    done = await container.use(ReplayDeadDeliveries)(actor, WebhookSubscriptionId(webhook_id))
    return Response(ReplayAnswer.of(done), status_code=202)


@post(
    f"{_WEBHOOK}/replay-since",
    tags=[_TAG],
    summary="Send everything since a time once more",
    status_code=202,
    opt={"idempotent": True},
)
async def replay_since(
    container: Container, actor: Actor, webhook_id: FromPath[str], data: JSONBody[ReplaySinceBody]
) -> Response[ReplayAnswer]:
    """Make deliveries of every event since an instant that it wants today, also of those it never got.

    While there is `more`, call again with `after` set to `next_after`.
    """
    replay = container.use(ReplayDeliveriesSince)
    done = await replay(actor, WebhookSubscriptionId(webhook_id), data.moment(), data.after)
    return Response(ReplayAnswer.of(done), status_code=202)


ROUTES = (
    list_webhook_deliveries,
    list_deliveries,
    get_delivery,
    replay_delivery,
    send_test,
    replay_dead,
    replay_since,
)
