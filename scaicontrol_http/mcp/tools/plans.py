"""``manage_plans``: at what price services are sold."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, field, structs

from scaicontrol_core.access import Permission
from scaicontrol_core.catalog.cost_file import read_costs
from scaicontrol_core.catalog.use_cases.deactivate_plan import DeactivatePlan
from scaicontrol_core.catalog.use_cases.delete_plan import DeletePlan
from scaicontrol_core.catalog.use_cases.list_plans import ListPlans
from scaicontrol_core.catalog.use_cases.read_catalogue_history import CatalogueSubject, ReadCatalogueHistory
from scaicontrol_core.catalog.use_cases.save_plan import MUST_BE_NEW, PlanOffer, SavePlan
from scaicontrol_core.subscriptions.use_cases.refresh_costs import CostRefresh, RefreshCosts
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.catalog.costs import RefreshedCostsAnswer
from scaicontrol_http.catalog.schemas import PlanAnswer, PlanBody, RegistryPlanAnswer, UsageTierBody
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Confirmed, Effect, Listed, Sorted, Writing
from scaicontrol_http.mcp.nested import UnitCost, UsageTier
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.requests import Answer, Listing, listing

_EDITORS = (Permission.ADMIN_REGISTRY, Permission.ADMIN_SUBSCRIPTIONS)
_EDIT = (Permission.ADMIN_REGISTRY,)
_ALL = "/admin/registry/services/{slug}/plans"
_ONE = f"{_ALL}/{{plan}}"

Decimals = Annotated[str, Meta(max_length=32)]


class List(Sorted, tag="list"):
    """List the plans on offer of one service, with prices and quotas."""

    audience = Audience.EVERYONE
    routes = ("GET /catalog/services/{slug}/plans",)

    service: given.ServiceSlug

    async def run(self, call: Call) -> Listing[PlanAnswer]:
        """Call ``ListPlans``."""
        return listing(await call.use(ListPlans)(call.actor, call.page, self.service), PlanAnswer.of)


class ListAll(Sorted, tag="list_all"):
    """List every plan, of one service or of all, hidden ones included, with what only editors see."""

    needs = _EDITORS
    routes = ("GET /admin/registry/services",)

    service: given.ServiceSlug | None = None

    async def run(self, call: Call) -> Listing[RegistryPlanAnswer]:
        """Call ``ListPlans`` with the hidden ones."""
        found = await call.use(ListPlans)(call.actor, call.page, self.service, include_hidden=True)
        return listing(found, RegistryPlanAnswer.of)


class _Terms(Action):
    service: given.ServiceSlug
    slug: given.PlanSlug
    name: Annotated[str, Meta(max_length=255, description="What customers read.", examples=["Team"])]
    tier: Annotated[str, Meta(max_length=64, description="Rank: trial, free, pro, enterprise…", examples=["pro"])]
    billing_period: Annotated[
        str, Meta(max_length=20, description="monthly, quarterly, yearly, weekly, daily or one_time.")
    ]
    base_price_cents: Annotated[int, Meta(description="Price of a period, in minor units.", examples=[19900])]
    currency: given.Currency
    description: Annotated[str, Meta(max_length=5000, description="More about it, for customers.")] = ""
    features: Annotated[dict[str, Any], Meta(description="What it includes, by name.", examples=[{"sso": True}])] = (
        field(default_factory=dict)
    )
    quotas: Annotated[
        dict[str, int], Meta(description="Most of each metric a period.", examples=[{"api_calls": 1000}])
    ] = field(default_factory=dict)
    is_active: Annotated[bool, Meta(description="Whether it can be bought.")] = True
    is_public: Annotated[bool, Meta(description="Whether the public catalogue shows it.")] = True
    trial_days: Annotated[int, Meta(description="Days of a first trial; 0: none.", examples=[14])] = 0
    cost_multiplier: Annotated[Decimals, Meta(description="What costs are multiplied by, a decimal.")] = "1"
    cost_margins: Annotated[dict[str, str], Meta(description="The same by metric.", examples=[{"gpu": "1.5"}])] = field(
        default_factory=dict
    )
    sort_order: Annotated[int, Meta(description="Place in lists; smaller comes first.")] = 0
    metadata: Annotated[dict[str, Any], Meta(description="Anything of your own to keep with it.")] = field(
        default_factory=dict
    )
    usage_pricing: Annotated[list[UsageTier], Meta(description="Prices of use, bracket by bracket.")] = field(
        default_factory=list
    )

    def offer(self, expected_version: int | None) -> PlanOffer:
        """Return the core's value; ``Invalid`` names every wrong field."""
        given_terms = {name: getattr(self, name) for name in PlanBody.__struct_fields__}
        given_terms["usage_pricing"] = [UsageTierBody(**structs.asdict(tier)) for tier in self.usage_pricing]
        terms = PlanBody(**given_terms).terms()
        return PlanOffer(service_slug=self.service, slug=self.slug, terms=terms, expected_version=expected_version)


