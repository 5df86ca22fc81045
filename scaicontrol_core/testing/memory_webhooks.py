"""Deliveries, their log, and the outbox on its way into the feed, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import DeliveryStatus
from scaicontrol_core.delivery.ports import DELIVERY_SORTING, DeliveryFilter
from scaicontrol_core.delivery.sharing import Share
from scaicontrol_core.delivery.webhook_delivery import DeliveryAttempt, WebhookDelivery
from scaicontrol_core.kernel.errors import NotFound, OutOfScope, Retryable
from scaicontrol_core.kernel.ids import EventId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.testing.memory_delivery import is_owner
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable
from scaicontrol_core.testing.memory_store import Transaction

_DELIVERIES, _ATTEMPTS, _KEYS = "webhook_deliveries", "webhook_attempts", "webhook_delivery_keys"
_SORTS: dict[str, SortKey[WebhookDelivery]] = {"created_at": lambda row: (sortable(row.created_at), row.id)}


def _first() -> Retryable:
    return Retryable("Another worker was first.")


class MemoryWebhookDeliveries:
    """Deliveries within scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def _visible(self) -> list[WebhookDelivery]:
        scope = self._transaction.scope
        return [row for row in self._transaction.rows(_DELIVERIES) if is_owner(scope, row.partner_id)]

    def _of(self, subscription_id: WebhookSubscriptionId) -> list[WebhookDelivery]:
        return [row for row in self._visible() if row.subscription_id == subscription_id]

    def _keep(self, row: WebhookDelivery) -> None:
        self._transaction.watch(_DELIVERIES, row.id, _first)
        self._transaction.write(_DELIVERIES, row.id, row)

    async def get(self, delivery_id: WebhookDeliveryId) -> WebhookDelivery:
        """Return one, or raise ``NotFound``."""
        found: WebhookDelivery | None = self._transaction.row(_DELIVERIES, delivery_id)
        if found is None or not is_owner(self._transaction.scope, found.partner_id):
            raise NotFound.of("webhook delivery", delivery_id)
        return found

    async def list(self, request: PageRequest, criteria: DeliveryFilter) -> Page[WebhookDelivery]:
        """Return a page, newest first unless sorted otherwise."""
        names = ("subscription_id", "status", "topic", "event_id", "idempotency_key", "last_error")
        found = (
            row
            for row in self._visible()
            if all(getattr(criteria, name) in (None, getattr(row, name)) for name in names)
            and (criteria.since is None or row.created_at >= criteria.since)
            and (criteria.until is None or row.created_at < criteria.until)
        )
        return paged(found, request, DELIVERY_SORTING, _SORTS, criteria)

    async def attempts_of(self, delivery_id: WebhookDeliveryId) -> Sequence[DeliveryAttempt]:
        """Return the log of one delivery, in order."""
        scope = self._transaction.scope
        rows = (row for row in self._transaction.rows(_ATTEMPTS) if row.delivery_id == delivery_id)
        return sorted((row for row in rows if is_owner(scope, row.partner_id)), key=lambda row: row.ordinal)

    async def add_each(self, deliveries: Sequence[WebhookDelivery]) -> None:
        """Write new ones; ``Retryable`` if one of the same event, subscription and replay is there."""
        for each in deliveries:
            if not is_owner(self._transaction.scope, each.partner_id):
                raise OutOfScope("a delivery belongs to its subscription's owner")
            key = (each.subscription_id, each.idempotency_key, each.replay)
            self._transaction.watch(_KEYS, key, _first)
            if self._transaction.row(_KEYS, key) is not None:
                raise _first()
            self._transaction.write(_KEYS, key, each)
            self._keep(each)

    async def counts(
        self, subscription_ids: Sequence[WebhookSubscriptionId]
    ) -> Mapping[tuple[WebhookSubscriptionId, DeliveryStatus], int]:
        """Count what is pending and what is dead per subscription."""
        return Counter(
            (row.subscription_id, row.status)
            for row in self._visible()
            if row.subscription_id in subscription_ids and row.status is not DeliveryStatus.DISPATCHED
        )

    async def newest_of(
        self, subscription_id: WebhookSubscriptionId, event_ids: Sequence[EventId]
    ) -> Mapping[EventId, WebhookDelivery]:
        """Return each event's newest delivery to the subscription."""
        found = sorted(self._of(subscription_id), key=lambda row: row.replay)
        return {row.event_id: row for row in found if row.event_id in event_ids}

    async def dead_of(
        self, subscription_id: WebhookSubscriptionId, after: WebhookDeliveryId | None, limit: int
    ) -> Sequence[WebhookDelivery]:
        """Return a subscription's dead ones by id, each event's newest delivery only."""
        own = self._of(subscription_id)
        newest: dict[str, int] = {}
        for row in own:
            newest[row.idempotency_key] = max(row.replay, newest.get(row.idempotency_key, 0))
        dead = (
            row
            for row in own
            if row.status is DeliveryStatus.DEAD
            and row.id > (after or "")
            and row.replay == newest[row.idempotency_key]
        )
        return sorted(dead, key=lambda row: row.id)[:limit]

    async def abandon_all(self, subscription_id: WebhookSubscriptionId, at: datetime) -> None:
        """Let all that is pending for a subscription be dead."""
        for row in [each for each in self._of(subscription_id) if each.is_pending]:
            row.abandon(at)
            self._keep(row)

    # -- the two passes ------------------------------------------------------------------------

    async def waiting(self, now: datetime) -> Sequence[WebhookSubscriptionId]:
        """Return the active subscriptions that have something due, and whose breaker lets it pass."""
        due = {row.subscription_id for row in self._visible() if row.is_due(now)}
        active = {row.id for row in self._transaction.rows("webhook_subscriptions") if row.is_active}
        closed = {row.subscription_id for row in self._transaction.rows("webhook_healths") if not row.is_open(now)}
        return sorted(due & active & closed)

    async def in_flight(self, now: datetime) -> Mapping[WebhookSubscriptionId, int]:
        """Count what is claimed under a lease that still runs."""
        return Counter(row.subscription_id for row in self._visible() if row.lease_until and row.lease_until > now)

    async def due(self, shares: Sequence[Share], now: datetime) -> Sequence[WebhookDelivery]:
        """Return what may be claimed, each subscription's longest due first and no more than its share."""
        found: list[WebhookDelivery] = []
        for share in shares:
            own = self._of(share.subscription_id)
            before = own if share.ordered else ()
            due = (row for row in own if row.is_due(now) and not any(each.holds_back(row) for each in before))
            found += sorted(due, key=lambda row: (row.due_at, row.id))[: share.count]
        return found

    async def claim_each(self, deliveries: Sequence[WebhookDelivery]) -> Sequence[WebhookDelivery]:
        """Write claims made just now, each where it is still for the taking; return those that were."""
        taken: list[WebhookDelivery] = []
        for each in deliveries:
            kept = self._transaction.row(_DELIVERIES, each.id)
            if kept is not None and each.claimed_at is not None and kept.is_due(each.claimed_at):
                self._keep(each)
                taken.append(each)
        return taken

    async def held_by(self, owner: str, delivery_ids: Sequence[WebhookDeliveryId]) -> Sequence[WebhookDelivery]:
        """Return those of the deliveries that are still in the owner's hands."""
        rows = (self._transaction.row(_DELIVERIES, key) for key in delivery_ids)
        return [row for row in rows if row is not None and row.lease_owner == owner and row.is_pending]

    async def settle_each(self, owner: str, settled: Sequence[tuple[WebhookDelivery, DeliveryAttempt | None]]) -> None:
        """Write what came of claims, each while ``owner`` still holds it, and append to the log; or ``Retryable``."""
        for each, attempt in settled:
            kept = self._transaction.row(_DELIVERIES, each.id)
            if kept is None or kept.lease_owner != owner:
                raise _first()
            self._keep(each)
            if attempt is not None:
                self._transaction.write(_ATTEMPTS, (attempt.delivery_id, attempt.ordinal), attempt)

    async def backlog(self) -> tuple[int, datetime | None]:
        """Return how many deliveries are pending, and when the oldest of them was made."""
        made = [row.created_at for row in self._visible() if row.is_pending]
        return len(made), min(made, default=None)

    async def forget_before(self, created_before: datetime, limit: int) -> int:
        """Delete up to ``limit`` finished deliveries created before then, with their log; return how many."""
        old = sorted(
            (row for row in self._visible() if not row.is_pending and row.created_at < created_before),
            key=lambda row: (row.created_at, row.id),
        )[:limit]
        for row in old:
            self._transaction.write(_DELIVERIES, row.id, None)
            self._transaction.write(_KEYS, (row.subscription_id, row.idempotency_key, row.replay), None)
            for attempt in self._transaction.rows(_ATTEMPTS):
                if attempt.delivery_id == row.id:
                    self._transaction.write(_ATTEMPTS, (row.id, attempt.ordinal), None)
        return len(old)
