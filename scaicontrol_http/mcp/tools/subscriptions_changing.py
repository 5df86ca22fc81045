"""``manage_subscriptions``: what becomes of a subscription."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from scaicontrol_core.access import Permission
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.kernel import ids
from scaicontrol_core.subscriptions.changing import Effective
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.extend_trial import ExtendTrial
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.pause_subscription import PauseSubscription
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.set_anchor import SetAnchor
from scaicontrol_core.subscriptions.use_cases.set_term import SetTerm
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.subscriptions.use_cases.withdraw_change import WithdrawChange
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Confirmed, Effect, Writing
from scaicontrol_http.subscriptions.schemas import ChangeAnswer, SubscriptionAnswer

_BUY = (Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
_ADMIN = (Permission.ADMIN_SUBSCRIPTIONS,)
_ONE = "/admin/subscriptions/{subscription_id}"
_MINE = "/subscriptions/{subscription_id}"


class One(Action):
    """An action on one subscription."""

    subscription_id: given.SubscriptionId

    @property
    def wanted(self) -> ids.SubscriptionId:
        """Which one."""
        return ids.SubscriptionId(self.subscription_id)


class _Change(One):
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


class ChangePlan(_Change, Writing, tag="change_plan"):
    """Change plan or quantity, now or at the end of the period; preview_change tells the amounts first."""

    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"POST {_ONE}/change-plan", f"POST {_MINE}/change-plan")

    async def run(self, call: Call) -> ChangeAnswer:
        """Call ``ChangeSubscription``."""
        return await self.change(call, preview=False)


class WithdrawPlanned(One, tag="withdraw_change"):
    """Forget a change that waits for the end of the period."""

    effect = Effect.SETS
    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"DELETE {_ONE}/pending-change", f"DELETE {_MINE}/pending-change")

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``WithdrawChange``."""
        return SubscriptionAnswer.of(await call.use(WithdrawChange)(call.actor, self.wanted))


class Cancel(One, Confirmed, tag="cancel"):
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


class Resume(One, tag="resume"):
    """Take back a scheduled cancellation; for administrators also a suspension or a pause."""

    effect = Effect.SETS
    audience = Audience.EVERYONE
    needs = _BUY
    routes = (f"POST {_ONE}/resume", f"POST {_MINE}/resume")

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``ResumeSubscription``."""
        return SubscriptionAnswer.of(await call.use(ResumeSubscription)(call.actor, self.wanted))


class Suspend(One, Confirmed, tag="suspend"):
    """Stop service and charges until somebody resumes it; the customer is cut off at once."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/suspend",)

    reason: given.Reason | None = None

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``SuspendSubscription``."""
        suspend = call.use(SuspendSubscription)
        return SubscriptionAnswer.of(await suspend(call.actor, self.wanted, reason=self.reason))


class Pause(One, Confirmed, tag="pause"):
    """Stop service and charges for a while; with a day, it resumes by itself."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/pause",)

    until: Annotated[given.Day, Meta(description="Day on which it resumes; without it, when somebody does.")] | None = (
        None
    )

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``PauseSubscription``."""
        return SubscriptionAnswer.of(await call.use(PauseSubscription)(call.actor, self.wanted, until=self.until))


class Prolong(One, tag="extend_trial"):
    """Let a trial end on a later day."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"POST {_ONE}/extend-trial",)

    until: Annotated[given.Day, Meta(description="The day on which the trial ends instead.")]

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``ExtendTrial``."""
        return SubscriptionAnswer.of(await call.use(ExtendTrial)(call.actor, self.wanted, self.until))


class Anchor(One, tag="set_anchor"):
    """Bill on the days of another anchor after the running period; days in between are charged as days."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"PUT {_ONE}/anchor",)

    anchor: Annotated[given.Day, Meta(description="The day that periods are counted from.")]

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``SetAnchor``."""
        return SubscriptionAnswer.of(await call.use(SetAnchor)(call.actor, self.wanted, self.anchor))


class Term(One, tag="set_term"):
    """Fix the day a subscription expires on; without ends_on it goes on until somebody cancels."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = (f"PUT {_ONE}/term",)

    ends_on: Annotated[given.Day, Meta(description="The day on which it expires.")] | None = None

    async def run(self, call: Call) -> SubscriptionAnswer:
        """Call ``SetTerm``."""
        return SubscriptionAnswer.of(await call.use(SetTerm)(call.actor, self.wanted, self.ends_on))


class Override(One, Confirmed, tag="override"):
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


ACTIONS = (
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
)
