"""What sellers invoiced to consumers of other member states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from scaicontrol_adapters.sql.repositories.base import refuse_foreign
from scaicontrol_adapters.sql.rows.billing import ConsumerTurnoverRow
from scaicontrol_core.billing.consumer_turnover import ConsumerTurnover

if TYPE_CHECKING:
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import PartnerId

_Row = ConsumerTurnoverRow
_TURNOVER: Any = select(_Row.net_cents, _Row.version).where(
    _Row.seller_id == bindparam("kept_seller_id"), _Row.year == bindparam("kept_year")
)
_LOCK = _TURNOVER.with_for_update()
_SAVE = (
    update(_Row)
    .where(_Row.seller_id == bindparam("kept_seller_id"), _Row.year == bindparam("kept_year"))
    .values(net_cents=bindparam("new_net_cents"), version=bindparam("new_version"))
)


class SqlConsumerTurnovers:
    """Turnovers within scope (port ``ConsumerTurnovers``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, seller_id: PartnerId, year: int) -> ConsumerTurnover:
        """Return a year's turnover as it was last committed; zero if there is none."""
        return await self._read(_TURNOVER, seller_id, year) or ConsumerTurnover(
            seller_id=seller_id, year=year, last_year_cents=await self._last_year(seller_id, year)
        )

    async def lock(self, seller_id: PartnerId, year: int) -> ConsumerTurnover:
        """As ``get``, under an exclusive lock until the unit of work ends; its row is made if absent."""
        found = await self._read(_LOCK, seller_id, year)
        if found is not None:
            return found
        fresh = {"seller_id": seller_id, "year": year, "net_cents": 0, "version": 0}
        refuse_foreign(_Row, self._transaction.scope, fresh)
        await self._transaction.execute(self._transaction.dialect.insert_if_absent(_Row, "seller_id", "year"), fresh)
        made = await self._read(_LOCK, seller_id, year)
        assert made is not None  # noqa: S101  # we have just made it, and nobody deletes turnovers
        return made

    async def save(self, turnover: ConsumerTurnover) -> None:
        """Store the turnover and its events."""
        refuse_foreign(_Row, self._transaction.scope, {"seller_id": turnover.seller_id})
        turnover.version += 1
        written = {
            "kept_seller_id": turnover.seller_id,
            "kept_year": turnover.year,
            "new_net_cents": turnover.net_cents,
            "new_version": turnover.version,
        }
        await self._transaction.update(_SAVE, written)
        self._transaction.journal.take(turnover, turnover.version)

    async def _read(self, statement: Any, seller_id: PartnerId, year: int) -> ConsumerTurnover | None:
        row = (await self._transaction.execute(statement, _named(seller_id, year))).first()
        if row is None:
            return None
        last_year = await self._last_year(seller_id, year)
        return ConsumerTurnover(
            seller_id=seller_id, year=year, net_cents=row.net_cents, last_year_cents=last_year, version=row.version
        )

    async def _last_year(self, seller_id: PartnerId, year: int) -> int:
        before = (await self._transaction.execute(_TURNOVER, _named(seller_id, year - 1))).first()
        return 0 if before is None else int(before.net_cents)


def _named(seller_id: PartnerId, year: int) -> dict[str, Any]:
    return {"kept_seller_id": seller_id, "kept_year": year}
