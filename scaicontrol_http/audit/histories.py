"""Routes of histories: what befell one thing, newest first, with before and after."""

from __future__ import annotations

from litestar import get
from litestar.params import FromPath

from scaicontrol_core.audit import subject
from scaicontrol_core.audit.ports import ENTRIES
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.catalog.use_cases.read_catalogue_history import CatalogueSubject, ReadCatalogueHistory
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.sorting import SORTING

Entries = Listing[AuditEntryAnswer]
_TENANTS, _PARTNERS, _REGISTRY = "Admin: tenants", "Admin: partners", "Admin: registry"
_SUBSCRIPTIONS, _INVOICES, _RUNS = "Admin: subscriptions", "Admin: invoices", "Admin: billing runs"
_PAYMENTS, _TEMPLATES = "Admin: payments", "Admin: templates"
_SERVICE = "/admin/registry/services/{slug:str}"


@get(
    "/admin/tenants/{tenant_id:str}/history", tags=[_TENANTS], summary="Show a tenant's history", opt={SORTING: ENTRIES}
)
async def tenant_history(container: Container, actor: Actor, page: PageRequest, tenant_id: FromPath[str]) -> Entries:
    """What happened to it and its billing profile, newest first."""
    return listing(await container.use(ReadHistory)(actor, subject.TENANT, tenant_id, page), AuditEntryAnswer.of)


@get(
    "/admin/tenants/{tenant_id:str}/billing-profile/history",
    tags=[_TENANTS],
    summary="Show a billing profile's history",
    opt={SORTING: ENTRIES},
)
async def billing_profile_history(
    container: Container, actor: Actor, page: PageRequest, tenant_id: FromPath[str]
) -> Entries:
    """What happened to the profile and the evidence on its VAT number, newest first."""
    read = container.use(ReadHistory)
    return listing(await read(actor, subject.BILLING_PROFILE, tenant_id, page), AuditEntryAnswer.of)


@get(
    "/admin/partners/{partner_id:str}/history",
    tags=[_PARTNERS],
    summary="Show a partner's history",
    opt={SORTING: ENTRIES},
)
async def partner_history(container: Container, actor: Actor, page: PageRequest, partner_id: FromPath[str]) -> Entries:
    """What happened to it and to what it says of itself as a seller, newest first."""
    return listing(await container.use(ReadHistory)(actor, subject.PARTNER, partner_id, page), AuditEntryAnswer.of)


@get(
    "/admin/subscriptions/{subscription_id:str}/history",
    tags=[_SUBSCRIPTIONS],
    summary="Show its history",
    opt={SORTING: ENTRIES},
)
async def subscription_history(
    container: Container, actor: Actor, page: PageRequest, subscription_id: FromPath[str]
) -> Entries:
    """What happened to it, newest first."""
    read = container.use(ReadHistory)
    return listing(await read(actor, subject.SUBSCRIPTION, subscription_id, page), AuditEntryAnswer.of)


@get(
    "/admin/packs/subscriptions/{pack_subscription_id:str}/history",
    tags=[_SUBSCRIPTIONS],
    summary="Show the history of a subscription to a pack",
    opt={SORTING: ENTRIES},
)
async def pack_subscription_history(
    container: Container, actor: Actor, page: PageRequest, pack_subscription_id: FromPath[str]
) -> Entries:
    """What happened to it, newest first; what it includes has histories of its own."""
    read = container.use(ReadHistory)
    return listing(await read(actor, subject.PACK_SUBSCRIPTION, pack_subscription_id, page), AuditEntryAnswer.of)


@get(
    "/admin/invoices/{invoice_id:str}/history",
    tags=[_INVOICES],
    summary="Show an invoice's history",
    opt={SORTING: ENTRIES},
)
async def invoice_history(container: Container, actor: Actor, page: PageRequest, invoice_id: FromPath[str]) -> Entries:
    """What happened to an invoice or a credit note, newest first."""
    return listing(await container.use(ReadHistory)(actor, subject.INVOICE, invoice_id, page), AuditEntryAnswer.of)


@get(
    "/admin/payments/{payment_id:str}/history",
    tags=[_PAYMENTS],
    summary="Show a payment's history",
    opt={SORTING: ENTRIES},
)
async def payment_history(container: Container, actor: Actor, page: PageRequest, payment_id: FromPath[str]) -> Entries:
    """What happened to a payment or a refund, newest first."""
    return listing(await container.use(ReadHistory)(actor, subject.PAYMENT, payment_id, page), AuditEntryAnswer.of)


