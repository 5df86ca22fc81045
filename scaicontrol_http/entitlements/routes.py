"""Routes of entitlements."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from scaicontrol_core.entitlements.use_cases.list_entitlements import ListEntitlements
from scaicontrol_core.entitlements.use_cases.read_entitlement import ReadEntitlement
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.entitlements.conditional import conditional
from scaicontrol_http.entitlements.schemas import EntitlementAnswer
from scaicontrol_http.requests import Listing, whole
from scaicontrol_http.tenancy.routes import own_tenant

_ENTITLEMENTS = "Entitlements"
_Tenant = Annotated[
    str | None, QueryParameter(name="tenant_id", description="Whose; a tenant's own token needs none.", max_length=64)
]
_SAME = {304: ResponseSpec(None, description="The caller has the answer already: `If-None-Match` names its ETag.")}


@get(
    "/entitlements/{service:str}",
    tags=[_ENTITLEMENTS],
    summary="Show what a tenant may use of a service",
    responses=_SAME,
)
async def show_entitlement(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    service: FromPath[str],
    tenant_id: _Tenant = None,
) -> Response[EntitlementAnswer]:
    """The one call that a service makes to enforce plan and quotas, with its own token and a `tenant_id`.

    A tenant without a subscription is not entitled; that is no error. Send the `ETag` back as `If-None-Match`: 304
    says that nothing changed. No answer is further behind than the installation's bound, `max-age` included.
    """
    whose = _whose(actor, tenant_id)
    found = await container.use(ReadEntitlement)(actor, whose, service)
    return conditional(request, EntitlementAnswer.of(found.entitlement), found.left)


@get("/entitlements", tags=[_ENTITLEMENTS], summary="List what a tenant may use", responses=_SAME)
async def list_entitlements(
    request: Request[Any, Any, Any], container: Container, actor: Actor, tenant_id: _Tenant = None
) -> Response[Listing[EntitlementAnswer]]:
    """Each service that the tenant has a live subscription to; a service's token sees its own alone."""
    found = await container.use(ListEntitlements)(actor, _whose(actor, tenant_id))
    return conditional(request, whole(found.entitlements, EntitlementAnswer.of), found.left)


def _whose(actor: Actor, tenant_id: str | None) -> TenantId:
    return own_tenant(actor) if tenant_id is None else TenantId(tenant_id)


ROUTES = (show_entitlement, list_entitlements)
