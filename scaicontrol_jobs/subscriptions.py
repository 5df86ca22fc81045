"""Subscriptions in the background: ended trials, cancellations and terms are moved on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container


async def reap_subscriptions(container: Container) -> bool:
    """Move on what is due; it is all done when this returns."""
    await container.use(ReapSubscriptions)(Actor.system("reap_subscriptions"))
    return False
