"""Days whose usage is to be told, and those told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, tuple_

from scaicontrol_adapters.sql.errors import DUPLICATE
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST
from scaicontrol_adapters.sql.rows.metering import UsageDueDayRow, UsageToldDayRow
from scaicontrol_core.kernel.errors import Conflict, Retryable
from scaicontrol_core.kernel.ids import PartnerId, SubscriptionId, TenantId
from scaicontrol_core.metering.daily import DayKey, DueDay, ToldDay

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from scaicontrol_adapters.sql.transaction import Transaction

_ON_LIST = UsageDueDayRow
_DUE: Any = (
    select(_ON_LIST.subscription_id, _ON_LIST.usage_day, _ON_LIST.due_at, _ON_LIST.tenant_id, _ON_LIST.partner_id)
    .where(_ON_LIST.due_at <= bindparam("moment"))
    .order_by(_ON_LIST.due_at, _ON_LIST.subscription_id, _ON_LIST.usage_day)
    .limit(bindparam("at_most"))
)
_ROW = UsageToldDayRow
_TOLD: Any = select(_ROW.subscription_id, _ROW.metric, _ROW.usage_day).where(
    _ROW.subscription_id.in_(bindparam("wanted_ids", expanding=True)), _ROW.usage_day >= bindparam("wanted_since")
)


class SqlUsageDays:
    """Days within scope (port ``UsageDays``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def schedule(self, days: Sequence[DueDay]) -> None:
        """Put days on the list that are not there yet.

        One that is there already is locked until this commits: whoever takes it waits.
        """
        ordered = {(each.subscription_id, each.day): each for each in days}
        statement = self._transaction.dialect.insert_if_absent(_ON_LIST, "subscription_id", "usage_day")
        await self._transaction.upsert(statement, [_due_row(ordered[key]) for key in sorted(ordered)])

    async def due(self, now: datetime, *, limit: int) -> Sequence[DueDay]:
        """Return up to ``limit`` days that are due, the longest due first."""
        rows = await self._transaction.execute(_DUE, {"moment": now, "at_most": limit})
        return [
            DueDay(
                SubscriptionId(row.subscription_id),
                row.usage_day,
                row.due_at,
                TenantId(row.tenant_id),
                PartnerId(row.partner_id),
            )
            for row in rows
        ]

    async def take(self, days: Sequence[DueDay]) -> None:
        """Take days off the list; waits for whoever is putting the same there."""
        ordered = sorted((each.subscription_id, each.day) for each in days)
        for start in range(0, len(ordered), MAX_IN_LIST):
            part = ordered[start : start + MAX_IN_LIST]
            # The ids by themselves too: MariaDB finds rows of pairs by them alone.
            gone = delete(_ON_LIST).where(
                _ON_LIST.subscription_id.in_(sorted({each for each, _ in part})),
                tuple_(_ON_LIST.subscription_id, _ON_LIST.usage_day).in_(part),
            )
            await self._transaction.execute(gone, synchronize_session=False)

    async def told(self, subscription_ids: Collection[SubscriptionId], since: date) -> Collection[DayKey]:
        """Return what was told of a day or later ones."""
        ordered, found = sorted(subscription_ids), set[DayKey]()
        for start in range(0, len(ordered), MAX_IN_LIST):
            wanted = {"wanted_ids": ordered[start : start + MAX_IN_LIST], "wanted_since": since}
            rows = await self._transaction.execute(_TOLD, wanted)
            found |= {DayKey(SubscriptionId(row.subscription_id), row.metric, row.usage_day) for row in rows}
        return found

    async def add(self, days: Sequence[ToldDay]) -> None:
        """Store days and what they tell; raises ``Retryable`` if another was first with one of them."""
        try:
            await self._transaction.insert(_ROW, [_told_row(each) for each in days])
        except Conflict as conflict:
            if conflict.code != DUPLICATE:
                raise
            raise Retryable("The same day was told twice at once.") from conflict
        for each in days:
            self._transaction.journal.take(each, 1)


def _due_row(each: DueDay) -> dict[str, Any]:
    return {
        "subscription_id": each.subscription_id,
        "usage_day": each.day,
        "due_at": each.due_at,
        "tenant_id": each.tenant_id,
        "partner_id": each.partner_id,
    }


def _told_row(each: ToldDay) -> dict[str, Any]:
    return {
        "subscription_id": each.key.subscription_id,
        "usage_day": each.key.day,
        "metric": each.key.metric,
        "told_at": each.told_at,
        "tenant_id": each.tenant_id,
        "partner_id": each.partner_id,
    }
