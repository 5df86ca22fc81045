"""``manage_usage``: what services report of their use."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta, to_builtins

from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.metering.reading import MAX_KEY_LENGTH, read_report
from scaicontrol_core.metering.usage_series import Granularity
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.metering.use_cases.read_usage import ReadUsage, UsageQuery
from scaicontrol_core.metering.use_cases.rebuild_usage import RebuildUsage
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Effect
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.metering.schemas import MetricUsageAnswer, UsageAnswer
from scaicontrol_http.requests import Answer, Body, Listing, whole

_MOST_EVENTS = 500


class UsageEvent(Body):
    """One report of use."""

    idempotency_key: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_KEY_LENGTH,
            description="Names the event: the same key and content count once.",
            examples=["req-8f14e45f"],
        ),
    ]
    tenant_id: given.TenantId
    metric: Annotated[str, Meta(max_length=100, description="Slug of the metric.", examples=["api_calls"])]
    quantity: Annotated[
        str,
        Meta(
            max_length=40,
            description="An exact decimal of at most 9 decimals, as text; negative only for a correction.",
            examples=["50"],
        ),
    ]
    occurred_at: Annotated[datetime, Meta(tz=True, description="RFC 3339 with its offset.")]
    service: given.ServiceSlug | None = None
    subscription_id: given.SubscriptionId | None = None
    properties: Annotated[dict[str, Any], Meta(description="Anything of your own.")] | None = None
    correction: Annotated[bool, Meta(description="Whether it corrects what was reported before.")] = False


class Record(Action, tag="record"):
    """Report use; each event is accepted, a duplicate (counts once) or rejected with a reason. Safe to repeat."""

    effect = Effect.SETS
    needs = (Permission.REGISTRY_MANAGE, Permission.ADMIN_USAGE)
    routes = ("POST /metering/events",)

    events: Annotated[
        list[UsageEvent], Meta(min_length=1, max_length=_MOST_EVENTS, description=f"1 to {_MOST_EVENTS} events.")
    ]

    @classmethod
    def permitted(cls, actor: Actor) -> bool:
        """A service reports its own; else the platform alone may report for others."""
        whole = actor.scope.kind is ScopeKind.PLATFORM
        return super().permitted(actor) and (whole or actor.may(Permission.REGISTRY_MANAGE))

    async def run(self, call: Call) -> UsageAnswer:
        """Call ``IngestUsage``."""
        reports = [read_report(to_builtins(event)) for event in self.events]
        return UsageAnswer.of(await call.use(IngestUsage)(call.actor, UsageBatch(reports=reports)))


class Summary(Action, tag="summary"):
    """Show what a tenant used: each metric of the running period with its quota, what is left, and a series."""

    audience = Audience.EVERYONE
    needs = (Permission.ADMIN_USAGE, Permission.SUBSCRIPTIONS_READ)
    routes = ("GET /admin/usage", "GET /usage")

    tenant_id: given.OwnTenantId | None = None
    by: Annotated[Granularity, Meta(description="Grain of the series: hour (UTC), day or month (seller's zone).")] = (
        Granularity.DAY
    )
    start: Annotated[date, Meta(description="First local day; 30 days ago without it.")] | None = None
    end: Annotated[date, Meta(description="The day after the last one; tomorrow without it.")] | None = None
    service: given.ServiceSlug | None = None

    async def run(self, call: Call) -> Listing[MetricUsageAnswer]:
        """Call ``ReadUsage``."""
        query = UsageQuery(
            tenant_id=call.tenant(self.tenant_id), by=self.by, start=self.start, end=self.end, service=self.service
        )
        return whole(await call.use(ReadUsage)(call.actor, query), MetricUsageAnswer.of)


class RebuiltAnswer(Answer):
    """What was added up again; ``last`` is null once all subscriptions are done."""

    subscriptions: int
    events: int
    last: str | None


class Rebuild(Action, tag="rebuild"):
    """Add all events of the next 20 subscriptions up again, if their sums are in doubt; call again with last."""

    effect = Effect.SETS
    needs = (Permission.ADMIN_USAGE,)
    platform = True

    after: Annotated[str, Meta(max_length=64, description="The last of the answer before.")] | None = None

    async def run(self, call: Call) -> RebuiltAnswer:
        """Call ``RebuildUsage``."""
        done = await call.use(RebuildUsage)(call.actor, SubscriptionId(self.after) if self.after else None)
        return RebuiltAnswer(subscriptions=done.subscriptions, events=done.events, last=done.last)


TOOL = Tool(
    name="manage_usage",
    title="Usage",
    about="What is used of metered services: report it, sum it up, correct it (an event with correction: true).",
    actions=(Record, Summary, Rebuild),
)
