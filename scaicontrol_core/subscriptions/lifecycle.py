"""The subscription's one transition table (spec: subscriptions; origin: state machines)."""

from __future__ import annotations

from enum import StrEnum

from scaicontrol_core.kernel.lifecycle import Lifecycle


class SubscriptionStatus(StrEnum):
    """Where a subscription stands; ``cancelled`` and ``expired`` are final."""

    PENDING = "pending"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELLING = "cancelling"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_S = SubscriptionStatus

SUBSCRIPTION_LIFECYCLE: Lifecycle[SubscriptionStatus] = Lifecycle(
    name="subscription",
    initial=_S.PENDING,
    edges={
        _S.PENDING: frozenset({_S.TRIALING, _S.ACTIVE, _S.CANCELLED}),
        _S.TRIALING: frozenset({_S.ACTIVE, _S.SUSPENDED, _S.CANCELLED}),
        _S.ACTIVE: frozenset({_S.PAST_DUE, _S.CANCELLING, _S.SUSPENDED, _S.CANCELLED, _S.EXPIRED}),
        _S.PAST_DUE: frozenset({_S.ACTIVE, _S.SUSPENDED, _S.CANCELLED}),
        _S.CANCELLING: frozenset({_S.ACTIVE, _S.CANCELLED}),
        _S.SUSPENDED: frozenset({_S.ACTIVE, _S.CANCELLED}),
        _S.CANCELLED: frozenset(),
        _S.EXPIRED: frozenset(),
    },
)

#: Not over yet: what counts against "one live subscription per tenant and service".
LIVE_STATUSES = frozenset(SubscriptionStatus) - SUBSCRIPTION_LIFECYCLE.terminal

#: A pack's subscription moves as a plain one does, and its children with it.
PACK_SUBSCRIPTION_LIFECYCLE: Lifecycle[SubscriptionStatus] = Lifecycle(
    name="pack_subscription", initial=_S.PENDING, edges=SUBSCRIPTION_LIFECYCLE.edges
)
