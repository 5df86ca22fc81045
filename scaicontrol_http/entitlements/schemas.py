"""Answers about entitlements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

import msgspec

from scaicontrol_core.entitlements import EntitledSubscription, Entitlement, QuotaStanding
from scaicontrol_core.kernel.quantity import plain
from scaicontrol_http.requests import Answer


class QuotaStandingAnswer(Answer):
    """One metric in the period that runs; ``quota`` and ``remaining`` null are unlimited.

    ``reached`` are the per cent of the quota that were reached in the period: 80, 100.
    """

    metric: str
    unit: str | None
    aggregation: str
    quota: int | None
    used: str
    remaining: str | None
    reached: list[int]

    @classmethod
    def of(cls, standing: QuotaStanding) -> Self:
        """Show one."""
        return cls(
            metric=standing.metric,
            unit=standing.unit,
            aggregation=standing.aggregation.value,
            quota=standing.quota,
            used=plain(standing.used),
            remaining=None if standing.remaining is None else plain(standing.remaining),
            reached=list(standing.reached),
        )


class EntitledSubscriptionAnswer(Answer):
    """A live subscription; ``limits`` are quotas of what is no metric: what is not there is unlimited."""

    subscription_id: str
    status: str
    plan_id: str
    plan_key: str
    quantity: int
    pack_subscription_id: str | None
    trial_ends_at: datetime | None
    cancels_at: datetime | None
    period_start: date
    period_end: date | None
    features: dict[str, Any]
    limits: dict[str, int]
    metrics: list[QuotaStandingAnswer]

    @classmethod
    def of(cls, subscription: EntitledSubscription) -> Self:
        """Show one."""
        return cls(
            subscription_id=subscription.subscription_id,
            status=subscription.status.value,
            plan_id=subscription.plan_id,
            plan_key=subscription.plan_key,
            quantity=subscription.quantity,
            pack_subscription_id=subscription.pack_subscription_id,
            trial_ends_at=subscription.trial_ends_at,
            cancels_at=subscription.cancels_at,
            period_start=subscription.period_start,
            period_end=subscription.period_end,
            features=subscription.features,
            limits=subscription.limits,
            metrics=[QuotaStandingAnswer.of(each) for each in subscription.metrics],
        )


class EntitlementAnswer(Answer):
    """What a tenant may use of a service, by the subscription that decides.

    ``reason`` says why not: ``no_subscription``, ``pending``, ``suspended``. Without a subscription all after it is
    null. ``further`` has the other live subscriptions to a service that allows several.
    """

    tenant_id: str
    service: str
    entitled: bool
    reason: str | None
    subscription_id: str | None = None
    status: str | None = None
    plan_id: str | None = None
    plan_key: str | None = None
    quantity: int | None = None
    pack_subscription_id: str | None = None
    trial_ends_at: datetime | None = None
    cancels_at: datetime | None = None
    period_start: date | None = None
    period_end: date | None = None
    features: dict[str, Any] = msgspec.field(default_factory=dict)
    limits: dict[str, int] = msgspec.field(default_factory=dict)
    metrics: list[QuotaStandingAnswer] = msgspec.field(default_factory=list)
    further: list[EntitledSubscriptionAnswer] = msgspec.field(default_factory=list)

    @classmethod
    def of(cls, entitlement: Entitlement) -> Self:
        """Show one."""
        shown = [EntitledSubscriptionAnswer.of(each) for each in entitlement.subscriptions]
        first = msgspec.structs.asdict(shown[0]) if shown else {}
        refusal = entitlement.refusal
        return cls(
            tenant_id=entitlement.tenant_id,
            service=entitlement.service,
            entitled=entitlement.entitled,
            reason=None if refusal is None else refusal.value,
            further=shown[1:],
            **first,
        )
