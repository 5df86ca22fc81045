"""Subscriptions and the audit log in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import ClassVar

from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.audit.ports import ENTRIES, AuditFilter
from scaicontrol_core.kernel.ids import PackSubscriptionId, PartnerId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.subscriptions.errors import SubscriptionExists
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SUBSCRIPTIONS, SubscriptionFilter
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable
from scaicontrol_core.testing.memory_recurring import MemoryRecurring
from scaicontrol_core.testing.memory_store import Transaction, UniqueKey


class MemorySubscriptions(MemoryRecurring[Subscription]):
    """All subscriptions within scope."""

    table = "subscriptions"
    what = "subscription"
    _SORTS: ClassVar[Mapping[str, SortKey[Subscription]]] = {
        "created_at": lambda row: (sortable(row.created_at), row.id),
        "status": lambda row: (row.status.value, row.id),
    }

    async def find_live(self, tenant_id: TenantId, service_id: ServiceId) -> Subscription | None:
        """Return the tenant's live subscription to the service, if any."""
        own = (row for row in self._visible() if (row.tenant_id, row.service_id) == (tenant_id, service_id))
        return next((row for row in own if row.is_live), None)

    async def live_of(self, tenant_id: TenantId) -> Sequence[Subscription]:
        """Return all of the tenant's live subscriptions, by id."""
        own = (row for row in self._visible() if row.tenant_id == tenant_id and row.is_live)
        return sorted(own, key=lambda row: row.id)

    async def of_pack(self, pack_subscription_id: PackSubscriptionId) -> Sequence[Subscription]:
        """Return the live children of a pack subscription, by id."""
        children = (row for row in self._visible() if row.pack_subscription_id == pack_subscription_id)
        return sorted((row for row in children if row.is_live), key=lambda row: row.id)

    async def of_packs(self, pack_subscription_ids: Collection[PackSubscriptionId]) -> Sequence[Subscription]:
        """Return all children of some pack subscriptions, past ones too, by id."""
        children = (row for row in self._visible() if row.pack_subscription_id in pack_subscription_ids)
        return sorted(children, key=lambda row: row.id)

    async def had_trial(self, tenant_id: TenantId, service_id: ServiceId) -> bool:
        """Tell whether the tenant ever had a trial of the service."""
        return any(
            row.trial_ends_at is not None
            for row in self._visible()
            if (row.tenant_id, row.service_id) == (tenant_id, service_id)
        )

    async def list(self, wanted: SubscriptionFilter, page: PageRequest) -> Page[Subscription]:
        """Return part of the list."""
        names = ("tenant_id", "partner_id", "service_id", "plan_id", "status", "pack_subscription_id")
        narrowed = [name for name in names if getattr(wanted, name) is not None]
        found = [
            row
            for row in self._visible()
            if all(getattr(row, name) == getattr(wanted, name) for name in narrowed)
            and (wanted.since is None or row.created_at >= wanted.since)
            and (wanted.until is None or row.created_at < wanted.until)
        ]
        return paged(found, page, SUBSCRIPTIONS, self._SORTS, wanted)

    async def count_due_tenants(
        self, partner_ids: Sequence[PartnerId], cutoff: date, *, only: TenantId | None = None
    ) -> int:
        """Count the tenants that ``due`` would return."""
        return len({row.tenant_id for row in self._due(partner_ids, cutoff, only)})

    async def ripe(self, now: datetime, *, after: SubscriptionId | None, limit: int) -> Sequence[SubscriptionId]:
        """Return ids that the reaper has something to do with."""
        found = sorted(row.id for row in self._visible() if row.ripe_at is not None and row.ripe_at <= now)
        return [each for each in found if after is None or each > after][:limit]

    async def trials_ending(
        self, until: datetime, *, after: SubscriptionId | None, limit: int
    ) -> Sequence[SubscriptionId]:
        """Return ids of trials that end by then."""
        alone = (row for row in self._visible() if row.pack_subscription_id is None)
        trials = (row for row in alone if row.status is SubscriptionStatus.TRIALING)
        found = sorted(row.id for row in trials if row.trial_ends_at is not None and row.trial_ends_at <= until)
        return [each for each in found if after is None or each > after][:limit]

    def _unique_keys(self, row: Subscription) -> Iterable[UniqueKey]:
        if row.exclusive_key is not None:
            yield ("live", row.exclusive_key), lambda: SubscriptionExists(row.plan_key.partition(".")[0])


class MemoryAuditLog:
    """Reads what commits have written."""

    _SORTS: ClassVar[Mapping[str, SortKey[AuditEntry]]] = {
        "occurred_at": lambda entry: (sortable(entry.occurred_at), entry.id)
    }

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def history(self, resource_type: str, resource_id: str, page: PageRequest) -> Page[AuditEntry]:
        """Return a resource's entries, newest first."""
        return await self.list(page, AuditFilter(resource_type=resource_type, resource_id=resource_id))

    async def list(self, request: PageRequest, criteria: AuditFilter) -> Page[AuditEntry]:
        """Return part of all entries within scope that the filter lets pass, newest first."""
        return paged(self._passing(criteria), request, ENTRIES, self._SORTS, criteria)

    async def knows(self, resource_type: str, resource_id: str) -> bool:
        """Tell whether a thing has entries within scope: here nothing is ever archived."""
        return bool(self._passing(AuditFilter(resource_type=resource_type, resource_id=resource_id)))

    async def keep_ahead(self, today: date, *, months: int) -> int:
        """Nothing has partitions here."""
        del today, months
        return 0

    def _passing(self, criteria: AuditFilter) -> tuple[AuditEntry, ...]:
        scope = self._transaction.scope
        return tuple(
            entry
            for entry in self._transaction.store.audit
            if scope.covers(partner_id=entry.partner_id, tenant_id=entry.tenant_id) and _passes(entry, criteria)
        )


def _passes(entry: AuditEntry, criteria: AuditFilter) -> bool:
    named = ("resource_type", "resource_id", "action", "user_id", "actor_kind", "request_id", "partner_id", "tenant_id")
    return (
        all(getattr(criteria, name) in {None, getattr(entry, name)} for name in named)
        and (not criteria.actions or entry.action in criteria.actions)
        and (criteria.since is None or entry.occurred_at >= criteria.since)
        and (criteria.until is None or entry.occurred_at < criteria.until)
    )
