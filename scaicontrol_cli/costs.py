"""``scaicontrol admin plans refresh-costs``: cost-based plans follow what units cost us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson, DryRun
from scaicontrol_cli.context import call
from scaicontrol_cli.output import columns, print_json, print_note, print_rows

if TYPE_CHECKING:
    from scaicontrol_core.subscriptions.use_cases.refresh_costs import RefreshedCosts

_PLANS = columns("plan_key", "metric", "before", "after")
_SUBSCRIPTIONS = (*columns("subscription_id", "tenant_id"), *_PLANS)
_NEEDED = ("service", "metric", "cost_cents", "currency")


def add_to(app: typer.Typer) -> None:
    """Put this command among those of plans."""
    app.command("refresh-costs")(refresh_costs)


def refresh_costs(  # one option for each field of a cost
    file: Annotated[
        str | None, typer.Argument(help="A YAML or JSON file with unit_costs; - is standard input.", metavar="[FILE]")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Instead of a file: the service's slug.")] = None,
    metric: Annotated[str | None, typer.Option(help="The metric's slug.")] = None,
    cost_cents: Annotated[str | None, typer.Option(help="What a unit costs us, in (fractional) cents.")] = None,
    currency: Annotated[str | None, typer.Option(help="The currency of the cost, e.g. EUR.")] = None,
    unit_divisor: Annotated[int, typer.Option(help="The cost is that of so many units.")] = 1,
    valid_from: Annotated[str | None, typer.Option(help="From when on (RFC 3339; default: now).")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record what units cost us, and let plans and subscriptions follow; without a cost, follow those in force now."""
    from scaicontrol_core.catalog.cost_file import read_costs
    from scaicontrol_core.kernel.events import to_json
    from scaicontrol_core.subscriptions.use_cases.refresh_costs import CostRefresh, RefreshCosts

    given = {"service": service, "metric": metric, "cost_cents": cost_cents, "currency": currency}
    raw = _told(file, given, {"unit_divisor": unit_divisor, "valid_from": valid_from})
    order = CostRefresh(costs=() if raw is None else read_costs(raw), dry_run=dry_run)
    refreshed = call(lambda session: session.use(RefreshCosts)(session.actor, order))
    if as_json:
        print_json(to_json(refreshed))
    else:
        _print(refreshed)


def _told(file: str | None, given: dict[str, str | None], rest: dict[str, Any]) -> Any:  # JSON
    from scaicontrol_cli.files import read_value
    from scaicontrol_core.kernel.errors import Invalid

    named = [name for name, value in given.items() if value is not None]
    if file is not None:
        if named:
            raise Invalid("Name a file or one cost, not both.", code="unit_costs_invalid")
        return read_value(file)
    if not named and rest["valid_from"] is None:
        return None
    missing = [f"--{name.replace('_', '-')}" for name in _NEEDED if given[name] is None]
    if missing:
        raise Invalid(f"One cost needs {', '.join(missing)} too.", code="unit_costs_invalid")
    return {"unit_costs": [given | rest]}


def _print(refreshed: RefreshedCosts) -> None:
    from scaicontrol_core.kernel.events import to_json

    if refreshed.plans:
        print_rows(to_json(refreshed.plans), _PLANS)
    if refreshed.subscriptions:
        print_rows(to_json(refreshed.subscriptions), _SUBSCRIPTIONS)
    if refreshed.recorded or refreshed.known:
        print_note(f"{refreshed.recorded} costs are new, {refreshed.known} were known.")
    print_note(f"{refreshed.changed} subscriptions have another rate.")
    for each in refreshed.unrated:
        print_note(f"{each.plan_key} can't be sold: nobody has told what {each.metric} costs.")
    if refreshed.dry_run:
        print_note("Nothing was written: this was a dry run.")
