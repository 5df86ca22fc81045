"""``manage_packs``: what customers have of packs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from scaicontrol_core.access import Permission
from scaicontrol_core.kernel import ids
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.pack_ports import PackSubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.cancel_pack_subscription import CancelPackSubscription
from scaicontrol_core.subscriptions.use_cases.extend_pack_trial import ExtendPackTrial
from scaicontrol_core.subscriptions.use_cases.get_pack_subscription import GetPackSubscription
from scaicontrol_core.subscriptions.use_cases.list_pack_subscriptions import ListPackSubscriptions
from scaicontrol_core.subscriptions.use_cases.resume_pack_subscription import ResumePackSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.subscriptions.use_cases.suspend_pack_subscription import SuspendPackSubscription
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Confirmed, Effect, Sorted, Writing
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.subscriptions.pack_schemas import PackSubscriptionAnswer

_READ = (Permission.ADMIN_SUBSCRIPTIONS, Permission.SUBSCRIPTIONS_READ)
_BUY = (Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
_ADMIN = (Permission.ADMIN_SUBSCRIPTIONS,)
_ONE = "/admin/packs/subscriptions/{pack_subscription_id}"
_MINE = "/pack-subscriptions/{pack_subscription_id}"


class Subscribe(Writing, tag="subscribe"):
    """Put a tenant (your own, or for administrators any) on every plan of a pack, from today."""

    audience = Audience.EVERYONE
    needs = _BUY
    routes = ("POST /admin/packs/{slug}/subscribe", "POST /packs/{slug}/subscribe")

    slug: given.PackSlug
    tenant_id: given.OwnTenantId | None = None

    async def run(self, call: Call) -> PackSubscriptionAnswer:
        """Call ``SubscribePack``."""
        wanted = NewPackSubscription(call.tenant(self.tenant_id), self.slug)
        return PackSubscriptionAnswer.of(await call.use(SubscribePack)(call.actor, wanted))


class ListBought(Sorted, tag="list_subscriptions"):
    """List subscriptions to packs, newest first."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = ("GET /admin/packs/subscriptions", "GET /pack-subscriptions")

    tenant_id: given.OwnTenantId | None = None
    status: Annotated[SubscriptionStatus, Meta(description="Only those in this state.")] | None = None

    async def run(self, call: Call) -> Listing[PackSubscriptionAnswer]:
        """Call ``ListPackSubscriptions``."""
        wanted = PackSubscriptionFilter(tenant_id=call.tenant_if_any(self.tenant_id), status=self.status)
        return listing(await call.use(ListPackSubscriptions)(call.actor, wanted, call.page), PackSubscriptionAnswer.of)


class One(Action):
    """An action on one subscription to a pack."""

    pack_subscription_id: given.PackSubscriptionId

    @property
    def wanted(self) -> ids.PackSubscriptionId:
        """Which one."""
        return ids.PackSubscriptionId(self.pack_subscription_id)


class GetBought(One, tag="get_subscription"):
    """Show a subscription to a pack, what it includes, and the states it may move to."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = (f"GET {_ONE}", f"GET {_MINE}")

    async def run(self, call: Call) -> PackSubscriptionAnswer:
        """Call ``GetPackSubscription``."""
        return PackSubscriptionAnswer.of(await call.use(GetPackSubscription)(call.actor, self.wanted))


class Cancel(One, Confirmed, tag="cancel"):
    """End a subscription to a pack and all it includes, with its period or at once."""

    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"POST {_ONE}/cancel", f"POST {_MINE}/cancel")

    immediate: given.Immediate = False
    reason: given.Reason | None = None

    async def run(self, call: Call) -> PackSubscriptionAnswer:
        """Call ``CancelPackSubscription``."""
        cancel = call.use(CancelPackSubscription)
        return PackSubscriptionAnswer.of(
            await cancel(call.actor, self.wanted, immediate=self.immediate, reason=self.reason)
        )


class Resume(One, tag="resume"):
    """Take back a scheduled cancellation; for administrators also a suspension."""

    effect = Effect.SETS
    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"POST {_ONE}/resume", f"POST {_MINE}/resume")

    async def run(self, call: Call) -> PackSubscriptionAnswer:
        """Call ``ResumePackSubscription``."""
        return PackSubscriptionAnswer.of(await call.use(ResumePackSubscription)(call.actor, self.wanted))


class Suspend(One, Confirmed, tag="suspend"):
    """Stop all services of a pack until somebody resumes it; the customer is cut off at once."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/suspend",)

    reason: given.Reason | None = None

    async def run(self, call: Call) -> PackSubscriptionAnswer:
        """Call ``SuspendPackSubscription``."""
        suspend = call.use(SuspendPackSubscription)
        return PackSubscriptionAnswer.of(await suspend(call.actor, self.wanted, reason=self.reason))


class Prolong(One, tag="extend_trial"):
    """Let the trial of all services of a pack end on a later day."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"POST {_ONE}/extend-trial",)

    until: Annotated[given.Day, Meta(description="The day on which the trial ends instead.")]

    async def run(self, call: Call) -> PackSubscriptionAnswer:
        """Call ``ExtendPackTrial``."""
        return PackSubscriptionAnswer.of(await call.use(ExtendPackTrial)(call.actor, self.wanted, self.until))


ACTIONS = (Subscribe, ListBought, GetBought, Cancel, Resume, Suspend, Prolong)
