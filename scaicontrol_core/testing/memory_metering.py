"""Usage in memory: events, their keys, closings, and the subscriptions as metering sees them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from attrs import evolve, frozen

from scaicontrol_core.catalog.service import Service
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.ids import PartnerId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.metering.metric import seen_again
from scaicontrol_core.metering.ports import EventPlace, MeteredSubscription, Owned
from scaicontrol_core.metering.usage_event import UsageEvent
from scaicontrol_core.subscriptions.metered import metered
from scaicontrol_core.tenancy.selling import seller_for
from scaicontrol_core.testing.memory_store import Transaction


@frozen
class EventKey:
    """A key as it is kept."""

    service_id: ServiceId
    idempotency_key: str
    content_hash: str
    received_at: datetime


@frozen
class Closing:
    """A subscription's first unbilled day."""

    subscription_id: SubscriptionId
    tenant_id: TenantId
    partner_id: PartnerId
    closed_until: date | None = None

    @property
    def id(self) -> SubscriptionId:
        """The subscription's id."""
        return self.subscription_id


def _at_once() -> Retryable:
    return Retryable("Somebody else was at this usage at the same time.")


def _place(event: UsageEvent) -> tuple[str, date, str, str]:
    return event.subscription_id, event.usage_day, event.metric, event.idempotency_key


class MemoryMeteredSubscriptions:
    """The subscriptions of the store."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def existing_tenants(self, tenant_ids: Collection[TenantId]) -> Collection[TenantId]:
        """Return those of the ids that exist within scope."""
        found = (self._transaction.row("tenants", each) for each in tenant_ids)
        covers = self._transaction.scope.covers
        return {row.id for row in found if row is not None and covers(partner_id=row.partner_id, tenant_id=row.id)}

    async def by_reference(
        self, references: Collection[str], partner_id: PartnerId | None
    ) -> Mapping[str, Sequence[TenantId]]:
        """Return the tenants of each external reference."""
        found: dict[str, list[TenantId]] = {}
        for tenant in self._transaction.rows("tenants"):
            if tenant.external_reference in references and partner_id in (None, tenant.partner_id):
                found.setdefault(tenant.external_reference, []).append(tenant.id)
        return found

    async def of_tenants(
        self, tenant_ids: Collection[TenantId], service_ids: Collection[ServiceId]
    ) -> Sequence[MeteredSubscription]:
        """Return all subscriptions of these tenants to these services, ordered by id."""
        partners = {each.id: each for each in self._transaction.rows("partners")}
        operator = next((each for each in partners.values() if each.is_operator), None)
        found = [
            each
            for each in self._transaction.rows("subscriptions")
            if each.tenant_id in tenant_ids and each.service_id in service_ids
        ]
        known = []
        for each in sorted(found, key=lambda each: str(each.id)):
            seller = seller_for(partners[each.partner_id], operator).configuration
            zone, grace = seller.billing_timezone, seller.usage_grace_hours
            rate = each.billable_rate
            known.append(metered(each, each.schedule, timezone=zone, grace_hours=grace, rate=rate))
        return known


class MemoryUsageEvents:
    """Events and their keys."""

    _EVENTS, _KEYS = "usage_events", "usage_event_keys"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def known(self, keys: Collection[tuple[ServiceId, str]]) -> Mapping[tuple[ServiceId, str], str]:
        """Return the content hash of each known key."""
        found = {key: self._transaction.row(self._KEYS, key) for key in keys}
        return {key: row.content_hash for key, row in found.items() if row is not None}

    async def add(self, events: Sequence[UsageEvent]) -> None:
        """Store events and their keys; ``Retryable`` if another transaction was first with a key."""
        for event in events:
            self._transaction.require_reach("event", partner_id=event.partner_id, tenant_id=event.tenant_id)
            if self._transaction.row(self._KEYS, event.key) is not None:
                raise _at_once()
            self._transaction.watch(self._KEYS, event.key, _at_once)
            kept = EventKey(event.service_id, event.idempotency_key, event.content_hash, event.received_at)
            self._transaction.write(self._KEYS, event.key, kept)
            self._transaction.write(self._EVENTS, _place(event), event)

    async def kept(self, events: Sequence[UsageEvent]) -> Collection[tuple[ServiceId, str]]:
        """Return the keys of those that are stored already."""
        return {event.key for event in events if self._transaction.row(self._EVENTS, _place(event)) is not None}

    async def of(
        self, subscription: Owned, services: Sequence[Service], after: EventPlace | None, *, limit: int
    ) -> Sequence[UsageEvent]:
        """Return up to ``limit`` events of a subscription after a place, in order."""
        rows: list[UsageEvent] = self._transaction.rows(self._EVENTS)
        own = [row for row in rows if row.subscription_id == subscription.id and (after is None or row.place > after)]
        return [
            evolve(row, content_hash="", unique_value=seen_again(services, row.service_id, row.metric, row.properties))
            for row in sorted(own, key=lambda row: row.place)[:limit]
        ]

    async def forget_keys(self, before: datetime, *, limit: int) -> int:
        """Delete up to ``limit`` keys received before an instant, the oldest first."""
        old: list[EventKey] = [row for row in self._transaction.rows(self._KEYS) if row.received_at < before]
        for row in (gone := sorted(old, key=lambda row: row.received_at)[:limit]):
            self._transaction.write(self._KEYS, (row.service_id, row.idempotency_key), None)
        return len(gone)

    async def keep_ahead(self, today: date, *, months: int) -> int:
        """Nothing has partitions here."""
        return 0


class MemoryUsageClosings:
    """Closings; a commit that added usage to what was closed meanwhile is to be run again."""

    _TABLE = "usage_closings"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def hold(self, subscriptions: Sequence[Owned]) -> Mapping[SubscriptionId, date]:
        """Return the first unbilled day of each that was ever closed."""
        held: dict[SubscriptionId, date] = {}
        for each in subscriptions:
            self._transaction.require_reach("closing", partner_id=each.partner_id, tenant_id=each.tenant_id)
            self._transaction.watch(self._TABLE, each.id, _at_once)
            row = self._transaction.row(self._TABLE, each.id) or Closing(each.id, each.tenant_id, each.partner_id)
            # Written anew, so that whoever closes it meanwhile finds out at the commit.
            self._transaction.write(self._TABLE, each.id, row)
            if row.closed_until is not None:
                held[each.id] = row.closed_until
        return held

    async def alone(self, *subscriptions: Owned) -> None:
        """Hold them: whoever else does finds out at the commit."""
        await self.hold(subscriptions)

    async def known(self, after: SubscriptionId | None, *, limit: int) -> Sequence[Owned]:
        """Return up to ``limit`` subscriptions that ever had usage."""
        rows: list[Closing] = self._transaction.rows(self._TABLE)
        found = [row for row in rows if after is None or row.subscription_id > after]
        return sorted(found, key=lambda row: row.subscription_id)[:limit]

    async def close_many(self, until: Sequence[tuple[Owned, date]]) -> None:
        """Close several."""
        for subscription, day in until:
            await self.close(subscription, day)

    async def close(self, subscription: Owned, until: date) -> None:
        """Let no usage of days before ``until`` in any more."""
        held = await self.hold([subscription])
        closed = max(held.get(subscription.id, until), until)
        row = Closing(subscription.id, subscription.tenant_id, subscription.partner_id, closed)
        self._transaction.write(self._TABLE, subscription.id, row)
