"""What plain subscriptions and those to packs have in common in memory: they fall due, and their changes are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.recurrence import changed_by
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.testing.memory_store import MemoryCollection

_Recurring = TypeVar("_Recurring", bound=Subscription | PackSubscription)


class MemoryRecurring(MemoryCollection[_Recurring]):
    """Subscriptions of either kind within scope."""

    async def save_many(self, subscriptions: Sequence[_Recurring]) -> None:
        """Store many changed ones."""
        for subscription in subscriptions:
            await self.save(subscription)

    async def due(
        self,
        partner_ids: Sequence[PartnerId],
        cutoff: date,
        *,
        after: TenantId | None,
        tenants: int,
        only: TenantId | None = None,
        upto: TenantId | None = None,
    ) -> Sequence[_Recurring]:
        """Return all due subscriptions of the next ``tenants`` tenants."""
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

    def _due(self, partner_ids: Sequence[PartnerId], cutoff: date, only: TenantId | None) -> Iterable[_Recurring]:
        for row in self._visible():
            if row.partner_id in partner_ids and only in (None, row.tenant_id):
                on = row.next_billing_on
                if on is not None and on <= cutoff:
                    yield row

    def _write(self, row: _Recurring) -> None:
        changed = changed_by(row, row.uncollected, row.version + 1)
        if changed is not None:
            self._transaction.recurrences.append(changed)
        super()._write(row)

    def _reaches(self, scope: Scope, row: _Recurring) -> bool:
        return scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)
