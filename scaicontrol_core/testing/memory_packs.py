"""Subscriptions to packs in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

from scaicontrol_core.kernel.ids import PackSubscriptionId, PartnerId, TenantId
from scaicontrol_core.subscriptions.pack_ports import PackSubscriptionFilter
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.recurrence import changed_by
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable
from scaicontrol_core.testing.memory_store import MemoryCollection

if TYPE_CHECKING:
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.kernel.scope import Scope


class MemoryPackSubscriptions(MemoryCollection[PackSubscription]):
    """All subscriptions to packs within scope."""

    table = "pack_subscriptions"
    what = "pack_subscription"
    _SORTS: ClassVar[Mapping[str, SortKey[PackSubscription]]] = {
        "created_at": lambda row: (sortable(row.created_at), row.id),
        "status": lambda row: (row.status.value, row.id),
    }

    async def save_many(self, subscriptions: Sequence[PackSubscription]) -> None:
        """Store many changed ones."""
        for subscription in subscriptions:
            await self.save(subscription)

    async def list(self, wanted: PackSubscriptionFilter, page: PageRequest) -> Page[PackSubscription]:
        """Return part of the list."""
        names = ("tenant_id", "partner_id", "pack_id", "status")
        narrowed = [name for name in names if getattr(wanted, name) is not None]
        found = [
            row for row in self._visible() if all(getattr(row, name) == getattr(wanted, name) for name in narrowed)
        ]
        return paged(found, page, self._SORTS, "-created_at")

    async def due(
        self,
        partner_ids: Sequence[PartnerId],
        cutoff: date,
        *,
        after: TenantId | None,
        tenants: int,
        only: TenantId | None = None,
        upto: TenantId | None = None,
    ) -> Sequence[PackSubscription]:
        """Return all due ones of the next ``tenants`` tenants."""
        due = [row for row in self._due(partner_ids, cutoff, only) if (upto is None or row.tenant_id <= upto)]
        due = [row for row in due if after is None or row.tenant_id > after]
        chosen = sorted({row.tenant_id for row in due})[:tenants]
        return sorted((row for row in due if row.tenant_id in chosen), key=lambda row: (row.tenant_id, row.id))

    async def due_tenants(
        self,
        partner_ids: Sequence[PartnerId],
        cutoff: date,
        *,
        after: TenantId | None,
        tenants: int,
        only: TenantId | None = None,
    ) -> Sequence[TenantId]:
        """Return the tenants that ``due`` would tell of, in order."""
        due = (row.tenant_id for row in self._due(partner_ids, cutoff, only))
        return sorted({each for each in due if after is None or each > after})[:tenants]

    async def count_other_due_tenants(
        self, partner_ids: Sequence[PartnerId], cutoff: date, *, only: TenantId | None = None
    ) -> int:
        """Count the tenants with a pack due and no plain subscription due."""
        plain = {
            row.tenant_id
            for row in self._transaction.rows("subscriptions")
            if row.partner_id in partner_ids and row.next_billing_on is not None and row.next_billing_on <= cutoff
        }
        return len({row.tenant_id for row in self._due(partner_ids, cutoff, only)} - plain)

    async def ripe(
        self, now: datetime, *, after: PackSubscriptionId | None, limit: int
    ) -> Sequence[PackSubscriptionId]:
        """Return ids that the reaper has something to do with."""
        found = sorted(row.id for row in self._visible() if row.ripe_at is not None and row.ripe_at <= now)
        return [each for each in found if after is None or each > after][:limit]

    def _due(self, partner_ids: Sequence[PartnerId], cutoff: date, only: TenantId | None) -> Iterable[PackSubscription]:
        for row in self._visible():
            on = row.next_billing_on
            if row.partner_id in partner_ids and only in (None, row.tenant_id) and on is not None and on <= cutoff:
                yield row

    def _write(self, row: PackSubscription) -> None:
        changed = changed_by(row, row.uncollected, row.version + 1)
        if changed is not None:
            self._transaction.recurrences.append(changed)
        super()._write(row)

    def _reaches(self, scope: Scope, row: PackSubscription) -> bool:
        return scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)
