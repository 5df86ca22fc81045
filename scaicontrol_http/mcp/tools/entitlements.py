"""``manage_entitlements``: what a customer may use."""

from __future__ import annotations

from scaicontrol_core.access import Permission
from scaicontrol_core.entitlements.use_cases.list_entitlements import ListEntitlements
from scaicontrol_core.entitlements.use_cases.read_entitlement import ReadEntitlement
from scaicontrol_http.entitlements.schemas import EntitlementAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.requests import Listing, whole

_READ = (Permission.REGISTRY_MANAGE, Permission.SUBSCRIPTIONS_READ, Permission.ADMIN_SUBSCRIPTIONS)


class List(Action, tag="list"):
    """List each service that a tenant has a live subscription to, with plan, features, quotas and what is left."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = ("GET /entitlements",)

    tenant_id: given.OwnTenantId | None = None

    async def run(self, call: Call) -> Listing[EntitlementAnswer]:
        """Call ``ListEntitlements``."""
        found = await call.use(ListEntitlements)(call.actor, call.tenant(self.tenant_id))
        return whole(found.entitlements, EntitlementAnswer.of)


class Check(Action, tag="check"):
    """Tell whether a tenant may use a service, and how much of it; without a subscription it is not entitled."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = ("GET /entitlements/{service}",)

    service: given.ServiceSlug
    tenant_id: given.OwnTenantId | None = None

    async def run(self, call: Call) -> EntitlementAnswer:
        """Call ``ReadEntitlement``."""
        found = await call.use(ReadEntitlement)(call.actor, call.tenant(self.tenant_id), self.service)
        return EntitlementAnswer.of(found.entitlement)


TOOL = Tool(
    name="manage_entitlements",
    title="Entitlements",
    about="What a customer may use right now. It follows from its subscriptions: change those to change it.",
    actions=(List, Check),
)
