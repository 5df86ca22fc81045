"""Commands about deliveries: what was sent, what came of it, and what is sent once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    Limit,
    PageNumber,
    Sort,
    Yes,
    choice,
    instant,
    page,
    require_yes,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.output import columns, print_item, print_json, print_line, print_page, print_rows
from scaicontrol_cli.webhook_views import (
    DELIVERY_COLUMNS,
    DeliveryArgument,
    WebhookArgument,
    delivery_json,
    story_json,
)
from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.delivery.replaying import ReplayReport
    from scaicontrol_core.delivery.webhook_delivery import DeliveryStory, WebhookDelivery
    from scaicontrol_core.kernel.paging import Page

Since = Annotated[str, typer.Argument(help="An instant, or a day from its beginning (UTC).", metavar="SINCE")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to a group."""
    app.command("deliveries")(list_deliveries)
    app.command("delivery")(show_delivery)
    app.command("replay")(replay)
    app.command("replay-dead")(replay_dead)
    app.command("replay-since")(replay_since)
    app.command("test")(send_test)


def list_deliveries(
    webhook: Annotated[str | None, typer.Argument(help="Only of the subscription with this id.")] = None,
    status: Annotated[str | None, typer.Option(help="pending, dispatched or dead.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only of this topic.")] = None,
    event: Annotated[str | None, typer.Option(help="Only of the event with this id.")] = None,
    key: Annotated[str | None, typer.Option(help="Only of the event with this idempotency key.")] = None,
    error: Annotated[str | None, typer.Option(help="Only those whose last attempt ended so.")] = None,
    since: Annotated[str | None, typer.Option(help="Made from this day or instant on.")] = None,
    until: Annotated[str | None, typer.Option(help="Made before this day or instant.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List deliveries, newest first; they are kept for 90 days."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.lifecycle import DeliveryStatus
    from scaicontrol_core.delivery.outcome import ErrorClass
    from scaicontrol_core.delivery.ports import DeliveryFilter
    from scaicontrol_core.delivery.use_cases.list_webhook_deliveries import ListWebhookDeliveries
    from scaicontrol_core.kernel.ids import EventId

    request = page(limit, cursor, page_number, sort)
    wanted = DeliveryFilter(
        subscription_id=WebhookSubscriptionId(webhook) if webhook else None,
        status=choice(DeliveryStatus, status, "/status"),
        topic=topic,
        event_id=EventId(event) if event else None,
        idempotency_key=key,
        last_error=choice(ErrorClass, error, "/error"),
        since=instant(since, "/since"),
        until=instant(until, "/until"),
    )

    async def work(session: Session) -> Page[WebhookDelivery]:
        return await session.use(ListWebhookDeliveries)(session.actor, request, wanted)

    print_page(call(work), delivery_json, DELIVERY_COLUMNS, as_json=as_json)


def show_delivery(delivery: DeliveryArgument, as_json: AsJson = False) -> None:
    """Show a delivery: every attempt, what the receiver said, and the body as it was signed."""
    from scaicontrol_core.delivery.ids import WebhookDeliveryId
    from scaicontrol_core.delivery.use_cases.get_webhook_delivery import GetWebhookDelivery

    async def work(session: Session) -> DeliveryStory:
        return await session.use(GetWebhookDelivery)(session.actor, WebhookDeliveryId(delivery))

    shown = story_json(call(work))
    if as_json:
        print_json(shown)
        return
    print_item(shown["delivery"], as_json=False)
    print_rows(shown["attempts"], columns("ordinal", "at", "verdict", "status", "error", "latency_ms", "next_due_at"))
    print_line(shown["body"])


def replay(delivery: DeliveryArgument, as_json: AsJson = False) -> None:
    """Send the event of one delivery once more, under the same webhook id."""
    from scaicontrol_core.delivery.ids import WebhookDeliveryId
    from scaicontrol_core.delivery.use_cases.replay_webhook_delivery import ReplayWebhookDelivery

    async def work(session: Session) -> WebhookDelivery:
        return await session.use(ReplayWebhookDelivery)(session.actor, WebhookDeliveryId(delivery))

    print_item(delivery_json(call(work)), as_json=as_json)


def replay_dead(webhook: WebhookArgument, yes: Yes = False, as_json: AsJson = False) -> None:
    """Send a subscription everything once more that was given up."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.use_cases.replay_dead_deliveries import ReplayDeadDeliveries

    require_yes(yes, f"Send {webhook} all that was given up once more?")

    async def work(session: Session) -> int:
        made, more = 0, True
        while more:
            done = await session.use(ReplayDeadDeliveries)(session.actor, WebhookSubscriptionId(webhook))
            made, more = made + done.deliveries, done.more
        return made

    print_replayed(call(work), as_json=as_json)


def replay_since(webhook: WebhookArgument, since: Since, yes: Yes = False, as_json: AsJson = False) -> None:
    """Send a subscription every event since a time once more, also those that it never got."""
    moment = moment_of(since)
    require_yes(yes, f"Send {webhook} every event since {since} once more?")

    async def work(session: Session) -> int:
        return await replay_all_since(session, webhook, moment)

    print_replayed(call(work), as_json=as_json)


def moment_of(text: str) -> datetime:
    """Read an instant, or a day as its beginning in UTC; ``Invalid`` (``instant_invalid``)."""
    found = instant(text, "/since")
    if found is None:
        raise Invalid.field("/since", "Say since when.", code="instant_invalid")
    return found


async def replay_all_since(session: Session, webhook: str, since: datetime) -> int:
    """Replay part by part until nothing is left; return how many deliveries were made."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.use_cases.replay_deliveries_since import ReplayDeliveriesSince

    made, after = 0, 0
    while True:
        replay_part = session.use(ReplayDeliveriesSince)
        done: ReplayReport = await replay_part(session.actor, WebhookSubscriptionId(webhook), since, after)
        made += done.deliveries
        if not done.more or done.next_after is None:
            return made
        after = done.next_after


def print_replayed(deliveries: int, *, as_json: bool) -> None:
    """Say how many deliveries were made."""
    if as_json:
        print_json({"deliveries": deliveries})
    else:
        print_line(f"{deliveries} to be sent once more.")


def send_test(webhook: WebhookArgument, as_json: AsJson = False) -> None:
    """Send webhook.test.v1 to this one receiver."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.use_cases.send_test_event import SendTestEvent

    async def work(session: Session) -> str:
        return await session.use(SendTestEvent)(session.actor, WebhookSubscriptionId(webhook))

    key = call(work)
    if as_json:
        print_json({"idempotency_key": key})
    else:
        print_line(f"Queued; look for it with: scaicontrol admin webhooks deliveries {webhook} --key {key}")
