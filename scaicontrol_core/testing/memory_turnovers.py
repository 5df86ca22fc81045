"""Sellers' turnovers with consumers of other member states, in memory."""

from __future__ import annotations

from scaicontrol_core.billing.consumer_turnover import ConsumerTurnover
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.testing.memory_store import Transaction


class MemoryConsumerTurnovers:
    """What sellers invoiced to consumers of other member states; a commit that lost the race is to be run again."""

    _TABLE = "consumer_turnovers"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, seller_id: PartnerId, year: int) -> ConsumerTurnover:
        """Return a year's turnover."""
        found = self._row(seller_id, year) or ConsumerTurnover(seller_id=seller_id, year=year)
        before = self._row(seller_id, year - 1)
        found.last_year_cents = before.net_cents if before else 0
        return found

    async def lock(self, seller_id: PartnerId, year: int) -> ConsumerTurnover:
        """Return it; nobody else may change it before the commit."""
        self._transaction.require_reach("turnover", partner_id=seller_id, tenant_id=None)
        self._transaction.watch(self._TABLE, (seller_id, year), lambda: Retryable("Another worker counted."))
        return await self.get(seller_id, year)

    async def save(self, turnover: ConsumerTurnover) -> None:
        """Store it with its events."""
        self._transaction.require_reach("turnover", partner_id=turnover.seller_id, tenant_id=None)
        turnover.version += 1
        self._transaction.record(turnover.collect_events(), turnover.version)
        self._transaction.write(self._TABLE, (turnover.seller_id, turnover.year), turnover)

    def _row(self, seller_id: PartnerId, year: int) -> ConsumerTurnover | None:
        if not self._transaction.scope.covers(partner_id=seller_id, tenant_id=None):
            return None
        found: ConsumerTurnover | None = self._transaction.row(self._TABLE, (seller_id, year))
        return found
