"""``manage_webhooks``: which systems are told of events, and what became of it."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET as ABSENT
from msgspec import Meta, UnsetType, field

from scaicontrol_core.delivery.lifecycle import WebhookStatus
from scaicontrol_core.delivery.ports import SubscriptionFilter
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.delete_webhook_subscription import DeleteWebhookSubscription
from scaicontrol_core.delivery.use_cases.disable_webhook_subscription import DisableWebhookSubscription
from scaicontrol_core.delivery.use_cases.enable_webhook_subscription import EnableWebhookSubscription
from scaicontrol_core.delivery.use_cases.get_webhook_subscription import GetWebhookSubscription
from scaicontrol_core.delivery.use_cases.list_webhook_subscriptions import ListWebhookSubscriptions
from scaicontrol_core.delivery.use_cases.rotate_webhook_secret import RotateWebhookSecret
from scaicontrol_core.delivery.use_cases.send_test_event import SendTestEvent
from scaicontrol_core.delivery.use_cases.update_webhook_subscription import UpdateWebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookChanges, WebhookTerms
from scaicontrol_core.kernel import ids
from scaicontrol_core.kernel.editing import UNSET
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Call, Confirmed, Effect, Sorted, Writing
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.mcp.tools import webhooks_delivered as delivered
from scaicontrol_http.mcp.tools.webhooks_delivered import ADMIN, One
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.webhooks.schemas import (
    DeletedWebhookAnswer,
    IssuedSecretAnswer,
    TestQueuedAnswer,
    WebhookAnswer,
    WebhookStandingAnswer,
)

Url = Annotated[str, Meta(max_length=2000, description="Where events go: https.", examples=["https://hook.example/"])]
Topics = Annotated[
    list[Annotated[str, Meta(max_length=200)]],
    Meta(min_length=1, max_length=100, description="Which events.", examples=[["invoice.*"]]),
]
About = Annotated[str, Meta(max_length=500, description="What it is for.")]
OwnerEmail = Annotated[str, Meta(max_length=320, description="Whom to tell when it fails for long.")]
OnlyPartner = Annotated[str, Meta(max_length=64, description="Only events of this partner.")]
OnlyTenant = Annotated[str, Meta(max_length=64, description="Only events of this tenant.")]
Headers = Annotated[dict[str, str], Meta(description="Sent with each request, unsigned; may be secret.")]
InFlight = Annotated[int, Meta(description="Most deliveries at once.")]
Ordered = Annotated[bool, Meta(description="Whether what concerns one thing arrives in its order.")]
Overlap = Annotated[int, Meta(description="Hours that an old secret stays in force beside a new one.")]


class List(Sorted, tag="list"):
    """List the subscribers, each with how its receiver fares."""

    needs = ADMIN

    status: Annotated[WebhookStatus, Meta(description="Only those in this state.")] | None = None
    partner_id: given.PartnerId | None = None

    async def run(self, call: Call) -> Listing[WebhookStandingAnswer]:
        """Call ``ListWebhookSubscriptions``."""
        partner = ids.PartnerId(self.partner_id) if self.partner_id else None
        wanted = SubscriptionFilter(status=self.status, partner_id=partner)
        found = await call.use(ListWebhookSubscriptions)(call.actor, call.page, wanted)
        return listing(found, WebhookStandingAnswer.of)


class Get(One, tag="get"):
    """Show one subscriber, and how its receiver fares."""

    needs = ADMIN

    async def run(self, call: Call) -> WebhookStandingAnswer:
        """Call ``GetWebhookSubscription``."""
        return WebhookStandingAnswer.of(await call.use(GetWebhookSubscription)(call.actor, self.wanted))


class Create(Writing, tag="create"):
    """Tell a system of events from now on. The answer has the secret that signs them, once."""

    told_once = ("secret",)
    needs = ADMIN

    url: Url
    topics: Topics
    description: About | None = None
    owner_email: OwnerEmail | None = None
    partner_id: given.PartnerId | None = None
    only_partner_id: OnlyPartner | None = None
    only_tenant_id: OnlyTenant | None = None
    headers: Headers = field(default_factory=dict)
    ordered: Ordered = True

    async def run(self, call: Call) -> IssuedSecretAnswer:
        """Call ``CreateWebhookSubscription``."""
        terms = WebhookTerms(
            url=self.url,
            topics=tuple(self.topics),
            description=self.description,
            owner_email=self.owner_email,
            only_partner_id=ids.PartnerId(self.only_partner_id) if self.only_partner_id else None,
            only_tenant_id=ids.TenantId(self.only_tenant_id) if self.only_tenant_id else None,
            headers=self.headers,
            ordered=self.ordered,
        )
        partner = ids.PartnerId(self.partner_id) if self.partner_id else None
        wanted = NewWebhookSubscription(terms=terms, partner_id=partner)
        return IssuedSecretAnswer.of(await call.use(CreateWebhookSubscription)(call.actor, wanted))


class Update(One, tag="update"):
    """Change the given fields of a subscriber; what is left out stays."""

    effect = Effect.SETS
    needs = ADMIN

    url: Url | UnsetType = ABSENT
    topics: Topics | UnsetType = ABSENT
    description: About | UnsetType | None = ABSENT
    owner_email: OwnerEmail | UnsetType | None = ABSENT
    only_partner_id: OnlyPartner | UnsetType | None = ABSENT
    only_tenant_id: OnlyTenant | UnsetType | None = ABSENT
    headers: Headers | UnsetType = ABSENT
    max_in_flight: InFlight | UnsetType = ABSENT
    ordered: Ordered | UnsetType = ABSENT
    secret_overlap_hours: Overlap | UnsetType = ABSENT
    expected_version: given.ExpectedVersion | None = None

    async def run(self, call: Call) -> WebhookAnswer:
        """Call ``UpdateWebhookSubscription``."""
        partner, tenant = self.only_partner_id, self.only_tenant_id
        changes = WebhookChanges(
            url=UNSET if self.url is ABSENT else self.url,
            topics=UNSET if self.topics is ABSENT else tuple(self.topics),
            description=UNSET if self.description is ABSENT else self.description,
            owner_email=UNSET if self.owner_email is ABSENT else self.owner_email,
            only_partner_id=UNSET if partner is ABSENT else None if partner is None else ids.PartnerId(partner),
            only_tenant_id=UNSET if tenant is ABSENT else None if tenant is None else ids.TenantId(tenant),
            headers=UNSET if self.headers is ABSENT else self.headers,
            max_in_flight=UNSET if self.max_in_flight is ABSENT else self.max_in_flight,
            ordered=UNSET if self.ordered is ABSENT else self.ordered,
            secret_overlap_hours=UNSET if self.secret_overlap_hours is ABSENT else self.secret_overlap_hours,
        )
        update = call.use(UpdateWebhookSubscription)
        return WebhookAnswer.of(await update(call.actor, self.wanted, changes, self.expected_version))


class Delete(One, Confirmed, tag="delete"):
    """Tell a system of nothing any more; what waits for it is not sent."""

    needs = ADMIN

    expected_version: given.ExpectedVersion | None = None

    async def run(self, call: Call) -> DeletedWebhookAnswer:
        """Call ``DeleteWebhookSubscription``."""
        await call.use(DeleteWebhookSubscription)(call.actor, self.wanted, self.expected_version)
        return DeletedWebhookAnswer(webhook_id=self.webhook_id)


class Rotate(One, Confirmed, tag="rotate_secret"):
    """Make a new secret; the old one stays in force for the overlap. The answer has the new one, once."""

    told_once = ("secret",)
    needs = ADMIN

    async def run(self, call: Call) -> IssuedSecretAnswer:
        """Call ``RotateWebhookSecret``."""
        return IssuedSecretAnswer.of(await call.use(RotateWebhookSecret)(call.actor, self.wanted))


class Test(One, Writing, tag="test"):
    """Queue a test event for a subscriber."""

    needs = ADMIN

    async def run(self, call: Call) -> TestQueuedAnswer:
        """Call ``SendTestEvent``."""
        return TestQueuedAnswer(idempotency_key=await call.use(SendTestEvent)(call.actor, self.wanted))


class Enable(One, tag="enable"):
    """Tell a disabled subscriber again, from now on; replay_since sends what it missed."""

    effect = Effect.SETS
    needs = ADMIN

    async def run(self, call: Call) -> WebhookAnswer:
        """Call ``EnableWebhookSubscription``."""
        return WebhookAnswer.of(await call.use(EnableWebhookSubscription)(call.actor, self.wanted))


class Disable(One, Confirmed, tag="disable"):
    """Stop telling a subscriber until somebody enables it; events of that time are not queued for it."""

    needs = ADMIN

    async def run(self, call: Call) -> WebhookAnswer:
        """Call ``DisableWebhookSubscription``."""
        return WebhookAnswer.of(await call.use(DisableWebhookSubscription)(call.actor, self.wanted))


TOOL = Tool(
    name="manage_webhooks",
    title="Webhooks",
    about="Systems that are told of events by signed requests: who, of what, where; deliveries, attempts, replays.",
    actions=(List, Get, Create, Update, Delete, Rotate, Test, Enable, Disable, *delivered.ACTIONS),
    reaches_out=True,
)
