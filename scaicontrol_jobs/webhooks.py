"""Webhooks in the background: events are fanned out, deliveries posted, owners told, the log cleared, secrets swept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.forget_webhook_deliveries import BATCH, ForgetWebhookDeliveries
from scaicontrol_core.delivery.use_cases.sweep_webhook_secrets import SweepWebhookSecrets
from scaicontrol_core.delivery.use_cases.tell_webhook_owners import TellWebhookOwners
from scaicontrol_jobs.reactions import react

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container

log = structlog.get_logger(__name__)

#: Batches of fan-out in one slice: a few seconds.
_BATCHES = 10


async def fan_out_events(container: Container) -> bool:
    """Give events their places and make deliveries of them; tell whether more wait."""
    actor = Actor.system("fan_out_events")
    for _ in range(_BATCHES):
        report = await container.use(FanOutEvents)(actor)
        await react(container, report.topics, deliveries=report.deliveries)
        if not report.more:
            return False
    return True


async def deliver_webhooks(container: Container) -> bool:
    """Start what is due; what is under way goes on between the turns. Tell whether to turn again at once."""
    return await container.webhook_pump.turn()


async def tell_webhook_owners(container: Container) -> bool:
    """Write to the owners of subscriptions that were disabled; tell whether more may wait."""
    limit = 20
    return await container.use(TellWebhookOwners)(Actor.system("tell_webhook_owners"), limit) == limit


async def forget_webhook_deliveries(container: Container) -> bool:
    """Clear the delivery log of a batch of what is older than 90 days; tell whether more may be left."""
    return await container.use(ForgetWebhookDeliveries)(Actor.system("forget_webhook_deliveries")) == BATCH


async def sweep_webhook_secrets(container: Container) -> bool:
    """Delete secrets that no subscription has; there are never many."""
    swept = await container.use(SweepWebhookSecrets)(Actor.system("sweep_webhook_secrets"))
    if swept:
        log.info("webhook_secrets_swept", count=swept)
    return False
