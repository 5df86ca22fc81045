"""What entitlements need from the outside."""

from __future__ import annotations

from typing import Protocol

from scaicontrol_core.metering.ports import MeteringWork
from scaicontrol_core.subscriptions.ports import SubscriptionsWork


class EntitlementsWork(SubscriptionsWork, MeteringWork, Protocol):
    """A unit of work over subscriptions and their usage."""
