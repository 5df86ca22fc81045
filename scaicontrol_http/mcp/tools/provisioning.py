"""``manage_provisioning``: what was bought and does not serve yet."""

from __future__ import annotations

from scaicontrol_core.access import Permission
from scaicontrol_core.audit.subject import SUBSCRIPTION
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.kernel import ids
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Call, Listed, Sorted
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.subscriptions.schemas import SubscriptionAnswer

_READ = (Permission.ADMIN_SUBSCRIPTIONS, Permission.SUBSCRIPTIONS_READ)


class List(Sorted, tag="list"):
    """List what was bought and does not serve yet. Services start at once today, so that usually there is nothing."""

    needs = _READ
    routes = ("GET /admin/subscriptions",)

    tenant_id: given.TenantId | None = None

    async def run(self, call: Call) -> Listing[SubscriptionAnswer]:
        """Call ``ListSubscriptions`` for those pending."""
        tenant_id = ids.TenantId(self.tenant_id) if self.tenant_id else None
        wanted = SubscriptionFilter(tenant_id=tenant_id, status=SubscriptionStatus.PENDING)
        return listing(await call.use(ListSubscriptions)(call.actor, wanted, call.page), SubscriptionAnswer.of)


class Get(Listed, tag="get"):
    """Tell how a subscription came to serve, and whatever befell it since, newest first."""

    needs = (Permission.ADMIN_SUBSCRIPTIONS,)
    routes = ("GET /admin/subscriptions/{subscription_id}/history",)

    subscription_id: given.SubscriptionId

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadHistory``."""
        found = await call.use(ReadHistory)(call.actor, SUBSCRIPTION, self.subscription_id, call.page)
        return listing(found, AuditEntryAnswer.of)


TOOL = Tool(
    name="manage_provisioning",
    title="Provisioning",
    about="What was bought and is being set up, and how a subscription came to serve.",
    actions=(List, Get),
)
