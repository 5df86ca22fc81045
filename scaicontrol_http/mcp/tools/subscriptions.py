"""``manage_subscriptions``: what a customer has of a plan."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, field

from scaicontrol_core.access import Permission
from scaicontrol_core.audit.subject import SUBSCRIPTION
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.kernel import ids
from scaicontrol_core.subscriptions.changing import Effective
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.extend_trial import ExtendTrial
from scaicontrol_core.subscriptions.use_cases.get_subscription import GetSubscription
from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.pause_subscription import PauseSubscription
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.set_anchor import SetAnchor
from scaicontrol_core.subscriptions.use_cases.set_term import SetTerm
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.subscriptions.use_cases.withdraw_change import WithdrawChange
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Confirmed, Effect, Keyed, Listed, Sorted
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.subscriptions.schemas import ChangeAnswer, SubscriptionAnswer

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


class _One(Action):
    subscription_id: given.SubscriptionId

    @property
    def wanted(self) -> ids.SubscriptionId:
        """Which one."""
        return ids.SubscriptionId(self.subscription_id)


class Get(_One, tag="get"):
    """Show one subscription, and the states it may move to."""

    audience = Audience.EVERYONE
    needs = _READ
    routes = (f"GET {_ONE}", f"GET {_MINE}")

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``GetSubscription``."""
        return SubscriptionAnswer.of(await call.use(GetSubscription)(call.actor, self.wanted))


class Create(Keyed, tag="create"):
    """Put a tenant on a plan: trialing if a first trial is due, else active and charged."""

    needs = _ADMIN
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


class Subscribe(Keyed, tag="subscribe"):
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


class _Change(_One):
    plan_key: given.PlanKey | None = None
    quantity: given.Quantity | None = None
    effective: Annotated[Effective, Meta(description="When: now, or at the end of the running period.")] = Effective.NOW
    proration: Annotated[
        Proration,
        Meta(
            description="What becomes of the running period: none (stays as charged), immediate (difference on an"
            " invoice now), next_invoice (difference with the next period)."
        ),
    ] = Proration.NONE

    async def change(self, call: Call, *, preview: bool) -> ChangeAnswer:
        """Call ``ChangeSubscription``."""
        wanted = SubscriptionChange(
            plan_key=self.plan_key,
            quantity=self.quantity,
            effective=self.effective,
            proration=self.proration,
            preview=preview,
        )
        return ChangeAnswer.of(await call.use(ChangeSubscription)(call.actor, self.wanted, wanted))


class PreviewChange(_Change, tag="preview_change"):
    """Tell what another plan or quantity would credit and charge; nothing is written."""

    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"POST {_ONE}/change-plan/preview", f"POST {_MINE}/change-plan/preview")

    async def run(self, call: Call) -> ChangeAnswer:
        """Call ``ChangeSubscription`` for a preview."""
        return await self.change(call, preview=True)


class ChangePlan(_Change, Keyed, tag="change_plan"):
    """Change plan or quantity, now or at the end of the period; preview_change tells the amounts first."""

    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"POST {_ONE}/change-plan", f"POST {_MINE}/change-plan")

    async def run(self, call: Call) -> ChangeAnswer:
        """Call ``ChangeSubscription``."""
        return await self.change(call, preview=False)


class WithdrawPlanned(_One, tag="withdraw_change"):
    """Forget a change that waits for the end of the period."""

    effect = Effect.SETS
    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"DELETE {_ONE}/pending-change", f"DELETE {_MINE}/pending-change")

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``WithdrawChange``."""
        return SubscriptionAnswer.of(await call.use(WithdrawChange)(call.actor, self.wanted))


class Cancel(_One, Confirmed, tag="cancel"):
    """End a subscription with the period that is paid for, or at once."""

    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"POST {_ONE}/cancel", f"POST {_MINE}/cancel")

    immediate: given.Immediate = False
    reason: given.Reason | None = None

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``CancelSubscription``."""
        cancel = call.use(CancelSubscription)
        return SubscriptionAnswer.of(
            await cancel(call.actor, self.wanted, immediate=self.immediate, reason=self.reason)
        )


class Resume(_One, tag="resume"):
    """Take back a scheduled cancellation; for administrators also a suspension or a pause."""

    effect = Effect.SETS
    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"POST {_ONE}/resume", f"POST {_MINE}/resume")

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``ResumeSubscription``."""
        return SubscriptionAnswer.of(await call.use(ResumeSubscription)(call.actor, self.wanted))


class Suspend(_One, Confirmed, tag="suspend"):
    """Stop service and charges until somebody resumes it; the customer is cut off at once."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/suspend",)

    reason: given.Reason | None = None

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``SuspendSubscription``."""
        suspend = call.use(SuspendSubscription)
        return SubscriptionAnswer.of(await suspend(call.actor, self.wanted, reason=self.reason))


class Pause(_One, Confirmed, tag="pause"):
    """Stop service and charges for a while; with a day, it resumes by itself."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/pause",)

    until: Annotated[given.Day, Meta(description="Day on which it resumes; without it, when somebody does.")] | None = (
        None
    )

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``PauseSubscription``."""
        return SubscriptionAnswer.of(await call.use(PauseSubscription)(call.actor, self.wanted, until=self.until))


class Prolong(_One, tag="extend_trial"):
    """Let a trial end on a later day."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"POST {_ONE}/extend-trial",)

    until: Annotated[given.Day, Meta(description="The day on which the trial ends instead.")]

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``ExtendTrial``."""
        return SubscriptionAnswer.of(await call.use(ExtendTrial)(call.actor, self.wanted, self.until))


class Anchor(_One, tag="set_anchor"):
    """Bill on the days of another anchor after the running period; days in between are charged as days."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"PUT {_ONE}/anchor",)

    anchor: Annotated[given.Day, Meta(description="The day that periods are counted from.")]

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``SetAnchor``."""
        return SubscriptionAnswer.of(await call.use(SetAnchor)(call.actor, self.wanted, self.anchor))


class Term(_One, tag="set_term"):
    """Fix the day a subscription expires on; without ends_on it goes on until somebody cancels."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"PUT {_ONE}/term",)

    ends_on: Annotated[given.Day, Meta(description="The day on which it expires.")] | None = None

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``SetTerm``."""
        return SubscriptionAnswer.of(await call.use(SetTerm)(call.actor, self.wanted, self.ends_on))


class Override(_One, Confirmed, tag="override"):
    """Set plan or status by hand, past the usual rules; at least one of the two."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/override",)

    plan_key: given.PlanKey | None = None
    status: Annotated[SubscriptionStatus, Meta(description="The state to move to, if that is legal.")] | None = None

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``OverrideSubscription``."""
        override = call.use(OverrideSubscription)
        return SubscriptionAnswer.of(
            await override(call.actor, self.wanted, plan_key=self.plan_key, status=self.status)
        )


class History(_One, Listed, tag="history"):
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
    actions=(
        List,
        Get,
        Create,
        Subscribe,
        PreviewChange,
        ChangePlan,
        WithdrawPlanned,
        Cancel,
        Resume,
        Suspend,
        Pause,
        Prolong,
        Anchor,
        Term,
        Override,
        History,
    ),
)