class Create(_Terms, Writing, tag="create"):
    """Add a plan to a service."""

    needs = _EDIT
    platform = True
    routes = (f"POST {_ALL}",)

    async def run(self, call: Call) -> RegistryPlanAnswer:
        """Call ``SavePlan`` for a new one."""
        return RegistryPlanAnswer.of(await call.use(SavePlan)(call.actor, self.offer(MUST_BE_NEW)))


class Update(_Terms, tag="update"):
    """Set a plan's terms, whole: what is left out gets its default. New prices count from each next cycle."""

    effect = Effect.SETS
    needs = _EDIT
    platform = True
    routes = (f"PUT {_ONE}", f"PUT {_ALL}")

    expected_version: given.ExpectedVersion | None = None

    async def run(self, call: Call) -> RegistryPlanAnswer:
        """Call ``SavePlan``."""
        return RegistryPlanAnswer.of(await call.use(SavePlan)(call.actor, self.offer(self.expected_version)))


class Deactivate(Confirmed, tag="deactivate"):
    """Take a plan out of the catalogue: nobody new can choose it, and what runs goes on."""

    needs = _EDIT
    platform = True
    routes = (f"POST {_ONE}/deactivate",)

    plan_key: given.PlanKey

    async def run(self, call: Call) -> RegistryPlanAnswer:
        """Call ``DeactivatePlan``."""
        return RegistryPlanAnswer.of(await call.use(DeactivatePlan)(call.actor, self.plan_key))


class DeletedPlanAnswer(Answer):
    """The plan that is no more."""

    plan_key: str


class Delete(Confirmed, tag="delete"):
    """Delete a plan that nobody ever was on; for any other, deactivate is the way."""

    needs = _EDIT
    platform = True
    routes = (f"DELETE {_ONE}",)

    plan_key: given.PlanKey

    async def run(self, call: Call) -> DeletedPlanAnswer:
        """Call ``DeletePlan``."""
        await call.use(DeletePlan)(call.actor, self.plan_key)
        return DeletedPlanAnswer(plan_key=self.plan_key)


class Refresh(Writing, tag="refresh_costs"):
    """Record unit costs, if any are given, and let cost-based plans follow; usage from now on has the new rates."""

    needs = _EDIT
    platform = True
    routes = ("POST /admin/plans/refresh-costs",)

    unit_costs: Annotated[list[UnitCost], Meta(description="Costs to record first.", max_length=1000)] = field(
        default_factory=list
    )
    dry_run: Annotated[bool, Meta(description="Only show what would change.")] = False

    async def run(self, call: Call) -> RefreshedCostsAnswer:
        """Call ``RefreshCosts``."""
        costs = [structs.asdict(each) for each in self.unit_costs]
        order = CostRefresh(costs=read_costs({"unit_costs": costs}) if costs else (), dry_run=self.dry_run)
        return RefreshedCostsAnswer.of(await call.use(RefreshCosts)(call.actor, order))


class History(Listed, tag="history"):
    """Tell what was changed of a plan and who did it, newest first: what it cost when."""

    needs = _EDIT
    platform = True
    routes = (f"GET {_ONE}/history",)

    plan_key: given.PlanKey

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadCatalogueHistory``."""
        read = call.use(ReadCatalogueHistory)
        return listing(await read(call.actor, CatalogueSubject.PLAN, self.plan_key, call.page), AuditEntryAnswer.of)


TOOL = Tool(
    name="manage_plans",
    title="Plans and prices",
    about="Plans: what a service costs a period, what it includes, what use beyond it costs.",
    actions=(List, ListAll, Create, Update, Deactivate, Delete, Refresh, History),
)
