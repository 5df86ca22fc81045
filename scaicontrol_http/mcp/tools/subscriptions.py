"""``manage_subscriptions``: what a customer has of a plan."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, field

from scaicontrol_core.access import Permission
from scaicontrol_core.audit.subject import SUBSCRIPTION
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.kernel import ids
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.get_subscription import GetSubscription
from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Audience, Call, Listed, Sorted, Writing
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.mcp.tools import subscriptions_changing as changing
from scaicontrol_http.mcp.tools.subscriptions_changing import One
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.subscriptions.schemas import SubscriptionAnswer

_READ = (Permission.ADMIN_SUBSCRIPTIONS, Permission.SUBSCRIPTIONS_READ)
_BUY = (Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
_ADMIN = (Permission.ADMIN_SUBSCRIPTIONS,)
_ONE = "/admin/subscriptions/{subscription_id}"
_MINE = "/subscriptions/{subscription_id}"


class List(Sorted, tag="list"):
    """List subscriptions, newest first, with status, period and price."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = ("GET /admin/subscriptions", "GET /subscriptions")

    tenant_id: given.OwnTenantId | None = None
    partner_id: given.PartnerId | None = None
    service_id: given.ServiceId | None = None
    plan_id: given.PlanId | None = None
    status: Annotated[SubscriptionStatus, Meta(description="Only those in this state.")] | None = None

    async def run(self, call: Call) -> Listing[SubscriptionAnswer]:
        """Call ``ListSubscriptions``."""
        wanted = SubscriptionFilter(
            tenant_id=call.tenant_if_any(self.tenant_id),
            partner_id=ids.PartnerId(self.partner_id) if self.partner_id else None,
            service_id=ids.ServiceId(self.service_id) if self.service_id else None,
            plan_id=ids.PlanId(self.plan_id) if self.plan_id else None,
            status=self.status,
        )
        return listing(await call.use(ListSubscriptions)(call.actor, wanted, call.page), SubscriptionAnswer.of)


class Get(One, tag="get"):
    """Show one subscription, and the states it may move to."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = (f"GET {_ONE}", f"GET {_MINE}")

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``GetSubscription``."""
        return SubscriptionAnswer.of(await call.use(GetSubscription)(call.actor, self.wanted))


class Create(Writing, tag="create"):
    """Put a tenant on a plan: trialing if a first trial is due, else active and charged."""

    needs = _BUY
    routes = ("POST /admin/subscriptions",)

    tenant_id: given.TenantId
    plan_key: given.PlanKey
    quantity: given.Quantity = 1
    start_date: Annotated[given.Day, Meta(description="First day; may lie in the past. Today without it.")] | None = (
        None
    )
    term_ends_on: Annotated[given.Day, Meta(description="Day on which it expires; without it, it goes on.")] | None = (
        None
    )
    metadata: Annotated[dict[str, Any], Meta(description="Anything of your own to keep with it.")] = field(
        default_factory=dict
    )

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``CreateSubscription``."""
        wanted = NewSubscription(
            tenant_id=ids.TenantId(self.tenant_id),
            plan_key=self.plan_key,
            quantity=self.quantity,
            start_date=self.start_date,
            term_ends_on=self.term_ends_on,
            metadata=self.metadata,
        )
        return SubscriptionAnswer.of(await call.use(CreateSubscription)(call.actor, wanted))


class Subscribe(Writing, tag="subscribe"):
    """Put your own tenant on a public plan, from today."""

    audience = Audience.CUSTOMERS
    needs = (Permission.BILLING_MANAGE,)
    routes = ("POST /subscriptions",)

    plan_key: given.PlanKey
    quantity: given.Quantity = 1

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``CreateSubscription``."""
        wanted = NewSubscription(tenant_id=call.tenant(None), plan_key=self.plan_key, quantity=self.quantity)
        return SubscriptionAnswer.of(await call.use(CreateSubscription)(call.actor, wanted))


class History(One, Listed, tag="history"):
    """Tell what happened to a subscription and who did it, newest first."""

    needs = _ADMIN
    routes = (f"GET {_ONE}/history",)

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadHistory``."""
        found = await call.use(ReadHistory)(call.actor, SUBSCRIPTION, self.wanted, call.page)
        return listing(found, AuditEntryAnswer.of)


TOOL = Tool(
    name="manage_subscriptions",
    title="Subscriptions",
    about="What customers have of plans: find and show subscriptions, buy, change, pause, cancel and resume them.",
    actions=(List, Get, Create, Subscribe, *changing.ACTIONS, History),
)
