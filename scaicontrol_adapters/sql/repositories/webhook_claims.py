"""What may be claimed of deliveries: many subscriptions' shares in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, not_, or_, select, union_all
from sqlalchemy.orm import aliased

from scaicontrol_adapters.sql.rows.delivery import WebhookDeliveryRow
from scaicontrol_core.delivery.lifecycle import DeliveryStatus
from scaicontrol_core.delivery.retry_schedule import ORDERED_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Executable, Select

    from scaicontrol_core.delivery.sharing import Share

_D, _PENDING = WebhookDeliveryRow, DeliveryStatus.PENDING.value
#: Shares that one statement asks for: a few round trips for all, and one text for the databases to know.
_TOGETHER = 8
#: Not in anybody's hands at ``now``.
FREE = or_(_D.lease_until.is_(None), _D.lease_until <= bindparam("now"))
#: By aggregate. An address may begin with either name of the same database.
_FORCED = "FORCE INDEX (ix_webhook_deliveries_subscription_id_order_key_sequence)"

_older = aliased(_D)
#: As ``WebhookDelivery.holds_back``. MariaDB, left to itself, reads a subscription's whole log for every delivery
#: that is due as long as its statistics are older than the load.
_held_back = (
    select(_older.id)
    .with_hint(_older, _FORCED, "mysql")
    .with_hint(_older, _FORCED, "mariadb")
    .where(
        _older.subscription_id == _D.subscription_id,
        _older.order_key == _D.order_key,
        _older.status == _PENDING,
        _older.attempts < ORDERED_ATTEMPTS,
        or_(
            and_(_D.replay == 0, _older.replay == 0, _older.sequence < _D.sequence),
            and_(
                _D.replay > 0,
                _older.replay > 0,
                or_(
                    _older.sequence < _D.sequence,
                    and_(_older.sequence == _D.sequence, _older.replay < _D.replay),
                ),
            ),
        ),
    )
    .exists()
)


def due_of(columns: Sequence[str]) -> Executable:
    """Return the statement for ``due_parameters``: each share's longest due, whole rows."""
    return union_all(*(_due(columns, number) for number in range(_TOGETHER)))


def _due(columns: Sequence[str], number: int) -> Select[Any]:
    found = (
        select(*(getattr(_D, name) for name in columns))
        .where(
            _D.subscription_id == bindparam(f"subscription_{number}"),
            _D.status == _PENDING,
            _D.due_at <= bindparam("now"),
            FREE,
            or_(bindparam(f"loose_{number}") == 1, not_(_held_back)),
        )
        .order_by(_D.due_at, _D.id)
        .limit(bindparam(f"at_most_{number}"))
        .subquery(f"share_{number}")
    )
    return select(*found.c)


def due_parameters(shares: Sequence[Share], now: datetime) -> Iterator[dict[str, Any]]:
    """Return the parameters of each execution; places that nobody needs ask for nothing."""
    for start in range(0, len(shares), _TOGETHER):
        part = shares[start : start + _TOGETHER]
        wanted: dict[str, Any] = {"now": now}
        for number in range(_TOGETHER):
            share = part[number] if number < len(part) else None
            wanted[f"subscription_{number}"] = share.subscription_id if share else ""
            wanted[f"loose_{number}"] = int(share is None or not share.ordered)
            wanted[f"at_most_{number}"] = share.count if share else 0
        yield wanted
