"""Routes of the catalogue: public under ``/catalog``, its editors' under ``/admin/registry``."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.ports import PACKS, PLANS, SERVICES
from scaicontrol_core.catalog.use_cases.deactivate_plan import DeactivatePlan
from scaicontrol_core.catalog.use_cases.delete_plan import DeletePlan
from scaicontrol_core.catalog.use_cases.get_service import GetService
from scaicontrol_core.catalog.use_cases.list_packs import ListPacks
from scaicontrol_core.catalog.use_cases.list_plans import ListPlans
from scaicontrol_core.catalog.use_cases.list_services import ListServices
from scaicontrol_core.catalog.use_cases.save_plan import MUST_BE_NEW, PlanOffer, SavePlan
from scaicontrol_core.kernel import paging
from scaicontrol_http.catalog import costs, packs
from scaicontrol_http.catalog.schemas import (
    NewPlanBody,
    PackAnswer,
    PlanAnswer,
    PlanBody,
    RegistryPlanAnswer,
    RegistryServiceAnswer,
    ServiceAnswer,
)
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.requests import Listing, etag, listing
from scaicontrol_http.sorting import SORTING

_PUBLIC = {"public": True}
_CATALOG = "Catalogue"
_REGISTRY = "Admin: registry"


@get(
    "/catalog/services",
    tags=[_CATALOG],
    summary="List services on offer",
    opt={**_PUBLIC, SORTING: SERVICES},
    security=[],
)
async def list_services(container: Container, actor: Actor, page: PageRequest) -> Listing[ServiceAnswer]:
    """Active, public services. Needs no token."""
    return listing(await container.use(ListServices)(actor, page), ServiceAnswer.of)


@get("/catalog/services/{slug:str}", tags=[_CATALOG], summary="Show a service", opt=_PUBLIC, security=[])
async def get_service(container: Container, actor: Actor, slug: FromPath[str]) -> ServiceAnswer:
    """One service on offer. Needs no token."""
    return ServiceAnswer.of(await container.use(GetService)(actor, slug))


@get(
    "/catalog/services/{slug:str}/plans",
    tags=[_CATALOG],
    summary="List a service's plans",
    opt={**_PUBLIC, SORTING: PLANS},
    security=[],
)
async def list_plans(container: Container, actor: Actor, page: PageRequest, slug: FromPath[str]) -> Listing[PlanAnswer]:
    """Active, public plans of one service. Needs no token."""
    return listing(await container.use(ListPlans)(actor, page, slug), PlanAnswer.of)


@get("/catalog/packs", tags=[_CATALOG], summary="List packs on offer", opt={**_PUBLIC, SORTING: PACKS}, security=[])
async def list_packs(container: Container, actor: Actor, page: PageRequest) -> Listing[PackAnswer]:
    """Active, public packs with their price. Needs no token."""
    return listing(await container.use(ListPacks)(actor, page), PackAnswer.of)


@get("/admin/registry/services", tags=[_REGISTRY], summary="List all services", opt={SORTING: SERVICES})
async def list_all_services(
    container: Container,
    actor: Actor,
    page: PageRequest,
    expand: Annotated[Literal["plans"] | None, QueryParameter(name="expand", description="`plans` adds them.")] = None,
) -> Listing[RegistryServiceAnswer]:
    """Every service, hidden ones included."""
    services = await container.use(ListServices)(actor, page, include_hidden=True)
    if expand is None:
        return listing(services, RegistryServiceAnswer.of)
    plans = await _plans_by_service(container, actor)
    return listing(services, lambda service: RegistryServiceAnswer.of(service, plans.get(service.id, [])))


async def _plans_by_service(container: Container, actor: Actor) -> dict[str, list[Plan]]:
    """Return all plans, in few reads however many services there are."""
    found: dict[str, list[Plan]] = {}
    request = paging.PageRequest(limit=paging.MAX_LIMIT)
    while True:
        part = await container.use(ListPlans)(actor, request, include_hidden=True)
        for plan in part.items:
            found.setdefault(plan.service_id, []).append(plan)
        if part.next_cursor is None:
            return found
        request = paging.PageRequest(limit=paging.MAX_LIMIT, cursor=part.next_cursor)


@post("/admin/registry/services/{slug:str}/plans", tags=[_REGISTRY], summary="Add a plan", opt={"idempotent": True})
async def create_plan(
    container: Container, actor: Actor, slug: FromPath[str], data: JSONBody[NewPlanBody]
) -> Response[RegistryPlanAnswer]:
    """Add a plan to a service."""
    offer = PlanOffer(service_slug=slug, slug=data.slug, terms=data.terms(), expected_version=MUST_BE_NEW)
    return _answer(await container.use(SavePlan)(actor, offer), 201)


@put(
    "/admin/registry/services/{slug:str}/plans", tags=[_REGISTRY], summary="Set the terms of the plan named in the body"
)
async def save_named_plan(
    container: Container,
    actor: Actor,
    slug: FromPath[str],
    data: JSONBody[NewPlanBody],
    expected_version: ExpectedVersion,
) -> Response[RegistryPlanAnswer]:
    """Create or replace it; a new price counts from each subscription's next cycle."""
    offer = PlanOffer(service_slug=slug, slug=data.slug, terms=data.terms(), expected_version=expected_version)
    return _answer(await container.use(SavePlan)(actor, offer))


@put("/admin/registry/services/{slug:str}/plans/{plan:str}", tags=[_REGISTRY], summary="Set a plan's terms")
async def save_plan(
    container: Container,
    actor: Actor,
    slug: FromPath[str],
    plan: FromPath[str],
    data: JSONBody[PlanBody],
    expected_version: ExpectedVersion,
) -> Response[RegistryPlanAnswer]:
    """Create or replace it; a new price counts from each subscription's next cycle."""
    offer = PlanOffer(service_slug=slug, slug=plan, terms=data.terms(), expected_version=expected_version)
    return _answer(await container.use(SavePlan)(actor, offer))


@post(
    "/admin/registry/services/{slug:str}/plans/{plan:str}/deactivate",
    tags=[_REGISTRY],
    summary="Deactivate a plan",
    status_code=200,
    opt={"idempotent": True},
)
async def deactivate_plan(
    container: Container, actor: Actor, slug: FromPath[str], plan: FromPath[str]
) -> Response[RegistryPlanAnswer]:
    """Take it out of the catalogue: nobody new can choose it, and what runs goes on. A repeat changes nothing."""
    return _answer(await container.use(DeactivatePlan)(actor, f"{slug}.{plan}"))


def _answer(plan: Plan, status_code: int = 200) -> Response[RegistryPlanAnswer]:
    return Response(RegistryPlanAnswer.of(plan), status_code=status_code, headers=etag(plan.version))


@delete("/admin/registry/services/{slug:str}/plans/{plan:str}", tags=[_REGISTRY], summary="Delete a plan")
async def delete_plan(container: Container, actor: Actor, slug: FromPath[str], plan: FromPath[str]) -> None:
    """Delete a plan that nobody ever was on; for any other the answer is 409, and to deactivate it is the way."""
    await container.use(DeletePlan)(actor, f"{slug}.{plan}")


ROUTES = (
    list_services,
    get_service,
    list_plans,
    list_packs,
    list_all_services,
    create_plan,
    save_named_plan,
    save_plan,
    deactivate_plan,
    delete_plan,
    *costs.ROUTES,
    *packs.ROUTES,
)
