"""``scaicontrol admin webhooks``: who is told of which events, where, and signed with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli import event_feed, webhook_deliveries
from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    ExpectedVersion,
    Limit,
    OfPartner,
    PageNumber,
    PartnerOption,
    Sort,
    TenantOption,
    Yes,
    choice,
    page,
    require_yes,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.history import print_history
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import (
    print_item,
    print_json,
    print_line,
    print_note,
    print_page,
)
from scaicontrol_cli.webhook_views import (
    WEBHOOK_COLUMNS,
    WebhookArgument,
    headers_given,
    issued_json,
    standing_json,
    webhook_json,
)
from scaicontrol_core.kernel.ids import PartnerId

if TYPE_CHECKING:
    from scaicontrol_core.audit.entry import AuditEntry
    from scaicontrol_core.delivery.secret_keeping import IssuedSecret
    from scaicontrol_core.delivery.standing import WebhookStanding
    from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
    from scaicontrol_core.kernel.ids import TenantId
    from scaicontrol_core.kernel.paging import Page

app = group("Webhooks: systems that are told of events by signed requests.")
webhook_deliveries.add_to(app)
app.command("topics")(event_feed.list_topics)

_Topic = Annotated[
    list[str], typer.Option("--topic", help="A topic or pattern: invoice.paid.v1, invoice.*, *; repeat.")
]
_Topics = Annotated[
    list[str] | None, typer.Option("--topic", help="Instead of the present topics; repeat for several.")
]
_Header = Annotated[
    list[str] | None, typer.Option("--header", help="Goes with each request, as Name: value; repeat. Unsigned.")
]
_About = Annotated[str | None, typer.Option("--description", help="What it is for.")]
_Mail = Annotated[str | None, typer.Option("--owner-email", help="Whom to write to when it is disabled.")]
_OnlyPartner = Annotated[str | None, typer.Option("--only-partner", help="Only events of the partner with this id.")]
_InFlight = Annotated[int | None, typer.Option("--max-in-flight", help="Most deliveries at once.")]
_Ordered = Annotated[
    bool | None, typer.Option("--ordered/--unordered", help="Whether what concerns one thing waits for its turn.")
]
_Overlap = Annotated[int | None, typer.Option("--overlap-hours", help="For how long an old secret stays valid.")]


@app.command("list")
def list_webhooks(
    status: Annotated[str | None, typer.Option(help="active or disabled.")] = None,
    partner: OfPartner = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List webhook subscriptions, each with how its receiver fares."""
    from scaicontrol_core.delivery.lifecycle import WebhookStatus
    from scaicontrol_core.delivery.ports import SubscriptionFilter
    from scaicontrol_core.delivery.use_cases.list_webhook_subscriptions import ListWebhookSubscriptions

    request = page(limit, cursor, page_number, sort)
    wanted = SubscriptionFilter(
        status=choice(WebhookStatus, status, "/status"), partner_id=PartnerId(partner) if partner else None
    )

    async def work(session: Session) -> Page[WebhookStanding]:
        return await session.use(ListWebhookSubscriptions)(session.actor, request, wanted)

    print_page(call(work), standing_json, WEBHOOK_COLUMNS, as_json=as_json)


