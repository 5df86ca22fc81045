"""The route by which unit costs come in, and cost-based plans follow them."""

from __future__ import annotations

from typing import Any

from litestar import post
from litestar.params import JSONBody
from msgspec import field, structs

from scaicontrol_core.catalog.cost_file import read_costs
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.subscriptions.use_cases.refresh_costs import CostRefresh, RefreshCosts, RefreshedCosts
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.requests import Answer, Body


class UnitCostBody(Body, kw_only=True):
    """What ``unit_divisor`` units of a metric cost; ``cost_cents`` is a decimal, as text if fractional.

    ``valid_from`` is RFC 3339; without it the cost counts from now on.
    """

    service: str
    metric: str
    cost_cents: str | int
    currency: str
    unit_divisor: int = 1
    valid_from: str | None = None


class CostRefreshBody(Body):
    """Costs to record first, if any; ``dry_run`` only shows what would change."""

    unit_costs: list[UnitCostBody] = field(default_factory=list)
    dry_run: bool = False


class RateChangeAnswer(Answer):
    """The rate of a plan's metric, in (fractional) minor units a unit; null where there is none."""

    plan_key: str
    metric: str
    before: str | None
    after: str | None


class SubscriptionRateChangeAnswer(RateChangeAnswer):
    """The same of one subscription."""

    subscription_id: str
    tenant_id: str


class UnratedMetricAnswer(Answer):
    """A cost-based metric whose cost nobody has told: its plan can't be sold."""

    plan_key: str
    metric: str


class RefreshedCostsAnswer(Answer):
    """What a refresh did. ``changed`` counts subscriptions; of their changes the first 1,000 are listed."""

    recorded: int
    known: int
    changed: int
    dry_run: bool
    plans: list[RateChangeAnswer]
    subscriptions: list[SubscriptionRateChangeAnswer]
    unrated: list[UnratedMetricAnswer]

    @classmethod
    def of(cls, refreshed: RefreshedCosts) -> RefreshedCostsAnswer:
        """Show it."""
        shown: dict[str, Any] = to_json(refreshed)
        return cls(
            **shown
            | {
                "plans": [RateChangeAnswer(**each) for each in shown["plans"]],
                "subscriptions": [SubscriptionRateChangeAnswer(**each) for each in shown["subscriptions"]],
                "unrated": [UnratedMetricAnswer(**each) for each in shown["unrated"]],
            }
        )


@post(
    "/admin/plans/refresh-costs",
    tags=["Admin: registry"],
    summary="Record unit costs and let cost-based plans follow",
    status_code=200,
    opt={"idempotent": True},
)
async def refresh_costs(container: Container, actor: Actor, data: JSONBody[CostRefreshBody]) -> RefreshedCostsAnswer:
    """Usage reported from now on has the new rates; what was reported before keeps its own."""
    given = [structs.asdict(each) for each in data.unit_costs]
    order = CostRefresh(costs=read_costs({"unit_costs": given}) if given else (), dry_run=data.dry_run)
    return RefreshedCostsAnswer.of(await container.use(RefreshCosts)(actor, order))


ROUTES = (refresh_costs,)
