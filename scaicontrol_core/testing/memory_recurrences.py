"""What recurs of subscriptions, in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.subscriptions.recurrence import RecurrenceRow
from scaicontrol_core.testing.memory_store import Transaction


class MemoryRecurrences:
    """The history, within scope; rows are never changed."""

    _TABLE = "subscription_mrr"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add_many(self, rows: Sequence[RecurrenceRow]) -> None:
        """Append."""
        for row in rows:
            self._transaction.require_reach("row", partner_id=row.partner_id, tenant_id=row.tenant_id)
            self._transaction.write(self._TABLE, (row.subscription_id, row.version), row)

    async def of_next_tenants(
        self, seller_id: PartnerId, *, partner_id: PartnerId | None, before: date, after: TenantId | None, tenants: int
    ) -> Sequence[RecurrenceRow]:
        """Return the rows of the next tenants that were ever the seller's."""
        rows = [row for row in self._visible() if row.day < before]
        own = {row.tenant_id for row in rows if row.seller_id == seller_id and partner_id in (None, row.partner_id)}
        chosen = sorted(tenant_id for tenant_id in own if after is None or tenant_id > after)[:tenants]
        found = [row for row in rows if row.tenant_id in chosen]
        return sorted(found, key=lambda row: (row.tenant_id, row.subscription_id, row.version))

    async def known(self, subscription_ids: Collection[str]) -> Collection[str]:
        """Return those of the ids that have a row."""
        return {row.subscription_id for row in self._visible() if row.subscription_id in subscription_ids}

    def _visible(self) -> list[RecurrenceRow]:
        scope = self._transaction.scope
        rows: list[RecurrenceRow] = self._transaction.rows(self._TABLE)
        return [row for row in rows if scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)]
