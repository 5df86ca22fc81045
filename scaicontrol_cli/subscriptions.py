"""``scaicontrol admin subscriptions``: who is on which plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli import subscription_changes
from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    Limit,
    OfPartner,
    PageNumber,
    PartnerOption,
    Sort,
    SubscriptionArgument,
    TenantArgument,
    TenantOption,
    Yes,
    choice,
    day,
    page,
    require_yes,
)
from scaicontrol_cli.completion import words
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.history import print_history
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import columns, print_item, print_page
from scaicontrol_cli.subscription_views import subscription_json
from scaicontrol_core.kernel.ids import PartnerId, SubscriptionId

if TYPE_CHECKING:
    from scaicontrol_core.kernel.paging import Page
    from scaicontrol_core.subscriptions.subscription import Subscription

app = group("Subscriptions: who is on which plan.")
subscription_changes.add_to(app)
_SHOWN = columns("id", "tenant_id", "plan_key", "quantity", "status", "starts_on", "next_billing_on")
_Reason = Annotated[str | None, typer.Option(help="Why; kept with the subscription.")]


@app.command("list")
def list_subscriptions(
    tenant: TenantOption = None,
    partner: OfPartner = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="Only those in this status.",
            autocompletion=words("scaicontrol_core.subscriptions.lifecycle:SubscriptionStatus"),
        ),
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List subscriptions, newest first."""
    from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
    from scaicontrol_core.subscriptions.ports import SubscriptionFilter
    from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions

    wanted_status = choice(SubscriptionStatus, status, "/status")
    request = page(limit, cursor, page_number, sort)

    async def work(session: Session) -> Page[Subscription]:
        wanted = SubscriptionFilter(
            tenant_id=await tenant_named(session, tenant, partner) if tenant else None,
            partner_id=PartnerId(partner) if partner else None,
            status=wanted_status,
        )
        return await session.use(ListSubscriptions)(session.actor, wanted, request)

    print_page(call(work), subscription_json, _SHOWN, as_json=as_json)


@app.command("show")
def show_subscription(subscription: SubscriptionArgument, as_json: AsJson = False) -> None:
    """Show a subscription."""
    from scaicontrol_core.subscriptions.use_cases.get_subscription import GetSubscription

    subscription_id = SubscriptionId(subscription)
    found = call(lambda session: session.use(GetSubscription)(session.actor, subscription_id))
    print_item(subscription_json(found), as_json=as_json)


@app.command("create")
def create_subscription(
    tenant: TenantArgument,
    plan: Annotated[str, typer.Argument(help="The plan's key: service.plan.", metavar="PLAN")],
    quantity: Annotated[int, typer.Option(help="How many.")] = 1,
    start_date: Annotated[
        str | None, typer.Option(help="The first day (YYYY-MM-DD), today or earlier; what is due since is billed.")
    ] = None,
    term_ends_on: Annotated[str | None, typer.Option(help="The day it expires on (YYYY-MM-DD).")] = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Put a customer on a plan."""
    from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription

    starts_on, ends_on = day(start_date, "/start_date"), day(term_ends_on, "/term_ends_on")

    async def work(session: Session) -> Subscription:
        tenant_id = await tenant_named(session, tenant, partner)
        wanted = NewSubscription(tenant_id, plan, quantity, starts_on, ends_on)
        return await session.use(CreateSubscription)(session.actor, wanted)

    print_item(subscription_json(call(work)), as_json=as_json)


@app.command("cancel")
def cancel_subscription(
    subscription: SubscriptionArgument,
    immediate: Annotated[bool, typer.Option("--immediate", help="Now, not at the end of the period.")] = False,
    reason: _Reason = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End a subscription, with its period or at once."""
    from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription

    require_yes(yes, f"End {subscription} {'now' if immediate else 'with its period'}?")
    subscription_id = SubscriptionId(subscription)
    changed = call(
        lambda session: session.use(CancelSubscription)(
            session.actor, subscription_id, immediate=immediate, reason=reason
        )
    )
    print_item(subscription_json(changed), as_json=as_json)


@app.command("suspend")
def suspend_subscription(
    subscription: SubscriptionArgument, reason: _Reason = None, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Stop a subscription and its accrual until it is resumed."""
    from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription

    require_yes(yes, f"Stop serving {subscription}?")
    subscription_id = SubscriptionId(subscription)
    changed = call(lambda session: session.use(SuspendSubscription)(session.actor, subscription_id, reason=reason))
    print_item(subscription_json(changed), as_json=as_json)


@app.command("resume")
def resume_subscription(subscription: SubscriptionArgument, as_json: AsJson = False) -> None:
    """Undo a scheduled cancellation, or serve again after a suspension."""
    from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription

    subscription_id = SubscriptionId(subscription)
    changed = call(lambda session: session.use(ResumeSubscription)(session.actor, subscription_id))
    print_item(subscription_json(changed), as_json=as_json)


@app.command("override")
def override_subscription(
    subscription: SubscriptionArgument,
    plan: Annotated[str | None, typer.Option(help="Another plan of the same service, from the next cycle.")] = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="Any status the lifecycle allows from here.",
            autocompletion=words("scaicontrol_core.subscriptions.lifecycle:SubscriptionStatus"),
        ),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Set plan or status by hand."""
    from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
    from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription

    wanted_status = choice(SubscriptionStatus, status, "/status")
    require_yes(yes, f"Override {subscription}?")
    subscription_id = SubscriptionId(subscription)
    changed = call(
        lambda session: session.use(OverrideSubscription)(
            session.actor, subscription_id, plan_key=plan, status=wanted_status
        )
    )
    print_item(subscription_json(changed), as_json=as_json)


@app.command("history")
def subscription_history(
    subscription: SubscriptionArgument, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """Show what happened to a subscription, newest first."""
    from scaicontrol_core.audit.subject import SUBSCRIPTION
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    request = page(limit, cursor, None, None)
    found = call(lambda session: session.use(ReadHistory)(session.actor, SUBSCRIPTION, subscription, request))
    print_history(found, as_json=as_json)
