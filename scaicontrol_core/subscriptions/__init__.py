"""Subscriptions: who is on which plan, since when, until when, and which periods are owed.

A subscription freezes no price. Its transition table is ``SUBSCRIPTION_LIFECYCLE``; its
calendar, the ``BillingSchedule``, says which periods the billing run must put on an invoice.
"""

from scaicontrol_core.subscriptions.lifecycle import LIVE_STATUSES, SUBSCRIPTION_LIFECYCLE, SubscriptionStatus
from scaicontrol_core.subscriptions.schedule import BillingSchedule, DuePeriod, Pause
from scaicontrol_core.subscriptions.subscription import Subscription

__all__ = [
    "LIVE_STATUSES",
    "SUBSCRIPTION_LIFECYCLE",
    "BillingSchedule",
    "DuePeriod",
    "Pause",
    "Subscription",
    "SubscriptionStatus",
]
