"""What recurs of subscriptions, row by row; triggers refuse every change of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from scaicontrol_adapters.sql.mapping import DAY, INSTANT, TUPLE, Fields, enum, json_list, json_object
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST
from scaicontrol_adapters.sql.repositories.subscriptions import LEGS, PAUSES
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionMrrRow
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.recurrence import Recurrence, RecurrenceRow, SoldPack
from scaicontrol_core.subscriptions.schedule import BillingSchedule
from scaicontrol_core.subscriptions.terms import Accrual, Terms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy import Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import PartnerId, TenantId

_ROW = SubscriptionMrrRow
_SCHEDULE = Fields(
    BillingSchedule,
    codecs={"anchor": DAY, "cadence": enum(Cadence), "until": DAY, "pauses": PAUSES, "earlier": LEGS},
)
_RECURRENCE = Fields(
    Recurrence,
    codecs={
        "schedule": json_object(_SCHEDULE),
        "activated_at": INSTANT,
        "terms": json_list(Fields(Terms)),
        "accruing": json_object(Fields(Accrual)),
        "pack": json_object(Fields(SoldPack, codecs={"cadence": enum(Cadence), "departed": TUPLE})),
    },
)
_ROWS = Fields(RecurrenceRow, codecs={"recurrence": json_object(_RECURRENCE)})
_ALL: Select[Any] = select(*(getattr(_ROW, name) for name in _ROWS.columns)).order_by(
    _ROW.tenant_id, _ROW.subscription_id, _ROW.version
)


class SqlRecurrences:
    """The history of what recurs, within scope (port ``Recurrences``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add_many(self, rows: Sequence[RecurrenceRow]) -> None:
        """Append."""
        await self._transaction.insert(_ROW, [_ROWS.write(row) for row in rows])

    async def of_next_tenants(
        self, seller_id: PartnerId, *, partner_id: PartnerId | None, before: date, after: TenantId | None, tenants: int
    ) -> Sequence[RecurrenceRow]:
        """Return the rows of the next tenants that were ever the seller's."""
        own = select(_ROW.tenant_id).where(_ROW.seller_id == seller_id, _ROW.day < before)
        if partner_id is not None:
            own = own.where(_ROW.partner_id == partner_id)
        if after is not None:
            own = own.where(_ROW.tenant_id > after)
        chosen = own.group_by(_ROW.tenant_id).order_by(_ROW.tenant_id).limit(tenants)
        found = list((await self._transaction.execute(chosen)).scalars())
        if not found:
            return []
        rows = await self._transaction.execute(_ALL.where(_ROW.tenant_id.in_(found), _ROW.day < before))
        return [_ROWS.read(dict(zip(_ROWS.columns, row, strict=True))) for row in rows]

    async def known(self, subscription_ids: Collection[str]) -> Collection[str]:
        """Return those of the ids that have a row."""
        wanted, found = sorted(subscription_ids), set[str]()
        for start in range(0, len(wanted), MAX_IN_LIST):
            among = _ROW.subscription_id.in_(wanted[start : start + MAX_IN_LIST])
            found.update((await self._transaction.execute(select(_ROW.subscription_id).where(among))).scalars())
        return found
