"""Usage events with their keys, and closings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, or_, select, update

from scaicontrol_adapters.sql.errors import DUPLICATE
from scaicontrol_adapters.sql.partitions import months_ahead
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST
from scaicontrol_adapters.sql.rows.metering import UsageClosingRow, UsageEventKeyRow, UsageEventRow
from scaicontrol_core.kernel.errors import Conflict, Retryable
from scaicontrol_core.kernel.ids import ServiceId, SubscriptionId
from scaicontrol_core.metering.metric import seen_again
from scaicontrol_core.metering.usage_event import UsageEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.metering.ports import EventPlace, Owned

_KEY = UsageEventKeyRow
_KNOWN = select(_KEY.idempotency_key, _KEY.content_hash).where(
    _KEY.service_id == bindparam("wanted_service"), _KEY.idempotency_key.in_(bindparam("wanted_keys", expanding=True))
)
_OLD = (
    select(_KEY.service_id, _KEY.idempotency_key)
    .where(_KEY.received_at < bindparam("received_before"))
    .order_by(_KEY.received_at)
    .limit(bindparam("at_most"))
)
_EVENT = UsageEventRow
_STORED = select(_EVENT.subscription_id, _EVENT.usage_day, _EVENT.metric, _EVENT.idempotency_key).where(
    _EVENT.subscription_id.in_(bindparam("wanted_ids", expanding=True)),
    _EVENT.usage_day.in_(bindparam("wanted_days", expanding=True)),
    _EVENT.idempotency_key.in_(bindparam("wanted_keys", expanding=True)),
)
_NAMES = (
    "subscription_id",
    "usage_day",
    "metric",
    "idempotency_key",
    "service_id",
    "tenant_id",
    "partner_id",
    "quantity",
    "occurred_at",
    "properties",
    "correction",
    "billable_rate",
    "received_at",
)
_OF = (
    select(*(getattr(_EVENT, name) for name in _NAMES))
    .where(_EVENT.subscription_id == bindparam("wanted_id"))
    .order_by(_EVENT.usage_day, _EVENT.metric, _EVENT.idempotency_key)
    .limit(bindparam("at_most"))
)
_OF_LATER = _OF.where(
    or_(
        _EVENT.usage_day > bindparam("after_day"),
        and_(
            _EVENT.usage_day == bindparam("after_day"),
            or_(
                _EVENT.metric > bindparam("after_metric"),
                and_(_EVENT.metric == bindparam("after_metric"), _EVENT.idempotency_key > bindparam("after_key")),
            ),
        ),
    )
)
_CLOSING = UsageClosingRow
_HAD_USAGE: Any = (
    select(_CLOSING.subscription_id.label("id"), _CLOSING.tenant_id, _CLOSING.partner_id)
    .where(_CLOSING.subscription_id > bindparam("after_id"))
    .order_by(_CLOSING.subscription_id)
    .limit(bindparam("at_most"))
)
_CLOSINGS = select(_CLOSING.subscription_id, _CLOSING.closed_until).where(
    _CLOSING.subscription_id.in_(bindparam("wanted_ids", expanding=True))
)
_HELD = _CLOSINGS.order_by(_CLOSING.subscription_id).with_for_update(read=True)
_ALONE: Any = select(_CLOSING.closed_until).where(_CLOSING.subscription_id == bindparam("wanted_id")).with_for_update()
_ALL_ALONE: Any = _CLOSINGS.order_by(_CLOSING.subscription_id).with_for_update()
_CLOSE = (
    update(_CLOSING)
    .where(_CLOSING.subscription_id == bindparam("wanted_id"))
    .values(closed_until=bindparam("new_closed_until"))
)
#: As ``_CLOSE``, but never moving back.
_CLOSE_ON = _CLOSE.where(or_(_CLOSING.closed_until.is_(None), _CLOSING.closed_until < bindparam("new_closed_until")))


class SqlUsageEvents:
    """Events and their keys (port ``UsageEvents``); triggers refuse every change of an event."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def known(self, keys: Collection[tuple[ServiceId, str]]) -> Mapping[tuple[ServiceId, str], str]:
        """Return the content hash of each key that was accepted in the last 90 days."""
        by_service: dict[ServiceId, list[str]] = {}
        for service_id, key in keys:
            by_service.setdefault(service_id, []).append(key)
        found: dict[tuple[ServiceId, str], str] = {}
        for service_id, wanted in by_service.items():
            for start in range(0, len(wanted), MAX_IN_LIST):
                part = {"wanted_service": service_id, "wanted_keys": wanted[start : start + MAX_IN_LIST]}
                rows = await self._transaction.execute(_KNOWN, part)
                found |= {(service_id, row.idempotency_key): row.content_hash for row in rows}
        return found

    async def add(self, events: Sequence[UsageEvent]) -> None:
        """Store events and their keys; raises ``Retryable`` if another transaction was first with a key.

        Both in the order of their primary keys: concurrent batches wait for each other in one
        direction only.
        """
        keys = [_key_row(event) for event in sorted(events, key=lambda event: event.key)]
        try:
            await self._transaction.insert(UsageEventKeyRow, keys)
        except Conflict as conflict:
            if conflict.code != DUPLICATE:
                raise
            raise Retryable("The same event came in twice at once.") from conflict
        await self._transaction.insert(UsageEventRow, [_event_row(event) for event in sorted(events, key=_place)])

    async def kept(self, events: Sequence[UsageEvent]) -> Collection[tuple[ServiceId, str]]:
        """Return the keys of those that are stored already."""
        by_key = {_place(event): event.key for event in events}
        found: set[tuple[ServiceId, str]] = set()
        for start in range(0, len(events), MAX_IN_LIST):
            part = events[start : start + MAX_IN_LIST]
            wanted = {
                "wanted_ids": sorted({event.subscription_id for event in part}),
                "wanted_days": sorted({event.usage_day for event in part}),
                "wanted_keys": sorted({event.idempotency_key for event in part}),
            }
            rows = await self._transaction.execute(_STORED, wanted)
            found |= {by_key[tuple(row)] for row in rows if tuple(row) in by_key}
        return found

    async def of(
        self, subscription: Owned, services: Sequence[Service], after: EventPlace | None, *, limit: int
    ) -> Sequence[UsageEvent]:
        """Return up to ``limit`` events of a subscription after a place, in order."""
        wanted: dict[str, Any] = {"wanted_id": subscription.id, "at_most": limit}
        if after is not None:
            wanted |= dict(zip(("after_day", "after_metric", "after_key"), after, strict=True))
        rows = await self._transaction.execute(_OF if after is None else _OF_LATER, wanted)
        return [_event(dict(zip(_NAMES, row, strict=True)), services) for row in rows]

    async def forget_keys(self, before: datetime, *, limit: int) -> int:
        """Delete up to ``limit`` keys received before an instant; return how many."""
        old = (await self._transaction.execute(_OLD, {"received_before": before, "at_most": limit})).all()
        by_service: dict[str, list[str]] = {}
        for row in old:
            by_service.setdefault(row.service_id, []).append(row.idempotency_key)
        for service_id, keys in by_service.items():
            for start in range(0, len(keys), MAX_IN_LIST):
                part = keys[start : start + MAX_IN_LIST]
                gone = delete(_KEY).where(_KEY.service_id == service_id, _KEY.idempotency_key.in_(part))
                await self._transaction.execute(gone, synchronize_session=False)
        return len(old)

    async def keep_ahead(self, today: date, *, months: int) -> int:
        """Make sure that partitions reach ``months`` ahead; return how many were made."""
        return await months_ahead(self._transaction, UsageEventRow.__tablename__, today, months)