@get(
    "/admin/billing/runs/{run_id:str}/history",
    tags=[_RUNS],
    summary="Show a billing run's history",
    opt={SORTING: ENTRIES},
)
async def run_history(container: Container, actor: Actor, page: PageRequest, run_id: FromPath[str]) -> Entries:
    """When it began and ended, newest first."""
    return listing(await container.use(ReadHistory)(actor, subject.BILLING_RUN, run_id, page), AuditEntryAnswer.of)


@get(
    "/admin/billing/templates/{template_id:str}/history",
    tags=[_TEMPLATES],
    summary="Show a template's history",
    opt={SORTING: ENTRIES},
)
async def template_history(
    container: Container, actor: Actor, page: PageRequest, template_id: FromPath[str]
) -> Entries:
    """What happened to it, newest first; its versions hold the texts."""
    return listing(await container.use(ReadHistory)(actor, subject.TEMPLATE, template_id, page), AuditEntryAnswer.of)


@get(
    "/admin/users/{user_id:str}/history", tags=["Admin: users"], summary="Show a user's history", opt={SORTING: ENTRIES}
)
async def user_history(container: Container, actor: Actor, page: PageRequest, user_id: FromPath[str]) -> Entries:
    """What the directory and administrators did to them, newest first; what they did themselves is in the log."""
    return listing(await container.use(ReadHistory)(actor, subject.USER, user_id, page), AuditEntryAnswer.of)


@get(
    "/admin/groups/{group_id:str}/history",
    tags=["Admin: groups"],
    summary="Show a group's history",
    opt={SORTING: ENTRIES},
)
async def group_history(container: Container, actor: Actor, page: PageRequest, group_id: FromPath[str]) -> Entries:
    """What happened to it, and who joined and left, newest first."""
    return listing(await container.use(ReadHistory)(actor, subject.GROUP, group_id, page), AuditEntryAnswer.of)


@get(
    "/admin/roles/{role_id:str}/history", tags=["Admin: roles"], summary="Show a role's history", opt={SORTING: ENTRIES}
)
async def role_history(container: Container, actor: Actor, page: PageRequest, role_id: FromPath[str]) -> Entries:
    """What it permitted when, newest first."""
    return listing(await container.use(ReadHistory)(actor, subject.ROLE, role_id, page), AuditEntryAnswer.of)


@get(f"{_SERVICE}/history", tags=[_REGISTRY], summary="Show a service's history", opt={SORTING: ENTRIES})
async def service_history(container: Container, actor: Actor, page: PageRequest, slug: FromPath[str]) -> Entries:
    """What happened to it, newest first."""
    read = container.use(ReadCatalogueHistory)
    return listing(await read(actor, CatalogueSubject.SERVICE, slug, page), AuditEntryAnswer.of)


@get(
    f"{_SERVICE}/plans/{{plan:str}}/history", tags=[_REGISTRY], summary="Show a plan's history", opt={SORTING: ENTRIES}
)
async def plan_history(
    container: Container, actor: Actor, page: PageRequest, slug: FromPath[str], plan: FromPath[str]
) -> Entries:
    """What happened to it, newest first: what it cost when."""
    read = container.use(ReadCatalogueHistory)
    return listing(await read(actor, CatalogueSubject.PLAN, f"{slug}.{plan}", page), AuditEntryAnswer.of)


@get("/admin/packs/{slug:str}/history", tags=[_REGISTRY], summary="Show a pack's history", opt={SORTING: ENTRIES})
async def pack_history(container: Container, actor: Actor, page: PageRequest, slug: FromPath[str]) -> Entries:
    """What happened to it, newest first: what it held and cost when."""
    read = container.use(ReadCatalogueHistory)
    return listing(await read(actor, CatalogueSubject.PACK, slug, page), AuditEntryAnswer.of)


ROUTES = (
    tenant_history,
    billing_profile_history,
    partner_history,
    subscription_history,
    pack_subscription_history,
    invoice_history,
    payment_history,
    run_history,
    template_history,
    user_history,
    group_history,
    role_history,
    service_history,
    plan_history,
    pack_history,
)
