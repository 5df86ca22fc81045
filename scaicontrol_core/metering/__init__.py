"""Metering: what services report of their use, counted once, kept for good, and closed when it is billed.

A report becomes a ``UsageEvent`` or is refused with a ``Reason``; events become roll-ups per
metric, hour and local day, and those the quantities that rating prices.
"""

from scaicontrol_core.metering.outcome import Outcome, OutcomeStatus, Reason
from scaicontrol_core.metering.usage_event import ReportedUsage, UsageEvent

__all__ = ["Outcome", "OutcomeStatus", "Reason", "ReportedUsage", "UsageEvent"]
