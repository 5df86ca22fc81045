"""Entitlements: what a tenant may use of a service right now, in one answer that a service can enforce.

Put together from subscription, plan and usage, and kept in a cache for a stated time at most.
"""

from scaicontrol_core.entitlements.entitlement import EntitledSubscription, Entitlement, QuotaStanding, Refusal

__all__ = ["EntitledSubscription", "Entitlement", "QuotaStanding", "Refusal"]
