"""What units cost us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from scaicontrol_adapters.sql.mapping import Fields
from scaicontrol_adapters.sql.repositories.base import refuse_foreign
from scaicontrol_adapters.sql.rows.catalog import UnitCostRow
from scaicontrol_core.catalog.unit_cost import UnitCost

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.catalog.unit_cost import UnitCostImport
    from scaicontrol_core.kernel.ids import ServiceId

_COSTS = Fields(UnitCost)
_ALL: Select[Any] = select(*(getattr(UnitCostRow, name) for name in _COSTS.columns)).order_by(
    UnitCostRow.service_id,
    UnitCostRow.metric,
    UnitCostRow.currency,
    UnitCostRow.valid_from,
    UnitCostRow.recorded_at,
    UnitCostRow.import_id,
)


class SqlUnitCosts:
    """The unit costs (port ``UnitCosts``); triggers refuse every change of one."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of_services(self, service_ids: Collection[ServiceId]) -> Sequence[UnitCost]:
        """Return all costs of these services, by service, metric, currency, instant, and when they were recorded."""
        rows = await self._transaction.execute(_ALL.where(UnitCostRow.service_id.in_(sorted(service_ids))))
        return [_COSTS.read(dict(zip(_COSTS.columns, row, strict=True))) for row in rows]

    async def add(self, batch: UnitCostImport) -> None:
        """Append all costs of an import."""
        said = {"import_id": batch.id, "recorded_at": batch.recorded_at, "recorded_by": batch.recorded_by}
        rows = [_COSTS.write(cost) | said for cost in batch.costs]
        refuse_foreign(UnitCostRow, self._transaction.scope, rows[0])
        await self._transaction.insert(UnitCostRow, rows)
        self._transaction.journal.take(batch, 1)
