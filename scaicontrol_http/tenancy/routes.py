"""Routes of tenancy: ``/admin/tenants``, and a tenant's own billing profile."""

from __future__ import annotations

from datetime import datetime

from litestar import Response, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET as ABSENT

from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.editing import UNSET
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.tenancy.ports import TENANTS, VAT_EVIDENCE, TenantFilter
from scaicontrol_core.tenancy.tenant import CollectionMethod, TenantChanges
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.tenancy.use_cases.check_vat_number import CheckVatNumber
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.tenancy.use_cases.get_billing_profile import GetBillingProfile
from scaicontrol_core.tenancy.use_cases.get_tenant import GetTenant
from scaicontrol_core.tenancy.use_cases.list_tenants import ListTenants
from scaicontrol_core.tenancy.use_cases.list_vat_evidence import ListVatEvidence
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile
from scaicontrol_core.tenancy.use_cases.update_tenant import UpdateTenant
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.requests import Listing, etag, instant_of, listing
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.tenancy.partner_routes import PARTNER_ROUTES, Search
from scaicontrol_http.tenancy.schemas import (
    AttestationBody,
    BillingProfileAnswer,
    BillingProfileBody,
    NewTenantBody,
    TenantAnswer,
    TenantPatch,
    VatEvidenceRecordAnswer,
)

_method = choice(CollectionMethod)
_TENANTS = "Admin: tenants"
_PARTNERS = "Admin: partners"
_BILLING = "Billing"


# -- tenants ---------------------------------------------------------------------------------


