"""Routes of the catalogue: public under ``/catalog``, its editors' under ``/admin/registry``."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import Response, delete, get, post, put
from litestar.params import Parameter

from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.use_cases.delete_plan import DeletePlan
from scaicontrol_core.catalog.use_cases.get_service import GetService
from scaicontrol_core.catalog.use_cases.list_packs import ListPacks
from scaicontrol_core.catalog.use_cases.list_plans import ListPlans
from scaicontrol_core.catalog.use_cases.list_services import ListServices
from scaicontrol_core.catalog.use_cases.save_plan import MUST_BE_NEW, PlanOffer, SavePlan
from scaicontrol_core.kernel.paging import MAX_LIMIT
from scaicontrol_http.catalog.schemas import NewPlanBody, PackAnswer, PlanAnswer, PlanBody, ServiceAnswer
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Listing, etag, listing

_PUBLIC = {"public": True}
_CATALOG = "Catalogue"
_REGISTRY = "Admin: registry"


@get("/catalog/services", tags=[_CATALOG], summary="List services on offer", opt=_PUBLIC, security=[])
async def list_services(container: Container, actor: Actor, page: PageRequest) -> Listing[ServiceAnswer]:
    """Active, public services. Needs no token."""
    return listing(await container.use(ListServices)(actor, page), ServiceAnswer.of)


@get("/catalog/services/{slug:str}", tags=[_CATALOG], summary="Show a service", opt=_PUBLIC, security=[])
async def get_service(container: Container, actor: Actor, slug: str) -> ServiceAnswer:
    """One service on offer. Needs no token."""
    return ServiceAnswer.of(await container.use(GetService)(actor, slug))


@get("/catalog/services/{slug:str}/plans", tags=[_CATALOG], summary="List a service's plans", opt=_PUBLIC, security=[])
async def list_plans(container: Container, actor: Actor, page: PageRequest, slug: str) -> Listing[PlanAnswer]:
    """Active, public plans of one service. Needs no token."""
    return listing(await container.use(ListPlans)(actor, page, slug), PlanAnswer.of)


@get("/catalog/packs", tags=[_CATALOG], summary="List packs on offer", opt=_PUBLIC, security=[])
async def list_packs(container: Container, actor: Actor, page: PageRequest) -> Listing[PackAnswer]:
    """Active, public packs with their price. Needs no token."""
    return listing(await container.use(ListPacks)(actor, page), PackAnswer.of)


@get("/admin/registry/services", tags=[_REGISTRY], summary="List all services")
async def list_all_services(
    container: Container,
    actor: Actor,
    page: PageRequest,
    expand: Annotated[Literal["plans"] | None, Parameter(query="expand", description="`plans` adds them.")] = None,
) -> Listing[ServiceAnswer]:
    """Every service, hidden ones included."""
    services = await container.use(ListServices)(actor, page, include_hidden=True)
    if expand is None:
        return listing(services, ServiceAnswer.of)
    plans: dict[str, list[Plan]] = {
        service.id: list((await container.use(ListPlans)(actor, _ALL, service.slug, include_hidden=True)).items)
        for service in services.items
    }
    return listing(services, lambda service: ServiceAnswer.of(service, plans[service.id]))


_ALL = PageRequest(limit=MAX_LIMIT)


@post("/admin/registry/services/{slug:str}/plans", tags=[_REGISTRY], summary="Add a plan", opt={"idempotent": True})
async def create_plan(container: Container, actor: Actor, slug: str, data: NewPlanBody) -> Response[PlanAnswer]:
    """Add a plan to a service."""
    offer = PlanOffer(service_slug=slug, slug=data.slug, terms=data.terms(), expected_version=MUST_BE_NEW)
    plan = await container.use(SavePlan)(actor, offer)
    return Response(PlanAnswer.of(plan), status_code=201, headers=etag(plan.version))


@put("/admin/registry/services/{slug:str}/plans/{plan:str}", tags=[_REGISTRY], summary="Set a plan's terms")
async def save_plan(
    container: Container, actor: Actor, slug: str, plan: str, data: PlanBody, expected_version: int | None
) -> Response[PlanAnswer]:
    """Create or replace it; a new price counts from each subscription's next cycle."""
    offer = PlanOffer(service_slug=slug, slug=plan, terms=data.terms(), expected_version=expected_version)
    saved = await container.use(SavePlan)(actor, offer)
    return Response(PlanAnswer.of(saved), headers=etag(saved.version))


@delete("/admin/registry/services/{slug:str}/plans/{plan:str}", tags=[_REGISTRY], summary="Delete a plan")
async def delete_plan(container: Container, actor: Actor, slug: str, plan: str) -> None:
    """Delete a plan that nobody uses; one with live subscriptions is deactivated instead (409 says so)."""
    await container.use(DeletePlan)(actor, f"{slug}.{plan}")


ROUTES = (
    list_services,
    get_service,
    list_plans,
    list_packs,
    list_all_services,
    create_plan,
    save_plan,
    delete_plan,
)
