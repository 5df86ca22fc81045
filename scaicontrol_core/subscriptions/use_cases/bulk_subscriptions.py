"""Do one thing to many subscriptions, each for itself."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.checks import maybe_text
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid, ScaiControlError
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.situation import load_situation
from scaicontrol_core.subscriptions.subscription import MAX_REASON

MAX_BULK = 1000
_reason = maybe_text(MAX_REASON)


class BulkAction(StrEnum):
    """What may be done to many at once."""

    CANCEL = "cancel"
    CANCEL_IMMEDIATE = "cancel_immediate"
    SUSPEND = "suspend"
    RESUME = "resume"


@frozen
class BulkOrder:
    """What to do to which; at most a thousand, each named once."""

    action: BulkAction
    ids: tuple[SubscriptionId, ...]
    reason: str | None = field(default=None)

    def __attrs_post_init__(self) -> None:
        """Refuse none, too many, and a reason without end."""
        object.__setattr__(self, "reason", _reason(self.reason, "/reason"))
        object.__setattr__(self, "ids", tuple(dict.fromkeys(self.ids)))
        if not 1 <= len(self.ids) <= MAX_BULK:
            raise Invalid.field("/ids", f"Name 1 to {MAX_BULK} subscriptions.", code="bulk_size_invalid")


@frozen
class BulkFailure:
    """One that was not changed, and why."""

    id: SubscriptionId
    code: str
    message: str


@frozen
class BulkReport:
    """Which were changed and which were not, in the order asked."""

    succeeded: tuple[SubscriptionId, ...]
    failed: tuple[BulkFailure, ...]


@frozen
class BulkSubscriptions:
    """Best effort: each in a transaction of its own, one refusal stops no other."""

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock
    retry: Retry

    async def __call__(self, actor: Actor, order: BulkOrder) -> BulkReport:
        """Return which were changed, and why the others were not."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        succeeded: list[SubscriptionId] = []
        failed: list[BulkFailure] = []
        for subscription_id in order.ids:

            async def attempt(subscription_id: SubscriptionId = subscription_id) -> None:
                await self._one(actor, subscription_id, order)

            try:
                await self.retry(attempt)
                succeeded.append(subscription_id)
            except ScaiControlError as error:
                failed.append(BulkFailure(subscription_id, error.code, error.message))
        return BulkReport(tuple(succeeded), tuple(failed))

    async def _one(self, actor: Actor, subscription_id: SubscriptionId, order: BulkOrder) -> None:
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            it, plan, today = here.subscription, here.plan, here.today
            if order.action is BulkAction.CANCEL:
                it.cancel_at_period_end(plan, today, here.timezone, order.reason)
            elif order.action is BulkAction.CANCEL_IMMEDIATE:
                it.cancel(plan, now, today, order.reason)
            elif order.action is BulkAction.SUSPEND:
                it.suspend(plan, today, order.reason)
            else:
                it.resume(plan, today)
            await work.subscriptions.save(it)
            await work.commit()
