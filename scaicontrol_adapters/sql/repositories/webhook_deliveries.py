"""Deliveries of webhooks and their log. Claims and results are conditional updates: no row lock is relied upon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, not_, or_, select, update
from sqlalchemy.orm import aliased

from scaicontrol_adapters.sql.mapping import Fields, enum
from scaicontrol_adapters.sql.reads.delivery import page_of_deliveries
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST
from scaicontrol_adapters.sql.repositories.webhook_claims import FREE, due_of, due_parameters
from scaicontrol_adapters.sql.rows.delivery import (
    DeliveryAttemptRow,
    WebhookDeliveryRow,
    WebhookHealthRow,
    WebhookSubscriptionRow,
)
from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import DeliveryStatus, WebhookStatus
from scaicontrol_core.delivery.outcome import ErrorClass, Verdict
from scaicontrol_core.delivery.webhook_delivery import DeliveryAttempt, WebhookDelivery
from scaicontrol_core.kernel.errors import NotFound, Retryable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.delivery.ports import DeliveryFilter
    from scaicontrol_core.delivery.sharing import Share
    from scaicontrol_core.kernel.ids import EventId
    from scaicontrol_core.kernel.paging import Page, PageRequest

_CODECS = {"status": enum(DeliveryStatus), "last_error": enum(ErrorClass)}
_DELIVERY = Fields(WebhookDelivery, codecs=_CODECS)
_ATTEMPT = Fields(DeliveryAttempt, codecs={"verdict": enum(Verdict), "error": enum(ErrorClass)})
_D, _A, _PENDING = WebhookDeliveryRow, DeliveryAttemptRow, DeliveryStatus.PENDING.value
_SELECT: Select[Any] = select(*(getattr(_D, name) for name in _DELIVERY.columns))
_DUE = due_of(_DELIVERY.columns)
_first_due = (
    select(_D.due_at)
    .where(_D.subscription_id == WebhookSubscriptionRow.id, _D.status == _PENDING, FREE)
    .order_by(_D.due_at)
    .limit(1)
    .scalar_subquery()
)
_WAITING = (
    select(WebhookSubscriptionRow.id)
    .join(WebhookHealthRow, WebhookHealthRow.subscription_id == WebhookSubscriptionRow.id)
    .where(
        WebhookSubscriptionRow.status == WebhookStatus.ACTIVE.value,
        or_(WebhookHealthRow.open_until.is_(None), WebhookHealthRow.open_until <= bindparam("now")),
        _first_due <= bindparam("now"),
    )
    .order_by(WebhookSubscriptionRow.id)
)
_IN_FLIGHT = (
    select(_D.subscription_id, func.count())
    .where(_D.lease_until > bindparam("now"), _D.status == _PENDING)
    .group_by(_D.subscription_id)
)
_CLAIM = (
    update(_D)
    .where(_D.id.in_(bindparam("wanted", expanding=True)), _D.status == _PENDING, _D.due_at <= bindparam("now"), FREE)
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"), attempts=_D.attempts + 1)
)
_HELD = _SELECT.where(
    _D.id.in_(bindparam("wanted", expanding=True)), _D.lease_owner == bindparam("owner"), _D.status == _PENDING
)
_CHANGES = ("status", "attempts", "due_at", "last_status", "last_error", "finished_at")
#: Settling writes these alone; a thousand a second are worth not writing out the rest.
_SETTLED = Fields(
    WebhookDelivery, codecs=_CODECS, elsewhere=tuple(name for name in _DELIVERY.columns if name not in _CHANGES)
)
_values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _CHANGES} | {
    "lease_owner": None,
    "lease_until": None,
}
_SETTLE = update(_D).where(_D.id == bindparam("key"), _D.lease_owner == bindparam("owner")).values(**_values)
#: For those that ended alike, as most do; when they were due is left as it is.
_SETTLE_ALIKE = (
    update(_D)
    .where(_D.id.in_(bindparam("wanted", expanding=True)), _D.lease_owner == bindparam("owner"))
    .values(**{name: value for name, value in _values.items() if name != "due_at"})
)
_newer = aliased(_D)
_DEAD = (
    _SELECT.where(
        _D.subscription_id == bindparam("subscription"),
        _D.status == DeliveryStatus.DEAD.value,
        _D.id > bindparam("after"),
        not_(
            select(_newer.id)
            .where(
                _newer.subscription_id == _D.subscription_id,
                _newer.idempotency_key == _D.idempotency_key,
                _newer.replay > _D.replay,
            )
            .exists()
        ),
    )
    .order_by(_D.id)
    .limit(bindparam("at_most"))
)
_COUNTS = (
    select(_D.subscription_id, _D.status, func.count())
    .where(
        _D.subscription_id.in_(bindparam("wanted", expanding=True)),
        _D.status.in_((_PENDING, DeliveryStatus.DEAD.value)),
    )
    .group_by(_D.subscription_id, _D.status)
)
_ABANDON = (
    update(_D)
    .where(_D.subscription_id == bindparam("subscription"), _D.status == _PENDING)
    .values(status=DeliveryStatus.DEAD.value, finished_at=bindparam("at"), lease_owner=None, lease_until=None)
)
_BACKLOG = select(func.count(), func.min(_D.created_at)).where(_D.status == _PENDING)
_OLD = (
    select(_D.id)
    .where(_D.status != _PENDING, _D.created_at < bindparam("before"))
    .order_by(_D.created_at, _D.id)
    .limit(bindparam("at_most"))
)


def _restore(row: Sequence[Any]) -> WebhookDelivery:
    restored: WebhookDelivery = _DELIVERY.read(dict(zip(_DELIVERY.columns, row, strict=True)))
    return restored


class SqlWebhookDeliveries:
    """Deliveries within scope (port ``WebhookDeliveries``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, delivery_id: WebhookDeliveryId) -> WebhookDelivery:
        """Return one, or raise ``NotFound``."""
        row = (await self._transaction.execute(_SELECT.where(_D.id == delivery_id))).first()
        if row is None:
            raise NotFound.of("webhook delivery", delivery_id)
        return _restore(row)

    async def list(self, request: PageRequest, criteria: DeliveryFilter) -> Page[WebhookDelivery]:
        """Return a page, newest first unless sorted otherwise."""
        return await page_of_deliveries(self._transaction, _SELECT, _restore, request, criteria)

    async def attempts_of(self, delivery_id: WebhookDeliveryId) -> Sequence[DeliveryAttempt]:
        """Return the log of one delivery, in order."""
        columns = [getattr(_A, name) for name in _ATTEMPT.columns]
        rows = await self._transaction.execute(
            select(*columns).where(_A.delivery_id == delivery_id).order_by(_A.ordinal)
        )
        return [_ATTEMPT.read(dict(zip(_ATTEMPT.columns, row, strict=True))) for row in rows]

    async def add_each(self, deliveries: Sequence[WebhookDelivery]) -> None:
        """Write new ones; ``Retryable`` if one of them is there."""
        await self._transaction.insert(_D, [_DELIVERY.write(each) for each in deliveries])

    async def counts(
        self, subscription_ids: Sequence[WebhookSubscriptionId]
    ) -> Mapping[tuple[WebhookSubscriptionId, DeliveryStatus], int]:
        """Count what is pending and what is dead per subscription."""
        if not subscription_ids:
            return {}
        rows: Any = await self._transaction.execute(_COUNTS, {"wanted": list(subscription_ids)})
        return {(key, DeliveryStatus(status)): count for key, status, count in rows}

    async def newest_of(
        self, subscription_id: WebhookSubscriptionId, event_ids: Sequence[EventId]
    ) -> Mapping[EventId, WebhookDelivery]:
        """Return each event's newest delivery to the subscription."""
        newest: dict[EventId, WebhookDelivery] = {}
        for start in range(0, len(event_ids), MAX_IN_LIST):
            wanted = _D.event_id.in_(event_ids[start : start + MAX_IN_LIST])
            rows = await self._transaction.execute(_SELECT.where(wanted, _D.subscription_id == subscription_id))
            for each in map(_restore, rows):
                if each.event_id not in newest or newest[each.event_id].replay < each.replay:
                    newest[each.event_id] = each
        return newest

    async def dead_of(
        self, subscription_id: WebhookSubscriptionId, after: WebhookDeliveryId | None, limit: int
    ) -> Sequence[WebhookDelivery]:
        """Return a subscription's dead ones by id, each event's newest delivery only."""
        wanted = {"subscription": subscription_id, "after": after or "", "at_most": limit}
        return [_restore(row) for row in await self._transaction.execute(_DEAD, wanted)]

    async def abandon_all(self, subscription_id: WebhookSubscriptionId, at: datetime) -> None:
        """Let all that is pending for a subscription be dead."""
        await self._transaction.update(_ABANDON, {"subscription": subscription_id, "at": at})

    # -- the two passes ------------------------------------------------------------------------

    async def waiting(self, now: datetime) -> Sequence[WebhookSubscriptionId]:
        """Return the active subscriptions that have something due, and whose breaker lets it pass."""
        return list((await self._transaction.execute(_WAITING, {"now": now})).scalars())

    async def in_flight(self, now: datetime) -> Mapping[WebhookSubscriptionId, int]:
        """Count what is claimed under a lease that still runs."""
        rows: Any = await self._transaction.execute(_IN_FLIGHT, {"now": now})
        return dict(tuple(row) for row in rows)

    async def due(self, shares: Sequence[Share], now: datetime) -> Sequence[WebhookDelivery]:
        """Return what may be claimed, each subscription's longest due first and no more than its share."""
        found: list[WebhookDelivery] = []
        for wanted in due_parameters(shares, now):
            found += map(_restore, await self._transaction.execute(_DUE, wanted))
        return found

    async def claim_each(self, deliveries: Sequence[WebhookDelivery]) -> Sequence[WebhookDelivery]:
        """Write claims made just now, each where it is still for the taking; return those that were."""
        if not deliveries:
            return ()
        first = deliveries[0]
        assert first.lease_until is not None  # noqa: S101  # they were claimed
        keys = [each.id for each in deliveries]
        claim = {"wanted": keys, "owner": first.lease_owner, "until": first.lease_until, "now": first.claimed_at}
        if await self._transaction.update(_CLAIM, claim) == len(keys):
            return deliveries
        held = {each.id for each in await self.held_by(first.lease_owner or "", keys)}
        return [each for each in deliveries if each.id in held]

    async def held_by(self, owner: str, delivery_ids: Sequence[WebhookDeliveryId]) -> Sequence[WebhookDelivery]:
        """Return those of the deliveries that are still in the owner's hands, in the order of the ids given."""
        rows = await self._transaction.execute(_HELD, {"wanted": list(delivery_ids), "owner": owner})
        found = {each.id: each for each in map(_restore, rows)}
        return [found[key] for key in delivery_ids if key in found]

    async def settle_each(self, owner: str, settled: Sequence[tuple[WebhookDelivery, DeliveryAttempt | None]]) -> None:
        """Write what came of claims, each while ``owner`` still holds it, and append to the log; or ``Retryable``."""
        alike: dict[tuple[Any, ...], list[str]] = {}
        apart: list[dict[str, Any]] = []
        for each, _ in settled:
            values = _SETTLED.write(each)
            if each.is_pending:
                apart.append({f"new_{name}": values[name] for name in _CHANGES} | {"key": each.id, "owner": owner})
            else:
                alike.setdefault(tuple(values[name] for name in _CHANGES if name != "due_at"), []).append(each.id)
        matched = await self._transaction.update_each(_SETTLE, apart)
        names = [f"new_{name}" for name in _CHANGES if name != "due_at"]
        for shared, keys in alike.items():
            changes = dict(zip(names, shared, strict=True)) | {"wanted": keys, "owner": owner}
            matched += await self._transaction.update(_SETTLE_ALIKE, changes)
        if matched != len(settled):
            raise Retryable("Another worker took some of these over.")
        await self._transaction.insert(_A, [_ATTEMPT.write(attempt) for _, attempt in settled if attempt is not None])

    async def backlog(self) -> tuple[int, datetime | None]:
        """Return how many deliveries are pending, and when the oldest of them was made."""
        row: Any = (await self._transaction.execute(_BACKLOG)).one()
        return row[0], row[1]

    async def forget_before(self, created_before: datetime, limit: int) -> int:
        """Delete up to ``limit`` finished deliveries created before then, with their log; return how many."""
        wanted = {"before": created_before, "at_most": min(limit, MAX_IN_LIST)}
        keys = list((await self._transaction.execute(_OLD, wanted)).scalars())
        if keys:
            await self._transaction.update(delete(_A).where(_A.delivery_id.in_(keys)), {})
            await self._transaction.update(delete(_D).where(_D.id.in_(keys)), {})
        return len(keys)