class SqlUsageClosings:
    """Closings within scope (port ``UsageClosings``): shared locks for who adds, an exclusive one for who bills."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def hold(self, subscriptions: Sequence[Owned]) -> Mapping[SubscriptionId, date]:
        """Return the first unbilled day of each that was ever closed, under shared locks."""
        ids = sorted(each.id for each in subscriptions)
        held = await self._held(ids)
        missing = [each for each in subscriptions if each.id not in held]
        if missing:
            await self._make(missing)
            held |= await self._held(sorted(each.id for each in missing))
        return {key: until for key, until in held.items() if until is not None}

    async def alone(self, *subscriptions: Owned) -> None:
        """Wait for those who hold any of them, and let nobody hold one before this commits."""
        held = await self._held(sorted(each.id for each in subscriptions), _ALL_ALONE)
        await self._make([each for each in subscriptions if each.id not in held])

    async def known(self, after: SubscriptionId | None, *, limit: int) -> Sequence[Owned]:
        """Return up to ``limit`` subscriptions that ever had usage, by id, after one."""
        return (await self._transaction.execute(_HAD_USAGE, {"after_id": after or "", "at_most": limit})).all()

    async def close_many(self, until: Sequence[tuple[Owned, date]]) -> None:
        """Close those that this has ``alone``."""
        closings = [{"wanted_id": each.id, "new_closed_until": day} for each, day in until]
        await self._transaction.update_each(_CLOSE_ON, closings)

    async def close(self, subscription: Owned, until: date) -> None:
        """Let no usage of days before ``until`` in any more; never moves back."""
        named = {"wanted_id": subscription.id}
        row = (await self._transaction.execute(_ALONE, named)).first()
        if row is None:
            await self._make([subscription])
            row = (await self._transaction.execute(_ALONE, named)).one()
        if row.closed_until is None or row.closed_until < until:
            await self._transaction.update(_CLOSE, {**named, "new_closed_until": until})

    async def _held(self, ids: Sequence[SubscriptionId], locked: Any = _HELD) -> dict[SubscriptionId, date | None]:
        held: dict[SubscriptionId, date | None] = {}
        for start in range(0, len(ids), MAX_IN_LIST):
            rows = await self._transaction.execute(locked, {"wanted_ids": ids[start : start + MAX_IN_LIST]})
            held |= {SubscriptionId(row.subscription_id): row.closed_until for row in rows}
        return held

    async def _make(self, subscriptions: Sequence[Owned]) -> None:
        statement = self._transaction.dialect.insert_if_absent(_CLOSING, "subscription_id")
        for each in sorted(subscriptions, key=lambda each: each.id):
            owners = {"tenant_id": each.tenant_id, "partner_id": each.partner_id}
            await self._transaction.execute(statement, {"subscription_id": each.id, "closed_until": None, **owners})


def _place(event: UsageEvent) -> tuple[Any, ...]:
    return event.subscription_id, event.usage_day, event.metric, event.idempotency_key


def _event(kept: dict[str, Any], services: Sequence[Service]) -> UsageEvent:
    properties = kept.pop("properties") or {}
    seen = seen_again(services, kept["service_id"], kept["metric"], properties)
    return UsageEvent(**kept, properties=properties, content_hash="", unique_value=seen)


def _key_row(event: UsageEvent) -> dict[str, Any]:
    return {
        "service_id": event.service_id,
        "idempotency_key": event.idempotency_key,
        "content_hash": event.content_hash,
        "received_at": event.received_at,
    }


def _event_row(event: UsageEvent) -> dict[str, Any]:
    return {
        "subscription_id": event.subscription_id,
        "usage_day": event.usage_day,
        "metric": event.metric,
        "idempotency_key": event.idempotency_key,
        "service_id": event.service_id,
        "tenant_id": event.tenant_id,
        "partner_id": event.partner_id,
        "quantity": event.quantity,
        "occurred_at": event.occurred_at,
        "properties": dict(event.properties) or None,
        "correction": event.correction,
        "billable_rate": event.billable_rate,
        "received_at": event.received_at,
    }
