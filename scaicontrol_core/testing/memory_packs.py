"""Subscriptions to packs in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

from scaicontrol_core.kernel.ids import PackSubscriptionId, PartnerId, TenantId
from scaicontrol_core.subscriptions.pack_ports import PACK_SUBSCRIPTIONS, PackSubscriptionFilter
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable
from scaicontrol_core.testing.memory_recurring import MemoryRecurring

if TYPE_CHECKING:
    from scaicontrol_core.kernel.paging import Page, PageRequest


class MemoryPackSubscriptions(MemoryRecurring[PackSubscription]):
    """All subscriptions to packs within scope."""

    table = "pack_subscriptions"
    what = "pack_subscription"
    _SORTS: ClassVar[Mapping[str, SortKey[PackSubscription]]] = {
        "created_at": lambda row: (sortable(row.created_at), row.id),
        "status": lambda row: (row.status.value, row.id),
    }

    async def list(self, wanted: PackSubscriptionFilter, page: PageRequest) -> Page[PackSubscription]:
        """Return part of the list."""
        names = ("tenant_id", "partner_id", "pack_id", "status")
        narrowed = [name for name in names if getattr(wanted, name) is not None]
        found = [
            row
            for row in self._visible()
            if all(getattr(row, name) == getattr(wanted, name) for name in narrowed)
            and (wanted.since is None or row.created_at >= wanted.since)
            and (wanted.until is None or row.created_at < wanted.until)
        ]
        return paged(found, page, PACK_SUBSCRIPTIONS, self._SORTS, wanted)

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
