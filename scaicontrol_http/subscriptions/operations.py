"""Routes of what else may be done to subscriptions: change, pause, prolong, move, and many at once."""

from __future__ import annotations

from litestar import Response, delete, post, put
from litestar.params import FromPath, JSONBody

from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.subscriptions.changing import Effective
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.use_cases.bulk_subscriptions import BulkAction, BulkOrder, BulkSubscriptions
from scaicontrol_core.subscriptions.use_cases.extend_trial import ExtendTrial
from scaicontrol_core.subscriptions.use_cases.pause_subscription import PauseSubscription
from scaicontrol_core.subscriptions.use_cases.set_anchor import SetAnchor
from scaicontrol_core.subscriptions.use_cases.set_term import SetTerm
from scaicontrol_core.subscriptions.use_cases.withdraw_change import WithdrawChange
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.requests import etag
from scaicontrol_http.subscriptions.schemas import (
    AnchorBody,
    BulkAnswer,
    BulkBody,
    ChangeAnswer,
    ChangePlanBody,
    ExtendTrialBody,
    PauseBody,
    SubscriptionAnswer,
    TermBody,
)
from scaicontrol_http.tenancy.routes import own_tenant

_ADMIN = "Admin: subscriptions"
_OWN = "Subscriptions"
_ONE = "/admin/subscriptions/{subscription_id:str}"
_MINE = "/subscriptions/{subscription_id:str}"
_effective, _proration, _action = choice(Effective), choice(Proration), choice(BulkAction)


def _answer(subscription: Subscription) -> Response[SubscriptionAnswer]:
    return Response(SubscriptionAnswer.of(subscription), headers=etag(subscription.version))


async def _change(
    container: Container, actor: Actor, subscription_id: str, body: ChangePlanBody, *, preview: bool = False
) -> Response[ChangeAnswer]:
    wanted = SubscriptionChange(
        plan_key=body.plan_key,
        quantity=body.quantity,
        effective=_effective(body.effective, "/effective"),
        proration=_proration(body.proration, "/proration"),
        preview=preview,
    )
    outcome = await container.use(ChangeSubscription)(actor, SubscriptionId(subscription_id), wanted)
    return Response(ChangeAnswer.of(outcome), headers=etag(outcome.subscription.version))


# -- administrators --------------------------------------------------------------------------


@post(
    f"{_ONE}/change-plan", tags=[_ADMIN], summary="Change plan or quantity", status_code=200, opt={"idempotent": True}
)
async def change_plan(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[ChangePlanBody]
) -> Response[ChangeAnswer]:
    """Change what is bought, now or at the end of the period."""
    return await _change(container, actor, subscription_id, data)


@post(f"{_ONE}/change-plan/preview", tags=[_ADMIN], summary="Preview a change", status_code=200)
async def preview_change(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[ChangePlanBody]
) -> Response[ChangeAnswer]:
    """Tell what a change would credit and charge; nothing is written."""
    return await _change(container, actor, subscription_id, data, preview=True)


@delete(f"{_ONE}/pending-change", tags=[_ADMIN], summary="Withdraw a planned change", status_code=200)
async def withdraw_change(
    container: Container, actor: Actor, subscription_id: FromPath[str]
) -> Response[SubscriptionAnswer]:
    """Take a change back that waits for the end of the period."""
    return _answer(await container.use(WithdrawChange)(actor, SubscriptionId(subscription_id)))


@post(f"{_ONE}/extend-trial", tags=[_ADMIN], summary="Extend a trial", status_code=200, opt={"idempotent": True})
async def extend_trial(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[ExtendTrialBody]
) -> Response[SubscriptionAnswer]:
    """Let the trial end on a later day."""
    return _answer(await container.use(ExtendTrial)(actor, SubscriptionId(subscription_id), data.until))


@put(f"{_ONE}/anchor", tags=[_ADMIN], summary="Move the billing anchor")
async def set_anchor(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[AnchorBody]
) -> Response[SubscriptionAnswer]:
    """Bill on the days of another anchor after the running period; days in between are charged as days."""
    return _answer(await container.use(SetAnchor)(actor, SubscriptionId(subscription_id), data.anchor))


@put(f"{_ONE}/term", tags=[_ADMIN], summary="Fix or free the term")
async def set_term(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[TermBody]
) -> Response[SubscriptionAnswer]:
    """Fix the day it expires on."""
    return _answer(await container.use(SetTerm)(actor, SubscriptionId(subscription_id), data.ends_on))


@post(f"{_ONE}/pause", tags=[_ADMIN], summary="Pause", status_code=200, opt={"idempotent": True})
async def pause_subscription(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[PauseBody | None] = None
) -> Response[SubscriptionAnswer]:
    """Stop service and accrual for a while; with a day, it resumes by itself."""
    until = data.until if data else None
    return _answer(await container.use(PauseSubscription)(actor, SubscriptionId(subscription_id), until=until))


@post(
    "/admin/subscriptions/bulk",
    tags=[_ADMIN],
    summary="Change many subscriptions",
    status_code=200,
    opt={"idempotent": True},
)
async def bulk_subscriptions(container: Container, actor: Actor, data: JSONBody[BulkBody]) -> BulkAnswer:
    """Do one thing to many, each for itself; the answer names what failed, and why."""
    ids = tuple(SubscriptionId(each) for each in data.ids)
    order = BulkOrder(_action(data.action, "/action"), ids, data.reason)
    return BulkAnswer.of(await container.use(BulkSubscriptions)(actor, order))


# -- a tenant's own --------------------------------------------------------------------------


@post(
    f"{_MINE}/change-plan",
    tags=[_OWN],
    summary="Change an own plan or quantity",
    status_code=200,
    opt={"idempotent": True},
)
async def change_own(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[ChangePlanBody]
) -> Response[ChangeAnswer]:
    """Change what is bought; an invoice for the running period follows with the next billing run."""
    own_tenant(actor)
    return await _change(container, actor, subscription_id, data)


@post(f"{_MINE}/change-plan/preview", tags=[_OWN], summary="Preview an own change", status_code=200)
async def preview_own(
    container: Container, actor: Actor, subscription_id: FromPath[str], data: JSONBody[ChangePlanBody]
) -> Response[ChangeAnswer]:
    """Tell what a change would credit and charge; nothing is written."""
    own_tenant(actor)
    return await _change(container, actor, subscription_id, data, preview=True)


@delete(f"{_MINE}/pending-change", tags=[_OWN], summary="Withdraw an own planned change", status_code=200)
async def withdraw_own(
    container: Container, actor: Actor, subscription_id: FromPath[str]
) -> Response[SubscriptionAnswer]:
    """Take a change back that waits for the end of the period."""
    own_tenant(actor)
    return _answer(await container.use(WithdrawChange)(actor, SubscriptionId(subscription_id)))


ROUTES = (
    change_plan,
    preview_change,
    withdraw_change,
    extend_trial,
    set_anchor,
    set_term,
    pause_subscription,
    bulk_subscriptions,
    change_own,
    preview_own,
    withdraw_own,
)
