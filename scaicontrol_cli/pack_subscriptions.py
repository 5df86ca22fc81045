"""``scaicontrol admin packs subscribe|subscriptions|cancel|…``: who is on which pack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    Limit,
    OfPartner,
    PageNumber,
    PartnerOption,
    Sort,
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
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Json, amount_column, columns, print_item, print_page
from scaicontrol_core.kernel.ids import PackSubscriptionId, PartnerId

if TYPE_CHECKING:
    from scaicontrol_core.kernel.paging import Page
    from scaicontrol_core.subscriptions.pack_subscription import PackSubscription

_FIELDS = (
    "id", "partner_id", "tenant_id", "pack_id", "pack_slug", "status", "price_cents", "currency", "starts_on",
    "next_billing_on", "trial_ends_at", "pending_cancellation_at", "past_due_since", "activated_at", "cancelled_at",
    "cancellation_reason", "suspension_reason", "created_at", "version",
)  # fmt: skip
_SHOWN = (
    *columns("id", "tenant_id", "pack_slug", "status"),
    amount_column("price", "price_cents"),
    *columns("starts_on", "next_billing_on"),
)
_One = Annotated[str, typer.Argument(help="The pack subscription's id.", metavar="PACK_SUBSCRIPTION")]
_Reason = Annotated[str | None, typer.Option(help="Why; kept with the subscription.")]


def pack_subscription_json(it: PackSubscription) -> Json:
    """Return a subscription to a pack as JSON."""
    from scaicontrol_core.kernel.events import to_json

    period = it.current_period
    return {
        **{name: to_json(getattr(it, name)) for name in _FIELDS},
        "current_period_start": to_json(period.start if period else None),
        "current_period_end": to_json(period.end if period else None),
        "pack_includes": to_json(it.members),
        "allowed_moves": [move.value for move in it.allowed_moves()],
    }


def add_to(app: typer.Typer) -> None:
    """Put these commands among those of packs."""
    app.command("subscribe")(subscribe_pack)
    app.command("subscriptions")(list_pack_subscriptions)
    app.command("show")(show_pack_subscription)
    app.command("cancel")(cancel_pack_subscription)
    app.command("suspend")(suspend_pack_subscription)
    app.command("resume")(resume_pack_subscription)
    app.command("extend-trial")(extend_pack_trial)


def subscribe_pack(
    tenant: TenantArgument,
    pack: Annotated[str, typer.Argument(help="The pack's slug.", metavar="PACK")],
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Put a customer on every plan of a pack, from today."""
    from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack

    async def work(session: Session) -> PackSubscription:
        tenant_id = await tenant_named(session, tenant, partner)
        return await session.use(SubscribePack)(session.actor, NewPackSubscription(tenant_id, pack))

    print_item(pack_subscription_json(call(work)), as_json=as_json)


def list_pack_subscriptions(
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
    """List subscriptions to packs, newest first."""
    from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
    from scaicontrol_core.subscriptions.pack_ports import PackSubscriptionFilter
    from scaicontrol_core.subscriptions.use_cases.list_pack_subscriptions import ListPackSubscriptions

    wanted_status = choice(SubscriptionStatus, status, "/status")
    request = page(limit, cursor, page_number, sort)

    async def work(session: Session) -> Page[PackSubscription]:
        wanted = PackSubscriptionFilter(
            tenant_id=await tenant_named(session, tenant, partner) if tenant else None,
            partner_id=PartnerId(partner) if partner else None,
            status=wanted_status,
        )
        return await session.use(ListPackSubscriptions)(session.actor, wanted, request)

    print_page(call(work), pack_subscription_json, _SHOWN, as_json=as_json)


def show_pack_subscription(subscription: _One, as_json: AsJson = False) -> None:
    """Show a subscription to a pack, with the subscriptions it consists of."""
    from scaicontrol_core.subscriptions.use_cases.get_pack_subscription import GetPackSubscription

    subscription_id = PackSubscriptionId(subscription)
    found = call(lambda session: session.use(GetPackSubscription)(session.actor, subscription_id))
    print_item(pack_subscription_json(found), as_json=as_json)


def cancel_pack_subscription(
    subscription: _One,
    immediate: Annotated[bool, typer.Option("--immediate", help="Now, not at the end of the period.")] = False,
    reason: _Reason = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End a pack and all it includes, with its period or at once."""
    from scaicontrol_core.subscriptions.use_cases.cancel_pack_subscription import CancelPackSubscription

    require_yes(yes, f"End {subscription} {'now' if immediate else 'with its period'}?")
    subscription_id = PackSubscriptionId(subscription)
    changed = call(
        lambda session: session.use(CancelPackSubscription)(
            session.actor, subscription_id, immediate=immediate, reason=reason
        )
    )
    print_item(pack_subscription_json(changed), as_json=as_json)


def suspend_pack_subscription(
    subscription: _One, reason: _Reason = None, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Stop all services of a pack, and its accrual, until it is resumed."""
    from scaicontrol_core.subscriptions.use_cases.suspend_pack_subscription import SuspendPackSubscription

    require_yes(yes, f"Stop serving {subscription}?")
    subscription_id = PackSubscriptionId(subscription)
    changed = call(lambda session: session.use(SuspendPackSubscription)(session.actor, subscription_id, reason=reason))
    print_item(pack_subscription_json(changed), as_json=as_json)


def resume_pack_subscription(subscription: _One, as_json: AsJson = False) -> None:
    """Undo a scheduled cancellation, or serve again after a suspension."""
    from scaicontrol_core.subscriptions.use_cases.resume_pack_subscription import ResumePackSubscription

    subscription_id = PackSubscriptionId(subscription)
    changed = call(lambda session: session.use(ResumePackSubscription)(session.actor, subscription_id))
    print_item(pack_subscription_json(changed), as_json=as_json)


def extend_pack_trial(
    subscription: _One,
    until: Annotated[str, typer.Argument(help="The day it ends on (YYYY-MM-DD).", metavar="DAY")],
    as_json: AsJson = False,
) -> None:
    """Let the trial of all services of a pack end on a later day."""
    from scaicontrol_core.kernel.errors import Invalid
    from scaicontrol_core.subscriptions.use_cases.extend_pack_trial import ExtendPackTrial

    subscription_id, ends_on = PackSubscriptionId(subscription), day(until, "/until")
    if ends_on is None:
        raise Invalid.field("/until", "Name the day the trial ends on.", code="trial_end_invalid")
    changed = call(lambda session: session.use(ExtendPackTrial)(session.actor, subscription_id, ends_on))
    print_item(pack_subscription_json(changed), as_json=as_json)
