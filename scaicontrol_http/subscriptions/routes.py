"""Routes of subscriptions: ``/admin/subscriptions``, and a tenant's own ``/subscriptions``."""

from __future__ import annotations

from datetime import datetime

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import PackSubscriptionId, PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SUBSCRIPTIONS, SubscriptionFilter
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.get_subscription import GetSubscription
from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Listing, etag, instant_of, listing
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.subscriptions import operations, packs
from scaicontrol_http.subscriptions.schemas import (
    CancelBody,
    NewSubscriptionBody,
    OverrideBody,
    SubscribeBody,
    SubscriptionAnswer,
    SuspendBody,
)
from scaicontrol_http.tenancy.routes import own_tenant

_ADMIN = "Admin: subscriptions"
_OWN = "Subscriptions"
_status = choice(SubscriptionStatus)


def _answer(subscription: Subscription, status_code: int = 200) -> Response[SubscriptionAnswer]:
    answer = SubscriptionAnswer.of(subscription)
    return Response(answer, status_code=status_code, headers=etag(subscription.version))


# -- administrators --------------------------------------------------------------------------


@get("/admin/subscriptions", tags=[_ADMIN], summary="List subscriptions", opt={SORTING: SUBSCRIPTIONS})
async def list_subscriptions(
    container: Container,
    actor: Actor,
    page: PageRequest,
    tenant_id: FromQuery[str | None] = None,
    partner_id: FromQuery[str | None] = None,
    service_id: FromQuery[str | None] = None,
    plan_id: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    pack_subscription_id: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Listing[SubscriptionAnswer]:
    """Subscriptions within the caller's scope, newest first unless sorted otherwise."""
    wanted = SubscriptionFilter(
        tenant_id=TenantId(tenant_id) if tenant_id else None,
        partner_id=PartnerId(partner_id) if partner_id else None,
        service_id=ServiceId(service_id) if service_id else None,
        plan_id=PlanId(plan_id) if plan_id else None,
        status=_status(status, "/status") if status else None,
        pack_subscription_id=PackSubscriptionId(pack_subscription_id) if pack_subscription_id else None,
        since=instant_of(since, "/since"),
        until=instant_of(until, "/until"),
    )
    return listing(await container.use(ListSubscriptions)(actor, wanted, page), SubscriptionAnswer.of)


@post("/admin/subscriptions", tags=[_ADMIN], summary="Create a subscription", opt={"idempotent": True})
async def create_subscription(
    container: Container, actor: Actor, data: JSONBody[NewSubscriptionBody]
) -> Response[SubscriptionAnswer]:
    """Put a tenant on a plan: trialing if a first trial is due, else active."""
    wanted = NewSubscription(
        tenant_id=TenantId(data.tenant_id),
        plan_key=data.plan_key,
        quantity=data.quantity,
        start_date=data.start_date,
        term_ends_on=data.term_ends_on,
        metadata=data.metadata,
    )
    return _answer(await container.use(CreateSubscription)(actor, wanted), 201)


@get("/admin/subscriptions/{subscription_id:str}", tags=[_ADMIN], summary="Show a subscription")
async def get_subscription(
    container: Container, actor: Actor, subscription_id: FromPath[str]
) -> Response[SubscriptionAnswer]:
    """One subscription within scope."""
    return _answer(await container.use(GetSubscription)(actor, SubscriptionId(subscription_id)))


@post(
    "/admin/subscriptions/{subscription_id:str}/cancel",
    tags=[_ADMIN],
    summary="Cancel",
    status_code=200,
    opt={"idempotent": True},
)
async def cancel_subscription(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[CancelBody | None] = None
) -> Response[SubscriptionAnswer]:
    """Cancel at the end of the period, or at once with ``immediate``."""
    return await _cancel(container, actor, subscription_id, data or CancelBody())


async def _cancel(
    container: Container, actor: Actor, subscription_id: str, wanted: CancelBody
) -> Response[SubscriptionAnswer]:
    cancel = container.use(CancelSubscription)
    found = await cancel(actor, SubscriptionId(subscription_id), immediate=wanted.immediate, reason=wanted.reason)
    return _answer(found)


@post(
    "/admin/subscriptions/{subscription_id:str}/suspend",
    tags=[_ADMIN],
    summary="Suspend",
    status_code=200,
    opt={"idempotent": True},
)
async def suspend_subscription(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[SuspendBody | None] = None
) -> Response[SubscriptionAnswer]:
    """Stop service and accrual until somebody resumes it."""
    suspend = container.use(SuspendSubscription)
    return _answer(await suspend(actor, SubscriptionId(subscription_id), reason=data.reason if data else None))


@post(
    "/admin/subscriptions/{subscription_id:str}/resume",
    tags=[_ADMIN],
    summary="Resume",
    status_code=200,
    opt={"idempotent": True},
)
async def resume_subscription(
    container: Container, actor: Actor, subscription_id: FromPath[str]
) -> Response[SubscriptionAnswer]:
    """Undo a scheduled cancellation, or a suspension."""
    return _answer(await container.use(ResumeSubscription)(actor, SubscriptionId(subscription_id)))


@post(
    "/admin/subscriptions/{subscription_id:str}/override",
    tags=[_ADMIN],
    summary="Override",
    status_code=200,
    opt={"idempotent": True},
)
async def override_subscription(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[OverrideBody]
) -> Response[SubscriptionAnswer]:
    """Set the plan, or make any legal status move, by hand."""
    override = container.use(OverrideSubscription)
    found = await override(
        actor,
        SubscriptionId(subscription_id),
        plan_key=data.plan_key,
        status=_status(data.status, "/status") if data.status is not None else None,
    )
    return _answer(found)


# -- a tenant's own --------------------------------------------------------------------------


@get("/subscriptions", tags=[_OWN], summary="List own subscriptions", opt={SORTING: SUBSCRIPTIONS})
async def list_own(
    container: Container, actor: Actor, page: PageRequest, status: FromQuery[str | None] = None
) -> Listing[SubscriptionAnswer]:
    """The caller's tenant's subscriptions."""
    wanted = SubscriptionFilter(tenant_id=own_tenant(actor), status=_status(status, "/status") if status else None)
    return listing(await container.use(ListSubscriptions)(actor, wanted, page), SubscriptionAnswer.of)


@post("/subscriptions", tags=[_OWN], summary="Subscribe", opt={"idempotent": True})
async def subscribe(container: Container, actor: Actor, data: JSONBody[SubscribeBody]) -> Response[SubscriptionAnswer]:
    """Put the caller's tenant on a public plan."""
    wanted = NewSubscription(tenant_id=own_tenant(actor), plan_key=data.plan_key, quantity=data.quantity)
    return _answer(await container.use(CreateSubscription)(actor, wanted), 201)


@get("/subscriptions/{subscription_id:str}", tags=[_OWN], summary="Show an own subscription")
async def get_own(container: Container, actor: Actor, subscription_id: FromPath[str]) -> Response[SubscriptionAnswer]:
    """One of the caller's tenant's subscriptions."""
    own_tenant(actor)
    return _answer(await container.use(GetSubscription)(actor, SubscriptionId(subscription_id)))


@post(
    "/subscriptions/{subscription_id:str}/cancel",
    tags=[_OWN],
    summary="Cancel an own subscription",
    status_code=200,
    opt={"idempotent": True},
)
async def cancel_own(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[CancelBody | None] = None
) -> Response[SubscriptionAnswer]:
    """Cancel at the end of the period, or at once."""
    own_tenant(actor)
    return await _cancel(container, actor, subscription_id, data or CancelBody())


@post(
    "/subscriptions/{subscription_id:str}/resume",
    tags=[_OWN],
    summary="Take a cancellation back",
    status_code=200,
    opt={"idempotent": True},
)
async def resume_own(
    container: Container, actor: Actor, subscription_id: FromPath[str]
) -> Response[SubscriptionAnswer]:
    """Undo an own scheduled cancellation."""
    own_tenant(actor)
    return _answer(await container.use(ResumeSubscription)(actor, SubscriptionId(subscription_id)))


ROUTES = (
    list_subscriptions,
    create_subscription,
    get_subscription,
    cancel_subscription,
    suspend_subscription,
    resume_subscription,
    override_subscription,
    list_own,
    subscribe,
    get_own,
    cancel_own,
    resume_own,
    *operations.ROUTES,
    *packs.ROUTES,
)
