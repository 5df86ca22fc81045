"""Unit costs in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import frozen

from scaicontrol_core.catalog.unit_cost import UnitCost, UnitCostImport
from scaicontrol_core.kernel.errors import OutOfScope
from scaicontrol_core.kernel.ids import ServiceId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.testing.memory_store import Transaction


@frozen
class RecordedCost:
    """A cost as it is kept: with who recorded it, and when."""

    cost: UnitCost
    import_id: str
    recorded_at: datetime
    recorded_by: str


class MemoryUnitCosts:
    """All costs; only the platform adds some."""

    _TABLE = "unit_costs"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of_services(self, service_ids: Collection[ServiceId]) -> Sequence[UnitCost]:
        """Return all costs of these services, in order."""
        rows: list[RecordedCost] = self._transaction.rows(self._TABLE)
        own = [row for row in rows if row.cost.service_id in service_ids]
        own.sort(key=lambda row: (*row.cost.of, row.cost.valid_from, row.recorded_at, row.import_id))
        return [row.cost for row in own]

    async def add(self, batch: UnitCostImport) -> None:
        """Append."""
        if self._transaction.scope.kind is not ScopeKind.PLATFORM:
            raise OutOfScope("only the platform records unit costs")
        for cost in batch.costs:
            key = (*cost.of, cost.valid_from, batch.id)
            kept = RecordedCost(cost, batch.id, batch.recorded_at, batch.recorded_by)
            self._transaction.write(self._TABLE, key, kept)
        self._transaction.record(batch.collect_events(), 1)
