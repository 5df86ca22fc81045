"""Routes of subscriptions to packs: ``/admin/packs/subscriptions``, and a tenant's own."""

from __future__ import annotations

from datetime import datetime

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import PackId, PackSubscriptionId, PartnerId, TenantId
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.pack_ports import PACK_SUBSCRIPTIONS, PackSubscriptionFilter
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.use_cases.cancel_pack_subscription import CancelPackSubscription
from scaicontrol_core.subscriptions.use_cases.extend_pack_trial import ExtendPackTrial
from scaicontrol_core.subscriptions.use_cases.get_pack_subscription import GetPackSubscription
from scaicontrol_core.subscriptions.use_cases.list_pack_subscriptions import ListPackSubscriptions
from scaicontrol_core.subscriptions.use_cases.resume_pack_subscription import ResumePackSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.subscriptions.use_cases.suspend_pack_subscription import SuspendPackSubscription
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Listing, etag, instant_of, listing
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.subscriptions.pack_schemas import PackSubscriptionAnswer, SubscribePackBody
from scaicontrol_http.subscriptions.schemas import CancelBody, ExtendTrialBody, SuspendBody
from scaicontrol_http.tenancy.routes import own_tenant

_ADMIN = "Admin: subscriptions"
_OWN = "Subscriptions"
_ALL = "/admin/packs/subscriptions"
_ONE = f"{_ALL}/{{pack_subscription_id:str}}"
_MINE = "/pack-subscriptions/{pack_subscription_id:str}"
_status = choice(SubscriptionStatus)


def _answer(subscription: PackSubscription, status_code: int = 200) -> Response[PackSubscriptionAnswer]:
    answer = PackSubscriptionAnswer.of(subscription)
    return Response(answer, status_code=status_code, headers=etag(subscription.version))


# -- administrators --------------------------------------------------------------------------


