"""What can go wrong with a subscription, each with its stable code."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Conflict, FieldError, Invalid, Refused


class SubscriptionExists(Conflict):
    """The tenant already has a live subscription to that service."""

    code = "subscription_exists"

    def __init__(self, service: str) -> None:
        super().__init__(
            f"The tenant already has a live subscription to {service}.",
            fields=(FieldError("/plan_key", "cancel the live subscription first, or change its plan"),),
        )


class BillingProfileRequired(Conflict):
    """No commerce without a billing profile: there would be nobody to invoice."""

    code = "billing_profile_required"

    def __init__(self, tenant_id: str) -> None:
        super().__init__(
            f"Tenant {tenant_id} has no billing profile.",
            fields=(FieldError("/tenant_id", "create the tenant's billing profile first"),),
            hint=f"PUT /api/v1/admin/tenants/{tenant_id}/billing-profile, then try again.",
        )


class PlanUnavailable(Invalid):
    """The plan is no longer sold."""

    code = "plan_unavailable"


class ServiceNotAllowed(Invalid):
    """The tenant's partner does not sell that service (``allowed_services``)."""

    code = "service_not_allowed"


class PlanNotAllowed(Invalid):
    """The tenant's partner does not sell that plan (``allowed_plans``)."""

    code = "plan_not_allowed"


class TrialUsed(Conflict):
    """A plan that is nothing but a trial is had once; a second time it would be free for ever."""

    code = "trial_used"

    def __init__(self, service: str) -> None:
        super().__init__(
            f"The tenant has had its trial of {service}.",
            fields=(FieldError("/plan_key", "choose a plan that is not a trial"),),
        )


class PlanFixed(Refused):
    """What is ending or over keeps the plan it has."""

    code = "plan_fixed"

    def __init__(self, status: str) -> None:
        super().__init__(
            f"The subscription is {status} and keeps its plan.",
            fields=(FieldError("/plan_key", "only a subscription that goes on changes its plan"),),
            hint="Resume a cancelling subscription first, or create a new one.",
        )


class NotAccruing(Refused):
    """The subscription has no running period, so nothing can end with it."""

    code = "no_running_period"


class NoPendingChange(Conflict):
    """There is no planned change to take back or to make."""

    code = "no_pending_change"

    def __init__(self) -> None:
        super().__init__("No change of plan or quantity is planned.")


class NotInTrial(Refused):
    """Only a trial can be extended."""

    code = "not_in_trial"

    def __init__(self, status: str) -> None:
        super().__init__(f"The subscription is {status}, not in a trial.")


class ChildOfPack(Conflict):
    """The subscription belongs to a pack and moves only with it."""

    code = "child_of_pack"

    def __init__(self, pack_subscription_id: str) -> None:
        super().__init__(
            f"This subscription is part of pack subscription {pack_subscription_id} and moves only with it.",
            hint=f"Act on {pack_subscription_id} instead.",
        )


class PackUnavailable(Invalid):
    """The pack is not sold, or can't be as it stands."""

    code = "pack_unavailable"


class PackTrialUsed(Conflict):
    """A bundle of trials is had once."""

    code = "pack_trial_used"

    def __init__(self, pack: str, services: tuple[str, ...]) -> None:
        super().__init__(
            f"The tenant has had its trial of {', '.join(services)}, which {pack} is made of.",
            fields=(FieldError("/pack", "choose a pack or plans that are no trials"),),
        )


class PackOverlaps(Conflict):
    """The tenant has live subscriptions to services of the pack."""

    code = "pack_overlaps"

    def __init__(self, pack: str, services: tuple[str, ...]) -> None:
        super().__init__(
            f"The tenant already has live subscriptions to {', '.join(services)}, which {pack} includes.",
            fields=(FieldError("/pack", "cancel the live subscriptions first"),),
        )
