"""``scaicontrol admin events``: the feed, read, followed, and sent once more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, OfPartner, TenantOption, Yes, require_yes
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Column, Json, columns, print_json, print_line, print_note, print_rows
from scaicontrol_cli.webhook_deliveries import Since, moment_of, print_replayed, replay_all_since
from scaicontrol_cli.webhook_views import WebhookArgument

if TYPE_CHECKING:
    from scaicontrol_core.delivery.feed import EventFeed
    from scaicontrol_core.delivery.outbox_ports import FeedFilter
    from scaicontrol_core.delivery.use_cases.list_topics import TopicEntry

app = group("Events: what happened, in an order that never changes behind a reader.")
_Types = Annotated[list[str] | None, typer.Option("--type", help="Only this topic or pattern (invoice.*); repeat.")]
_After = Annotated[str | None, typer.Option("--after", help="Go on behind this next_cursor; latest: at the end.")]
_Limit = Annotated[int, typer.Option(help="How many to show, at most 200.")]
_SHOWN = columns(
    "timestamp", "type", Column("about", lambda row: row["aggregate"]["id"]), "partner_id", "tenant_id", "id"
)


@app.command("list")
def list_events(
    types: _Types = None,
    partner: OfPartner = None,
    tenant: TenantOption = None,
    after: _After = None,
    limit: _Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List events, oldest first."""

    async def work(session: Session) -> EventFeed:
        return await _read(session, after, limit, types, await _filter(session, partner, tenant))

    found = call(work)
    if as_json:
        print_json({"items": list(found.events), "next_cursor": found.next_cursor, "more": found.more})
        return
    print_rows(found.events, _SHOWN)
    if found.next_cursor:
        print_note(f"{'More' if found.more else 'What comes next'}: --after {found.next_cursor}")


@app.command("tail")
def tail_events(
    types: _Types = None,
    partner: OfPartner = None,
    tenant: TenantOption = None,
    after: _After = None,
    count: Annotated[int | None, typer.Option(help="Stop after so many events.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop at the end of the feed instead of waiting.")] = False,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1)] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Follow the feed from now on, or from --after on; ends with Ctrl-C. With --json, one event per line."""
    import asyncio

    from scaicontrol_core.delivery.feed import LATEST

    async def work(session: Session) -> None:
        cursor, shown, wanted = after or LATEST, 0, await _filter(session, partner, tenant)
        while count is None or shown < count:
            most = 200 if count is None else min(200, count - shown)
            found = await _read(session, cursor, most, types, wanted)
            for event in found.events:
                print_line(json.dumps(event, ensure_ascii=False) if as_json else _line(event))
            cursor, shown = found.next_cursor or cursor, shown + len(found.events)
            if not found.more:
                if once:
                    return
                await asyncio.sleep(every)

    call(work)


@app.command("replay")
def replay_events(webhook: WebhookArgument, since: Since, yes: Yes = False, as_json: AsJson = False) -> None:
    """Send a subscription every event since a time once more; the same as webhooks replay-since."""
    moment = moment_of(since)
    require_yes(yes, f"Send {webhook} every event since {since} once more?")

    async def work(session: Session) -> int:
        return await replay_all_since(session, webhook, moment)

    print_replayed(call(work), as_json=as_json)


def list_topics(as_json: AsJson = False) -> None:
    """List what can be subscribed to; with --json, schemas and examples as well."""
    from attrs import asdict

    from scaicontrol_core.delivery.use_cases.list_topics import ListTopics

    async def work(session: Session) -> tuple[TopicEntry, ...]:
        return await session.use(ListTopics)(session.actor)

    found = [asdict(each) for each in call(work)]
    if as_json:
        print_json({"items": found, "total": len(found)})
        return
    print_rows(found, columns(Column("topic", "name"), "aggregate", "description"))


async def _read(
    session: Session, after: str | None, limit: int, types: list[str] | None, wanted: FeedFilter
) -> EventFeed:
    from scaicontrol_core.delivery.use_cases.read_events import ReadEvents

    return await session.use(ReadEvents)(session.actor, after, limit, types or (), wanted)


async def _filter(session: Session, partner: str | None, tenant: str | None) -> FeedFilter:
    from scaicontrol_core.delivery.outbox_ports import FeedFilter

    tenant_id = await tenant_named(session, tenant, partner) if tenant else None
    return FeedFilter(partner_id=partner, tenant_id=tenant_id)


def _line(event: Json) -> str:
    about = event["aggregate"]
    return f"{event['timestamp']}  {event['type']}  {about['type']} {about['id']}  {event['idempotency_key']}"
