"""Second pass, second half: write down what came of attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.health import WebhookHealth
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.outcome import Verdict, verdict
from scaicontrol_core.delivery.parcel import Answered
from scaicontrol_core.delivery.ports import Randomness
from scaicontrol_core.delivery.retry_schedule import JITTER_STEPS
from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
from scaicontrol_core.delivery.webhook_subscription import DisableReason
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Retryable, Stale
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class RecordWebhookAnswers:
    """Settle claimed deliveries by their answers, in the order given, and see to the receivers' health.

    What another worker took over meanwhile is that worker's to settle. Subscriptions whose receiver is gone, or
    only failed for days, are disabled.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    randomness: Randomness

    async def __call__(self, actor: Actor, answered: Sequence[Answered]) -> None:
        """Return when it is durable."""
        actor.require_platform()
        try:
            # Hardly ever has another worker taken one over. Where one has, it is looked up which.
            await self._write(actor, answered, look=False)
        except Retryable:
            await self._write(actor, answered, look=True)

    async def _write(self, actor: Actor, answered: Sequence[Answered], *, look: bool) -> None:
        now = self.clock.now()
        try:
            async with self.work.begin(actor) as work:
                await self._settle(work, answered, now, look=look)
                await self._judge(work, answered, now)
                await work.commit()
        except Stale as stale:
            raise Retryable("Somebody changed the subscription meanwhile.") from stale

    async def _settle(self, work: DeliveryWork, answered: Sequence[Answered], now: datetime, *, look: bool) -> None:
        by_owner: dict[str, list[Answered]] = {}
        for each in answered:
            by_owner.setdefault(each.parcel.owner, []).append(each)
        for owner, theirs in by_owner.items():
            answers = {each.parcel.delivery_id: each.answer for each in theirs}
            held: Sequence[WebhookDelivery]
            if look:
                held = await work.webhook_deliveries.held_by(owner, list(answers))
            else:
                held = [evolve(each.parcel.held) for each in theirs]  # settled anew if this has to be done again
            settled = [(each, each.settle(answers[each.id], now, self.randomness.below(JITTER_STEPS))) for each in held]
            await work.webhook_deliveries.settle_each(owner, settled)

    async def _judge(self, work: DeliveryWork, answered: Sequence[Answered], now: datetime) -> None:
        wanted = sorted({each.parcel.subscription_id for each in answered})
        before = await work.webhook_healths.of(wanted)
        after, gone = _fold(before, answered, now)
        changed = [health for key, health in after.items() if health != before[key]]
        await work.webhook_healths.save_each(changed)
        ending = gone | {key for key, health in after.items() if health.has_only_failed(now)}
        for key, subscription in (await work.webhook_subscriptions.get_many(sorted(ending))).items():
            if subscription.is_active:
                reason = DisableReason.GONE if key in gone else DisableReason.ONLY_FAILURES
                subscription.disable(reason, now, failing_since=after[key].failing_since)
                await work.webhook_subscriptions.save(subscription)


def _fold(
    before: Mapping[WebhookSubscriptionId, WebhookHealth], answered: Sequence[Answered], now: datetime
) -> tuple[dict[WebhookSubscriptionId, WebhookHealth], set[WebhookSubscriptionId]]:
    """Return the receivers' health after the answers, and those that are gone."""
    after, gone = dict(before), set[WebhookSubscriptionId]()
    for each in answered:
        key, judged = each.parcel.subscription_id, verdict(each.answer)
        if key not in after or judged is Verdict.UNSENT:
            continue
        after[key] = after[key].succeeded(now) if judged is Verdict.ARRIVED else after[key].failed(now)
        if judged is Verdict.GONE:
            gone.add(key)
    return after, gone
