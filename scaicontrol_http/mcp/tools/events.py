"""``manage_events``: what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, field

from scaicontrol_core.access import Permission
from scaicontrol_core.access.actor import ActorKind
from scaicontrol_core.audit.ports import AuditFilter
from scaicontrol_core.audit.use_cases.read_audit_log import ReadAuditLog
from scaicontrol_core.delivery.use_cases.read_events import ReadEvents
from scaicontrol_core.kernel import ids
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Audience, Call, Listed, Sorted
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.requests import Listing, instant_of, listing
from scaicontrol_http.webhooks.schemas import FeedAnswer

Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with its offset.", examples=["2026-01-15T08:00:00Z"])]


class List(Sorted, tag="list"):
    """List every change within your scope, newest first: what, by whom, from what to what."""

    needs = (Permission.ADMIN_PLATFORM, Permission.ADMIN_PARTNERS)
    routes = ("GET /admin/audit-log",)

    resource_type: Annotated[str, Meta(max_length=64, description="Kind of thing.", examples=["subscription"])] | (
        None
    ) = None
    resource_id: Annotated[str, Meta(max_length=64, description="Id of the thing.")] | None = None
    event: Annotated[str, Meta(max_length=100, description="What happened.", examples=["subscription.cancelled"])] | (
        None
    ) = None
    user_id: Annotated[str, Meta(max_length=255, description="Who did it.")] | None = None
    actor_kind: Annotated[ActorKind, Meta(description="What sort of actor did it.")] | None = None
    request_id: Annotated[str, Meta(max_length=100, description="In which request.")] | None = None
    partner_id: given.PartnerId | None = None
    tenant_id: given.TenantId | None = None
    since: Annotated[Instant, Meta(description="From this instant on.")] | None = None
    until: Annotated[Instant, Meta(description="Before this instant.")] | None = None

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadAuditLog``."""
        criteria = AuditFilter(
            resource_type=self.resource_type,
            resource_id=self.resource_id,
            action=self.event,
            user_id=self.user_id,
            actor_kind=self.actor_kind.value if self.actor_kind else None,
            request_id=self.request_id,
            partner_id=ids.PartnerId(self.partner_id) if self.partner_id else None,
            tenant_id=ids.TenantId(self.tenant_id) if self.tenant_id else None,
            since=instant_of(self.since, "/since"),
            until=instant_of(self.until, "/until"),
        )
        return listing(await call.use(ReadAuditLog)(call.actor, call.page, criteria), AuditEntryAnswer.of)


class Feed(Listed, tag="feed"):
    """Read the events that webhooks tell of, in their order; nothing is lost however long you were away."""

    audience = Audience.EVERYONE
    needs = (Permission.ADMIN_BILLING, Permission.BILLING_READ, Permission.REGISTRY_MANAGE)

    types: Annotated[
        list[Annotated[str, Meta(max_length=200)]],
        Meta(max_length=50, description="Topics or patterns; none: all.", examples=[["invoice.*"]]),
    ] = field(default_factory=list)

    async def run(self, call: Call) -> FeedAnswer:
        """Call ``ReadEvents``."""
        around = call.around
        found = await call.use(ReadEvents)(call.actor, around.cursor, around.limit, self.types)
        return FeedAnswer.of(found)


TOOL = Tool(
    name="manage_events",
    title="Events",
    about="What happened, when, and who did it: the log of every change, and the feed of events.",
    actions=(List, Feed),
)
