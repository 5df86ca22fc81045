"""The children of a pack stand where their pack stands, and a pack has the children that it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.integrity.finding import Finding, IntegrityRule
from scaicontrol_core.subscriptions.lifecycle import LIVE_STATUSES, SubscriptionStatus

if TYPE_CHECKING:
    from datetime import date, datetime

    from scaicontrol_core.kernel.ids import PackSubscriptionId, SubscriptionId, TenantId

_MIRRORED = (
    "tenant_id",
    "status",
    "current_period_start",
    "current_period_end",
    "trial_ends_at",
    "pending_cancellation_at",
    "past_due_since",
)


@frozen(kw_only=True)
class Standing:
    """Where a pack or a child of one stands."""

    id: str
    tenant_id: TenantId
    status: SubscriptionStatus
    current_period_start: date | None
    current_period_end: date | None
    trial_ends_at: datetime | None
    pending_cancellation_at: datetime | None
    past_due_since: datetime | None


@frozen(kw_only=True)
class PackStanding:
    """A subscription to a pack, the children it names, and all subscriptions that name it; those by id."""

    id: PackSubscriptionId
    own: Standing
    members: tuple[SubscriptionId, ...]
    children: tuple[Standing, ...]


def pack_findings(pack: PackStanding) -> Iterator[Finding]:
    """Yield where children differ from their pack, and where pack and children do not know each other."""
    known = {child.id: child for child in pack.children}
    for member in pack.members:
        if member not in known:
            yield _found(pack, f"names {member} as its child, which does not name it")
    for child in pack.children:
        live = child.status in LIVE_STATUSES
        if live and child.id not in pack.members:
            yield _found(pack, f"does not name {child.id}, a live child")
        if live or child.id in pack.members:
            for name in _MIRRORED:
                stands, should = _shown(child, name), _shown(pack.own, name)
                if stands != should:
                    yield _found(pack, f"has {name} {should}, its child {child.id} {stands}")


def _shown(standing: Standing, name: str) -> Any:
    value = getattr(standing, name)
    return value.value if isinstance(value, SubscriptionStatus) else value


def _found(pack: PackStanding, fault: str) -> Finding:
    return Finding(IntegrityRule.CHILDREN_MIRROR_PACKS, "pack_subscription", pack.id, fault)
