"""``scaicontrol admin plans`` and ``admin packs``: what is for sale, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli import costs, pack_subscriptions
from scaicontrol_cli import packs as editing
from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    Limit,
    PageNumber,
    Sort,
    Yes,
    page,
    require_yes,
)
from scaicontrol_cli.context import call
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import Json, amount_column, columns, print_item, print_json, print_note, print_page

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan

app = group("Plans: what one service costs.")
packs = group("Packs: plans of several services, sold as one line.")
costs.add_to(app)
editing.add_to(packs)
pack_subscriptions.add_to(packs)

_PLAN_SHOWN = (
    *columns("plan_key", "name", "tier", "billing_period"),
    amount_column("price", "base_price_cents"),
    *columns("trial_days", "is_active", "is_public"),
)
_PACK_SHOWN = (
    *columns("slug", "name", "billing_period"),
    amount_column("price", "price_cents"),
    *columns("discount_type", "discount_percentage", "is_active", "is_public"),
)
_OF_PLAN = ("id", "slug", "plan_key", "is_active", "is_public", "billable_rate", "created_at", "version")
_OF_PLAN_TERMS = (
    "name", "description", "tier", "billing_period", "base_price_cents", "currency", "mrr_cents", "features", "quotas",
    "trial_days", "sort_order", "cost_multiplier", "cost_margins", "metadata",
)  # fmt: skip
_PlanArgument = Annotated[str, typer.Argument(help="The plan's key: service.plan.", metavar="PLAN")]
_All = Annotated[bool, typer.Option("--all", help="Hidden ones too: not active, or not public.")]


def plan_json(plan: Plan) -> Json:
    """Return a plan as JSON, as its editors see it."""
    from scaicontrol_core.kernel.events import to_json

    return {
        **{name: to_json(getattr(plan, name)) for name in _OF_PLAN},
        **{name: to_json(getattr(plan.terms, name)) for name in _OF_PLAN_TERMS},
        "service": plan.service_slug,
        "usage_pricing": [to_json(tier) for tier in plan.terms.usage_pricing],
    }


@app.command("list")
def list_plans(
    service: Annotated[str | None, typer.Option(help="Only those of the service with this slug.")] = None,
    everything: _All = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List the plans on offer; with --all also those that are not."""
    from scaicontrol_core.catalog.use_cases.list_plans import ListPlans

    request = page(limit, cursor, page_number, sort)
    found = call(
        lambda session: session.use(ListPlans)(session.actor, request, service, include_hidden=everything),
    )
    print_page(found, plan_json, _PLAN_SHOWN, as_json=as_json)


@app.command("deactivate")
def deactivate_plan(plan: _PlanArgument, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take a plan out of the catalogue: nobody new can choose it, and what runs goes on."""
    from scaicontrol_core.catalog.use_cases.deactivate_plan import DeactivatePlan

    require_yes(yes, f"Take {plan} out of the catalogue?")
    print_item(plan_json(call(lambda session: session.use(DeactivatePlan)(session.actor, plan))), as_json=as_json)


@app.command("delete")
def delete_plan(plan: _PlanArgument, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a plan that nobody ever was on, and that is in no pack."""
    from scaicontrol_core.catalog.use_cases.delete_plan import DeletePlan

    require_yes(yes, f"Delete {plan}?")
    call(lambda session: session.use(DeletePlan)(session.actor, plan))
    if as_json:
        print_json({"plan_key": plan, "deleted": True})
    else:
        print_note(f"{plan} is deleted.")


@packs.command("list")
def list_packs(
    everything: _All = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List the packs on offer, at today's prices of their plans; with --all also those that are not."""
    from scaicontrol_core.catalog.use_cases.list_packs import ListPacks

    request = page(limit, cursor, page_number, sort)
    found = call(lambda session: session.use(ListPacks)(session.actor, request, include_hidden=everything))
    print_page(found, editing.pack_json, _PACK_SHOWN, as_json=as_json)
