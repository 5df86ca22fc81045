"""``scaicontrol admin entitlements``: what a tenant may use of each service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson, PartnerOption, TenantArgument
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Column, columns, print_json, print_rows
from scaicontrol_core.kernel.events import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.entitlements import Entitlement

app = group("Entitlements: what a tenant may use of each service, as the services are told.")


@app.command("show")
def show(
    tenant: TenantArgument,
    service: Annotated[str | None, typer.Argument(help="Only this service, by its slug.")] = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what a tenant may use right now: status, plan, seats, and each metric beside its quota."""
    from scaicontrol_core.entitlements.use_cases.list_entitlements import ListEntitlements
    from scaicontrol_core.entitlements.use_cases.read_entitlement import ReadEntitlement

    async def work(session: Session) -> Sequence[Entitlement]:
        tenant_id = await tenant_named(session, tenant, partner)
        if service is None:
            return (await session.use(ListEntitlements)(session.actor, tenant_id)).entitlements
        return [(await session.use(ReadEntitlement)(session.actor, tenant_id, service)).entitlement]

    found = call(work)
    if as_json:
        print_json({"items": [_shown(each) for each in found]})
        return
    numbers = (Column(name, name, right=True) for name in ("seats", "used", "quota", "remaining"))
    reached = Column("reached", "reached")
    print_rows(
        [row for each in found for row in _rows(each)],
        (*columns("service", "entitled", "status", "plan_key", "metric"), *numbers, reached),
    )


def _shown(entitlement: Entitlement) -> dict[str, Any]:
    shown: dict[str, Any] = to_json(entitlement)
    for subscription, written in zip(entitlement.subscriptions, shown["subscriptions"], strict=True):
        for standing, metric in zip(subscription.metrics, written["metrics"], strict=True):
            metric["remaining"] = to_json(standing.remaining)
    return shown | {"entitled": entitlement.entitled, "reason": to_json(entitlement.refusal)}


def _rows(entitlement: Entitlement) -> list[dict[str, Any]]:
    """Return a row for each metric; for what has none, one that says how it stands."""
    entitled = "yes" if entitlement.entitled else f"no: {entitlement.refusal}"
    row = {"service": entitlement.service, "entitled": entitled}
    rows: list[dict[str, Any]] = []
    for each in entitlement.subscriptions:
        own = row | {"status": each.status.value, "plan_key": each.plan_key, "seats": each.quantity}
        rows += [own | _standing(to_json(metric), to_json(metric.remaining)) for metric in each.metrics] or [own]
    return rows or [row]


def _standing(metric: dict[str, Any], remaining: str | None) -> dict[str, Any]:
    quota = "unlimited" if metric["quota"] is None else metric["quota"]
    reached = ", ".join(f"{percent} %" for percent in metric["reached"])
    own = {"metric": metric["metric"], "used": metric["used"]}
    return own | {"quota": quota, "remaining": remaining, "reached": reached}
