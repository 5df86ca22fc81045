"""What an audit reads of packs: each with the children it names, and with those that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from scaicontrol_adapters.sql.rows.packs import PackSubscriptionRow
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_core.integrity.packing import PackStanding, Standing
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select

_OWN = (
    "id",
    "tenant_id",
    "status",
    "current_period_start",
    "current_period_end",
    "trial_ends_at",
    "pending_cancellation_at",
    "past_due_since",
)
_WIDTH = len(_OWN)
PACKS: Select[Any] = select(
    *(getattr(PackSubscriptionRow, name) for name in _OWN), PackSubscriptionRow.members
).order_by(PackSubscriptionRow.id)
CHILDREN: Select[Any] = select(
    *(getattr(SubscriptionRow, name) for name in _OWN), SubscriptionRow.pack_subscription_id
).order_by(SubscriptionRow.id)
#: Subscriptions that name a pack nobody subscribed to.
ORPHANS: Any = (
    select(SubscriptionRow.pack_subscription_id, func.count())
    .outerjoin(PackSubscriptionRow, PackSubscriptionRow.id == SubscriptionRow.pack_subscription_id)
    .where(SubscriptionRow.pack_subscription_id.is_not(None), PackSubscriptionRow.id.is_(None))
    .group_by(SubscriptionRow.pack_subscription_id)
    .order_by(SubscriptionRow.pack_subscription_id)
)


def pack_standings(packs: Sequence[Any], children: Sequence[Any]) -> Sequence[PackStanding]:
    """Put the rows of packs and of their children together."""
    by_pack: dict[str, list[Standing]] = {}
    for row in children:
        by_pack.setdefault(row[_WIDTH], []).append(_standing(row))
    return [
        PackStanding(
            id=row.id,
            own=_standing(row),
            members=tuple(member["subscription_id"] for member in row.members),
            children=tuple(by_pack.get(row.id, ())),
        )
        for row in packs
    ]


def _standing(row: Any) -> Standing:
    values = dict(zip(_OWN, row[:_WIDTH], strict=True))
    return Standing(**values | {"status": SubscriptionStatus(values["status"])})
