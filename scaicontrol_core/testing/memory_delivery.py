"""Webhook subscriptions and how their receivers fare, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve

from scaicontrol_core.delivery.health import WebhookHealth
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.ports import WEBHOOK_SORTING, SubscriptionFilter
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import Scope, ScopeKind
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable
from scaicontrol_core.testing.memory_store import MemoryCollection, Transaction

_SORTS: dict[str, SortKey[WebhookSubscription]] = {"created_at": lambda row: (sortable(row.created_at), row.id)}


class MemoryWebhookSubscriptions(MemoryCollection[WebhookSubscription]):
    """The webhook subscriptions within scope."""

    table = "webhook_subscriptions"
    what = "webhook subscription"

    async def get_many(
        self, subscription_ids: Sequence[WebhookSubscriptionId]
    ) -> Mapping[WebhookSubscriptionId, WebhookSubscription]:
        """Return those of the ids that exist."""
        return {key: row for key in subscription_ids if (row := self._find(key)) is not None}

    async def remove(self, subscription: WebhookSubscription) -> None:
        """Delete one at the version it has, or raise ``Stale``."""
        self._require_writable(subscription)
        self._require_fresh(subscription)
        self._transaction.record(subscription.collect_events(), subscription.version + 1)
        self._transaction.write(self.table, subscription.id, None)

    def announce(self, subscription: WebhookSubscription) -> None:
        """Take over what it recorded, without writing it."""
        self._transaction.record(subscription.collect_events(), subscription.version)

    async def list(self, request: PageRequest, criteria: SubscriptionFilter) -> Page[WebhookSubscription]:
        """Return a page, newest first unless sorted otherwise."""
        found = (
            row
            for row in self._visible()
            if criteria.status in (None, row.status) and criteria.partner_id in (None, row.partner_id)
        )
        return paged(found, request, WEBHOOK_SORTING, _SORTS, criteria)

    async def active(self) -> Sequence[WebhookSubscription]:
        """Return all that are active, by id."""
        return sorted((row for row in self._visible() if row.is_active), key=lambda row: row.id)

    async def owing_notices(self, limit: int) -> Sequence[WebhookSubscription]:
        """Return those whose owner still has to be written to."""
        found = (row for row in self._visible() if not row.is_active and row.owes_a_notice)
        return sorted(found, key=lambda row: row.id)[:limit]

    def _reaches(self, scope: Scope, row: WebhookSubscription) -> bool:
        return is_owner(scope, row.partner_id)


class MemoryWebhookHealths:
    """How receivers fare: one value per subscription."""

    _TABLE = "webhook_healths"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of(
        self, subscription_ids: Sequence[WebhookSubscriptionId]
    ) -> Mapping[WebhookSubscriptionId, WebhookHealth]:
        """Return those of the subscriptions that exist."""
        found = ((key, self._transaction.row(self._TABLE, key)) for key in subscription_ids)
        scope = self._transaction.scope
        return {key: row for key, row in found if row is not None and is_owner(scope, row.partner_id)}

    async def add(self, health: WebhookHealth) -> None:
        """Write that of a new subscription."""
        self._transaction.write(self._TABLE, health.subscription_id, health)

    async def save_each(self, healths: Sequence[WebhookHealth]) -> None:
        """Write each where its serial is still the one it was read with, or raise ``Retryable``."""
        for health in healths:
            kept = self._transaction.row(self._TABLE, health.subscription_id)
            self._transaction.watch(self._TABLE, health.subscription_id, _taken)
            if kept is None or kept.serial != health.serial:
                raise _taken()
            self._transaction.write(self._TABLE, health.subscription_id, evolve(health, serial=health.serial + 1))

    async def count_each(self, healths: Sequence[WebhookHealth]) -> None:
        """Count each as written, without a change, where it is as it was read; else ``Retryable``."""
        await self.save_each(healths)

    async def remove(self, subscription_id: WebhookSubscriptionId) -> None:
        """Delete that of a subscription that is no more."""
        self._transaction.write(self._TABLE, subscription_id, None)


def is_owner(scope: Scope, partner_id: str | None) -> bool:
    """Tell whether a row of the platform (None) or of a partner lies within the scope; tenants own none."""
    if scope.kind is ScopeKind.PLATFORM:
        return True
    return scope.kind is ScopeKind.PARTNER and partner_id == scope.partner_id


def _taken() -> Retryable:
    return Retryable("Another worker was first.")