@get("/admin/tenants", tags=[_TENANTS], summary="List tenants", opt={SORTING: TENANTS})
async def list_tenants(
    container: Container,
    actor: Actor,
    page: PageRequest,
    search: Search = None,
    partner_id: FromQuery[str | None] = None,
    is_active: FromQuery[bool | None] = None,
    collection_method: FromQuery[str | None] = None,
    external_reference: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Listing[TenantAnswer]:
    """Tenants within the caller's scope, in the order they were created unless sorted otherwise."""
    wanted = TenantFilter(
        partner_id=PartnerId(partner_id) if partner_id else None,
        search=search,
        is_active=is_active,
        collection_method=_method(collection_method, "/collection_method") if collection_method else None,
        external_reference=external_reference,
        since=instant_of(since, "/since"),
        until=instant_of(until, "/until"),
    )
    return listing(await container.use(ListTenants)(actor, page, wanted), TenantAnswer.of)


@post("/admin/tenants", tags=[_TENANTS], summary="Create a tenant", opt={"idempotent": True})
async def create_tenant(container: Container, actor: Actor, data: JSONBody[NewTenantBody]) -> Response[TenantAnswer]:
    """Add a customer to a partner."""
    wanted = NewTenant(
        name=data.name,
        external_reference=data.external_reference,
        collection_method=CollectionMethod(data.collection_method)
        if data.collection_method in set(CollectionMethod)
        else data.collection_method,  # type: ignore[arg-type]  # the core names the choices in its error
        partner_id=PartnerId(data.partner_id) if data.partner_id else None,
    )
    tenant = await container.use(CreateTenant)(actor, wanted)
    return Response(TenantAnswer.of(tenant), status_code=201, headers=etag(tenant.version))


@get("/admin/tenants/{tenant_id:str}", tags=[_TENANTS], summary="Show a tenant")
async def get_tenant(container: Container, actor: Actor, tenant_id: FromPath[str]) -> Response[TenantAnswer]:
    """One tenant within scope."""
    tenant = await container.use(GetTenant)(actor, TenantId(tenant_id))
    return Response(TenantAnswer.of(tenant), headers=etag(tenant.version))


@patch("/admin/tenants/{tenant_id:str}", tags=[_TENANTS], summary="Change a tenant")
async def update_tenant(
    container: Container,
    actor: Actor,
    tenant_id: FromPath[str],
    data: JSONBody[TenantPatch],
    expected_version: ExpectedVersion,
) -> Response[TenantAnswer]:
    """Change the given fields."""
    changes = TenantChanges(
        name=UNSET if data.name is ABSENT else data.name,
        external_reference=UNSET if data.external_reference is ABSENT else data.external_reference,
        collection_method=UNSET if data.collection_method is ABSENT else data.collection_method,  # type: ignore[arg-type]  # see create_tenant
        is_active=UNSET if data.is_active is ABSENT else data.is_active,
    )
    tenant = await container.use(UpdateTenant)(actor, TenantId(tenant_id), changes, expected_version)
    return Response(TenantAnswer.of(tenant), headers=etag(tenant.version))


@get("/admin/tenants/{tenant_id:str}/billing-profile", tags=[_TENANTS], summary="Show a tenant's billing profile")
async def get_billing_profile(
    container: Container, actor: Actor, tenant_id: FromPath[str]
) -> Response[BillingProfileAnswer]:
    """The buyer's side of the tenant's invoices."""
    profile = await container.use(GetBillingProfile)(actor, TenantId(tenant_id))
    return Response(BillingProfileAnswer.of(profile), headers=etag(profile.version))


@put("/admin/tenants/{tenant_id:str}/billing-profile", tags=[_TENANTS], summary="Set a tenant's billing profile")
async def set_billing_profile(
    container: Container,
    actor: Actor,
    tenant_id: FromPath[str],
    data: JSONBody[BillingProfileBody],
    expected_version: ExpectedVersion,
) -> Response[BillingProfileAnswer]:
    """Create or replace it; invoices already issued keep what they say."""
    profile = await container.use(SetBillingProfile)(actor, TenantId(tenant_id), data.details(), expected_version)
    return Response(BillingProfileAnswer.of(profile), headers=etag(profile.version))


@post(
    "/admin/tenants/{tenant_id:str}/billing-profile/vat-attestation",
    tags=[_TENANTS],
    summary="Attest a tenant's VAT number",
    status_code=200,
    opt={"idempotent": True},
)
async def attest_vat_number(
    container: Container, actor: Actor, tenant_id: FromPath[str], data: JSONBody[AttestationBody]
) -> Response[BillingProfileAnswer]:
    """Take the VAT number as valid on the seller's own word, with a reason that is kept."""
    attestation = Attestation(note=data.note, reference=data.reference)
    profile = await container.use(AttestVatNumber)(actor, TenantId(tenant_id), attestation)
    return Response(BillingProfileAnswer.of(profile), headers=etag(profile.version))


@post(
    "/admin/tenants/{tenant_id:str}/vat-check",
    tags=[_TENANTS],
    summary="Check a tenant's VAT number in the register",
    status_code=200,
    opt={"idempotent": True},
)
async def check_vat_number(
    container: Container, actor: Actor, tenant_id: FromPath[str]
) -> Response[BillingProfileAnswer]:
    """Ask VIES now. An outage is no error: the evidence stays as it was, or becomes pending."""
    checked = await container.use(CheckVatNumber)(actor, TenantId(tenant_id))
    return Response(BillingProfileAnswer.of(checked.profile), headers=etag(checked.profile.version))


@get(
    "/admin/tenants/{tenant_id:str}/vat-evidence",
    tags=[_TENANTS],
    summary="List the evidence on a tenant's VAT number",
    opt={SORTING: VAT_EVIDENCE},
)
async def list_vat_evidence(
    container: Container, actor: Actor, tenant_id: FromPath[str], page: PageRequest
) -> Listing[VatEvidenceRecordAnswer]:
    """Every question to VIES with its answer, and every attestation, newest first unless sorted by ``asked_at``."""
    found = await container.use(ListVatEvidence)(actor, TenantId(tenant_id), page)
    return listing(found, VatEvidenceRecordAnswer.of)


# -- a tenant's own --------------------------------------------------------------------------


def own_tenant(actor: Actor) -> TenantId:
    """Return the tenant the caller belongs to; ``NotFound`` for who belongs to none."""
    if actor.scope.tenant_id is None:
        raise NotFound("This belongs to a tenant; the token names none.", code="tenant_not_found")
    return actor.scope.tenant_id


@get("/billing/billing-profile", tags=[_BILLING], summary="Show the own billing profile")
async def get_own_billing_profile(container: Container, actor: Actor) -> Response[BillingProfileAnswer]:
    """The caller's tenant's profile."""
    profile = await container.use(GetBillingProfile)(actor, own_tenant(actor))
    return Response(BillingProfileAnswer.of(profile), headers=etag(profile.version))


@put("/billing/billing-profile", tags=[_BILLING], summary="Set the own billing profile")
async def set_own_billing_profile(
    container: Container, actor: Actor, data: JSONBody[BillingProfileBody], expected_version: ExpectedVersion
) -> Response[BillingProfileAnswer]:
    """Create or replace the caller's tenant's profile."""
    profile = await container.use(SetBillingProfile)(actor, own_tenant(actor), data.details(), expected_version)
    return Response(BillingProfileAnswer.of(profile), headers=etag(profile.version))


ROUTES = (
    list_tenants,
    create_tenant,
    get_tenant,
    update_tenant,
    get_billing_profile,
    set_billing_profile,
    attest_vat_number,
    check_vat_number,
    list_vat_evidence,
    get_own_billing_profile,
    set_own_billing_profile,
    *PARTNER_ROUTES,
)