@get(_ALL, tags=[_ADMIN], summary="List subscriptions to packs", opt={SORTING: PACK_SUBSCRIPTIONS})
async def list_pack_subscriptions(
    container: Container,
    actor: Actor,
    page: PageRequest,
    tenant_id: FromQuery[str | None] = None,
    partner_id: FromQuery[str | None] = None,
    pack_id: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Listing[PackSubscriptionAnswer]:
    """Subscriptions to packs within the caller's scope, newest first unless sorted otherwise."""
    wanted = PackSubscriptionFilter(
        tenant_id=TenantId(tenant_id) if tenant_id else None,
        partner_id=PartnerId(partner_id) if partner_id else None,
        pack_id=PackId(pack_id) if pack_id else None,
        since=instant_of(since, "/since"),
        until=instant_of(until, "/until"),
        status=_status(status, "/status") if status else None,
    )
    return listing(await container.use(ListPackSubscriptions)(actor, wanted, page), PackSubscriptionAnswer.of)


@post("/admin/packs/{slug:str}/subscribe", tags=[_ADMIN], summary="Subscribe to a pack", opt={"idempotent": True})
async def subscribe_tenant(
    container: Container, actor: Actor, slug: FromPath[str], data: JSONBody[SubscribePackBody]
) -> Response[PackSubscriptionAnswer]:
    """Put a tenant on every plan of a pack, from today."""
    wanted = NewPackSubscription(TenantId(data.tenant_id), slug)
    return _answer(await container.use(SubscribePack)(actor, wanted), 201)


@get(_ONE, tags=[_ADMIN], summary="Show a subscription to a pack")
async def get_pack_subscription(
    container: Container, actor: Actor, pack_subscription_id: FromPath[str]
) -> Response[PackSubscriptionAnswer]:
    """One subscription to a pack within scope."""
    return _answer(await container.use(GetPackSubscription)(actor, PackSubscriptionId(pack_subscription_id)))


@post(f"{_ONE}/cancel", tags=[_ADMIN], summary="Cancel a pack", status_code=200, opt={"idempotent": True})
async def cancel_pack_subscription(
    container: Container, actor: Actor, pack_subscription_id: FromPath[str], data: JSONBody[CancelBody | None] = None
) -> Response[PackSubscriptionAnswer]:
    """End a pack and all it includes, with its period or at once."""
    wanted, cancel = data or CancelBody(), container.use(CancelPackSubscription)
    subscription_id = PackSubscriptionId(pack_subscription_id)
    return _answer(await cancel(actor, subscription_id, immediate=wanted.immediate, reason=wanted.reason))


@post(f"{_ONE}/suspend", tags=[_ADMIN], summary="Suspend a pack", status_code=200, opt={"idempotent": True})
async def suspend_pack_subscription(
    container: Container, actor: Actor, pack_subscription_id: FromPath[str], data: JSONBody[SuspendBody | None] = None
) -> Response[PackSubscriptionAnswer]:
    """Stop all services of a pack until somebody resumes it."""
    suspend, reason = container.use(SuspendPackSubscription), data.reason if data else None
    return _answer(await suspend(actor, PackSubscriptionId(pack_subscription_id), reason=reason))


@post(f"{_ONE}/resume", tags=[_ADMIN], summary="Resume a pack", status_code=200, opt={"idempotent": True})
async def resume_pack_subscription(
    container: Container, actor: Actor, pack_subscription_id: FromPath[str]
) -> Response[PackSubscriptionAnswer]:
    """Undo a scheduled cancellation, or a suspension, of a pack."""
    return _answer(await container.use(ResumePackSubscription)(actor, PackSubscriptionId(pack_subscription_id)))


@post(f"{_ONE}/extend-trial", tags=[_ADMIN], summary="Extend a pack's trial", status_code=200, opt={"idempotent": True})
async def extend_pack_trial(
    container: Container, actor: Actor, pack_subscription_id: FromPath[str], data: JSONBody[ExtendTrialBody]
) -> Response[PackSubscriptionAnswer]:
    """Let the trial of all its services end on a later day."""
    extend = container.use(ExtendPackTrial)
    return _answer(await extend(actor, PackSubscriptionId(pack_subscription_id), data.until))


# -- a tenant's own --------------------------------------------------------------------------


@post("/packs/{slug:str}/subscribe", tags=[_OWN], summary="Subscribe to a pack oneself", opt={"idempotent": True})
async def subscribe_own(container: Container, actor: Actor, slug: FromPath[str]) -> Response[PackSubscriptionAnswer]:
    """Put the caller's tenant on every plan of a public pack."""
    wanted = NewPackSubscription(own_tenant(actor), slug)
    return _answer(await container.use(SubscribePack)(actor, wanted), 201)


@get("/pack-subscriptions", tags=[_OWN], summary="List own subscriptions to packs", opt={SORTING: PACK_SUBSCRIPTIONS})
async def list_own_packs(container: Container, actor: Actor, page: PageRequest) -> Listing[PackSubscriptionAnswer]:
    """The caller's tenant's subscriptions to packs."""
    wanted = PackSubscriptionFilter(tenant_id=own_tenant(actor))
    return listing(await container.use(ListPackSubscriptions)(actor, wanted, page), PackSubscriptionAnswer.of)


@get(_MINE, tags=[_OWN], summary="Show an own subscription to a pack")
async def get_own_pack(
    container: Container, actor: Actor, pack_subscription_id: FromPath[str]
) -> Response[PackSubscriptionAnswer]:
    """One of the caller's tenant's subscriptions to packs."""
    own_tenant(actor)
    return _answer(await container.use(GetPackSubscription)(actor, PackSubscriptionId(pack_subscription_id)))


@post(f"{_MINE}/cancel", tags=[_OWN], summary="Cancel an own pack", status_code=200, opt={"idempotent": True})
async def cancel_own_pack(
    container: Container, actor: Actor, pack_subscription_id: FromPath[str], data: JSONBody[CancelBody | None] = None
) -> Response[PackSubscriptionAnswer]:
    """End an own pack and all it includes, with its period or at once."""
    own_tenant(actor)
    wanted, cancel = data or CancelBody(), container.use(CancelPackSubscription)
    subscription_id = PackSubscriptionId(pack_subscription_id)
    return _answer(await cancel(actor, subscription_id, immediate=wanted.immediate, reason=wanted.reason))


@post(
    f"{_MINE}/resume",
    tags=[_OWN],
    summary="Take the cancellation of an own pack back",
    status_code=200,
    opt={"idempotent": True},
)
async def resume_own_pack(
    container: Container, actor: Actor, pack_subscription_id: FromPath[str]
) -> Response[PackSubscriptionAnswer]:
    """Undo an own scheduled cancellation."""
    own_tenant(actor)
    return _answer(await container.use(ResumePackSubscription)(actor, PackSubscriptionId(pack_subscription_id)))


ROUTES = (
    list_pack_subscriptions,
    subscribe_tenant,
    get_pack_subscription,
    cancel_pack_subscription,
    suspend_pack_subscription,
    resume_pack_subscription,
    extend_pack_trial,
    subscribe_own,
    list_own_packs,
    get_own_pack,
    cancel_own_pack,
    resume_own_pack,
)