@app.command("show")
def show_webhook(webhook: WebhookArgument, as_json: AsJson = False) -> None:
    """Show a subscription, how its receiver fares, and what waits for it."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.use_cases.get_webhook_subscription import GetWebhookSubscription

    async def work(session: Session) -> WebhookStanding:
        return await session.use(GetWebhookSubscription)(session.actor, WebhookSubscriptionId(webhook))

    print_item(standing_json(call(work)), as_json=as_json)


@app.command("create")
def create_webhook(
    url: Annotated[str, typer.Argument(help="Where events go: https.")],
    topic: _Topic,
    description: _About = None,
    owner_email: _Mail = None,
    partner: PartnerOption = None,
    only_partner: _OnlyPartner = None,
    only_tenant: TenantOption = None,
    header: _Header = None,
    max_in_flight: _InFlight = None,
    ordered: _Ordered = None,
    overlap_hours: _Overlap = None,
    as_json: AsJson = False,
) -> None:
    """Tell a receiver of events from now on; its secret is shown this once."""
    from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
    from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
    from scaicontrol_core.delivery.webhook_terms import WebhookTerms

    async def work(session: Session) -> IssuedSecret:
        own: dict[str, Any] = {
            "max_in_flight": max_in_flight,
            "ordered": ordered,
            "secret_overlap_hours": overlap_hours,
            "only_tenant_id": await _tenant(session, only_tenant),
        }
        terms = WebhookTerms(
            url=url,
            topics=tuple(topic),
            description=description,
            owner_email=owner_email,
            only_partner_id=PartnerId(only_partner) if only_partner else None,
            headers=headers_given(header or ()),
            **{name: value for name, value in own.items() if value is not None},
        )
        wanted = NewWebhookSubscription(terms=terms, partner_id=PartnerId(partner) if partner else None)
        return await session.use(CreateWebhookSubscription)(session.actor, wanted)

    _print_issued(call(work), as_json=as_json)


@app.command("update")
def update_webhook(
    webhook: WebhookArgument,
    url: Annotated[str | None, typer.Option(help="Send elsewhere: begins with a clean slate.")] = None,
    topic: _Topics = None,
    description: _About = None,
    owner_email: _Mail = None,
    header: _Header = None,
    max_in_flight: _InFlight = None,
    ordered: _Ordered = None,
    overlap_hours: _Overlap = None,
    expected_version: ExpectedVersion = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named; an empty text empties a field, and headers are replaced as a whole."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.use_cases.update_webhook_subscription import UpdateWebhookSubscription
    from scaicontrol_core.delivery.webhook_terms import WebhookChanges

    given: dict[str, Any] = {
        "url": url,
        "topics": tuple(topic) if topic else None,
        "description": description,
        "owner_email": owner_email,
        "headers": headers_given(header) if header is not None else None,
        "max_in_flight": max_in_flight,
        "ordered": ordered,
        "secret_overlap_hours": overlap_hours,
    }
    named: dict[str, Any] = {name: None if value == "" else value for name, value in given.items()}
    changes = WebhookChanges(**{name: value for name, value in named.items() if given[name] is not None})

    async def work(session: Session) -> WebhookSubscription:
        update = session.use(UpdateWebhookSubscription)
        return await update(session.actor, WebhookSubscriptionId(webhook), changes, expected_version)

    print_item(webhook_json(call(work)), as_json=as_json)


@app.command("delete")
def delete_webhook(
    webhook: WebhookArgument, yes: Yes = False, expected_version: ExpectedVersion = None, as_json: AsJson = False
) -> None:
    """Tell a receiver nothing any more: what is pending is given up, and the secrets are gone."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.use_cases.delete_webhook_subscription import DeleteWebhookSubscription

    require_yes(yes, f"Delete {webhook}, and give up what waits for it?")

    async def work(session: Session) -> None:
        await session.use(DeleteWebhookSubscription)(session.actor, WebhookSubscriptionId(webhook), expected_version)

    call(work)
    if as_json:
        print_json({"id": webhook, "deleted": True})
    else:
        print_note(f"{webhook} is deleted.")


@app.command("enable")
def enable_webhook(webhook: WebhookArgument, expected_version: ExpectedVersion = None, as_json: AsJson = False) -> None:
    """Send again, what was pending first; replay-since sends what happened meanwhile."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.use_cases.enable_webhook_subscription import EnableWebhookSubscription

    async def work(session: Session) -> WebhookSubscription:
        enable = session.use(EnableWebhookSubscription)
        return await enable(session.actor, WebhookSubscriptionId(webhook), expected_version)

    print_item(webhook_json(call(work)), as_json=as_json)


@app.command("disable")
def disable_webhook(
    webhook: WebhookArgument, yes: Yes = False, expected_version: ExpectedVersion = None, as_json: AsJson = False
) -> None:
    """Send nothing until it is enabled; events of that time are not queued."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.use_cases.disable_webhook_subscription import DisableWebhookSubscription

    require_yes(yes, f"Send nothing to {webhook} any more?")

    async def work(session: Session) -> WebhookSubscription:
        disable = session.use(DisableWebhookSubscription)
        return await disable(session.actor, WebhookSubscriptionId(webhook), expected_version)

    print_item(webhook_json(call(work)), as_json=as_json)


@app.command("rotate-secret")
def rotate_secret(webhook: WebhookArgument, yes: Yes = False, as_json: AsJson = False) -> None:
    """Make a new secret, shown this once; the old one stays valid for the overlap."""
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.use_cases.rotate_webhook_secret import RotateWebhookSecret

    require_yes(yes, f"Give {webhook} a new secret?")

    async def work(session: Session) -> IssuedSecret:
        return await session.use(RotateWebhookSecret)(session.actor, WebhookSubscriptionId(webhook))

    _print_issued(call(work), as_json=as_json)


@app.command("history")
def webhook_history(
    webhook: WebhookArgument, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """Show what was done to a subscription, newest first."""
    from scaicontrol_core.audit.subject import WEBHOOK_SUBSCRIPTION
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    request = page(limit, cursor, None, None)

    async def work(session: Session) -> Page[AuditEntry]:
        return await session.use(ReadHistory)(session.actor, WEBHOOK_SUBSCRIPTION, webhook, request)

    print_history(call(work), as_json=as_json)


async def _tenant(session: Session, name: str | None) -> TenantId | None:
    return await tenant_named(session, name) if name else None


def _print_issued(issued: IssuedSecret, *, as_json: bool) -> None:
    shown = issued_json(issued)
    if as_json:
        print_json(shown)
        return
    print_item(shown["webhook"], as_json=False)
    print_line(f"secret  {shown['secret']}")
    print_note("Keep the secret now: it is shown this once.")
