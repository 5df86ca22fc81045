"""Thresholds of quotas that were reached, and the notes on usage to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, tuple_

from scaicontrol_adapters.sql.errors import DUPLICATE
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST
from scaicontrol_adapters.sql.rows.metering import UsageNoteRow, UsageThresholdRow
from scaicontrol_core.kernel.errors import Conflict, Retryable
from scaicontrol_core.kernel.ids import PartnerId, SubscriptionId, TenantId
from scaicontrol_core.metering.threshold import ThresholdKey, UsageNote, UsageThreshold, notes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.metering.usage_event import UsageEvent

_NOTE = UsageNoteRow
_NOTED: Any = (
    select(_NOTE.subscription_id, _NOTE.usage_day, _NOTE.tenant_id, _NOTE.partner_id, _NOTE.noted_at)
    .order_by(_NOTE.noted_at, _NOTE.subscription_id, _NOTE.usage_day)
    .limit(bindparam("at_most"))
)
_ROW = UsageThresholdRow
_REACHED: Any = (
    select(
        *(_ROW.subscription_id, _ROW.metric, _ROW.period_start, _ROW.percent),
        *(_ROW.tenant_id, _ROW.partner_id, _ROW.quota, _ROW.used, _ROW.reached_at),
    )
    .where(
        _ROW.subscription_id.in_(bindparam("wanted_ids", expanding=True)),
        _ROW.period_start >= bindparam("wanted_since"),
    )
    .order_by(_ROW.subscription_id, _ROW.metric, _ROW.period_start, _ROW.percent)
)


class SqlUsageThresholds:
    """Thresholds within scope (port ``UsageThresholds``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def note(self, events: Sequence[UsageEvent]) -> None:
        """Note subscriptions and days of events that were just stored.

        A note that is there already is locked until this commits: whoever takes it waits.
        """
        statement = self._transaction.dialect.insert_if_absent(_NOTE, "subscription_id", "usage_day")
        await self._transaction.upsert(statement, [_note_row(each) for each in notes_of(events)])

    async def noted(self, *, limit: int) -> Sequence[UsageNote]:
        """Return up to ``limit`` notes, the oldest first."""
        rows = await self._transaction.execute(_NOTED, {"at_most": limit})
        return [
            UsageNote(
                SubscriptionId(row.subscription_id),
                row.usage_day,
                TenantId(row.tenant_id),
                PartnerId(row.partner_id),
                row.noted_at,
            )
            for row in rows
        ]

    async def take(self, notes: Sequence[UsageNote]) -> None:
        """Take notes off the list; waits for whoever is noting the same."""
        ordered = sorted((each.subscription_id, each.day) for each in notes)
        for start in range(0, len(ordered), MAX_IN_LIST):
            part = ordered[start : start + MAX_IN_LIST]
            # The ids by themselves too: MariaDB finds rows of pairs by them alone.
            gone = delete(_NOTE).where(
                _NOTE.subscription_id.in_(sorted({each for each, _ in part})),
                tuple_(_NOTE.subscription_id, _NOTE.usage_day).in_(part),
            )
            await self._transaction.execute(gone, synchronize_session=False)

    async def reached(self, subscription_ids: Collection[SubscriptionId], since: date) -> Sequence[UsageThreshold]:
        """Return the thresholds reached in periods that began on a day or later, by key."""
        ordered, found = sorted(subscription_ids), list[UsageThreshold]()
        for start in range(0, len(ordered), MAX_IN_LIST):
            wanted = {"wanted_ids": ordered[start : start + MAX_IN_LIST], "wanted_since": since}
            found += [_threshold(row) for row in await self._transaction.execute(_REACHED, wanted)]
        return found

    async def add(self, thresholds: Sequence[UsageThreshold]) -> None:
        """Store thresholds and what they tell; raises ``Retryable`` if another was first with one of them."""
        try:
            await self._transaction.insert(_ROW, [_threshold_row(each) for each in thresholds])
        except Conflict as conflict:
            if conflict.code != DUPLICATE:
                raise
            raise Retryable("The same threshold was reached twice at once.") from conflict
        for each in thresholds:
            self._transaction.journal.take(each, 1)


def _note_row(note: UsageNote) -> dict[str, Any]:
    return {
        "subscription_id": note.subscription_id,
        "usage_day": note.day,
        "noted_at": note.noted_at,
        "tenant_id": note.tenant_id,
        "partner_id": note.partner_id,
    }


def _threshold_row(each: UsageThreshold) -> dict[str, Any]:
    return {
        "subscription_id": each.key.subscription_id,
        "metric": each.key.metric,
        "period_start": each.key.period_start,
        "percent": each.key.percent,
        "quota": each.quota,
        "used": each.used,
        "reached_at": each.reached_at,
        "tenant_id": each.tenant_id,
        "partner_id": each.partner_id,
    }


def _threshold(row: Any) -> UsageThreshold:
    return UsageThreshold(
        key=ThresholdKey(SubscriptionId(row.subscription_id), row.metric, row.period_start, row.percent),
        tenant_id=TenantId(row.tenant_id),
        partner_id=PartnerId(row.partner_id),
        quota=row.quota,
        used=row.used,
        reached_at=row.reached_at,
    )
