"""Subscriptions to packs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from scaicontrol_adapters.sql.mapping import TUPLE, Fields, enum, json_list, json_object
from scaicontrol_adapters.sql.reads.paging import Key, Orders, between, count_of, equals, instant, page_of
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST, Repository, Table
from scaicontrol_adapters.sql.repositories.subscriptions import OWED_USAGE, SCHEDULE
from scaicontrol_adapters.sql.rows.packs import PackSubscriptionRow
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_core.kernel.ids import PackSubscriptionId, TenantId
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.pack_events import PackIncludes
from scaicontrol_core.subscriptions.pack_ports import PACK_SUBSCRIPTIONS
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.recurrence import changed_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement

    from scaicontrol_core.kernel.ids import PartnerId
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.subscriptions.pack_ports import PackSubscriptionFilter

_ROW = PackSubscriptionRow
_ORDERS = Orders(
    PACK_SUBSCRIPTIONS,
    {"created_at": (Key(_ROW.created_at, instant), Key(_ROW.id)), "status": (Key(_ROW.status), Key(_ROW.id))},
)
_FILTERS = ("tenant_id", "partner_id", "pack_id", "status")
_PACK_SUBSCRIPTIONS: Table[PackSubscription] = Table(
    _ROW,
    Fields(
        PackSubscription,
        codecs={
            "status": enum(SubscriptionStatus),
            "cadence": enum(Cadence),
            "members": json_list(Fields(PackIncludes)),
            "departed": TUPLE,
            "awaited_usage": json_object(OWED_USAGE),
        },
        parts={
            "schedule": SCHEDULE,
            "current_period": Fields(Period, prefix="current_period_", absent_when="start"),
        },
    ),
    what="pack_subscription",
    fixed=("pack_id", "created_at"),
    extra=("next_billing_on", "ripe_at"),
)


class SqlPackSubscriptions(Repository[PackSubscription]):
    """Subscriptions to packs within scope (port ``PackSubscriptions``)."""

    table = _PACK_SUBSCRIPTIONS

    def values(self, aggregate: PackSubscription) -> dict[str, Any]:
        """Add the columns derived from the aggregate."""
        return super().values(aggregate) | {
            "next_billing_on": aggregate.next_billing_on,
            "ripe_at": aggregate.ripe_at,
        }

    async def get(self, pack_subscription_id: PackSubscriptionId) -> PackSubscription:
        """Return one, or raise ``NotFound``."""
        return await self.load(pack_subscription_id)

    def _note(self, aggregate: PackSubscription, *, born: bool) -> None:
        """Keep what recurs from now on, beside the events."""
        self._transaction.recurring(changed_by(aggregate, aggregate.uncollected, aggregate.version + 1))
        super()._note(aggregate, born=born)

    async def save_many(self, subscriptions: Sequence[PackSubscription]) -> None:
        """Store many changed ones; ``Stale`` if any was changed by others."""
        await self.save_each(subscriptions)

    async def list(self, wanted: PackSubscriptionFilter, page: PageRequest) -> Page[PackSubscription]:
        """Return part of the list."""
        predicates = equals(_ROW, wanted, _FILTERS) + between(_ROW.created_at, wanted.since, wanted.until)
        order = _ORDERS.of(page, wanted)
        return await page_of(
            self._transaction, self.table.select, predicates, order, page, self.table.restore, total=count_of(_ROW)
        )

    async def due(
        self,
        partner_ids: Sequence[PartnerId],
        cutoff: date,
        *,
        after: TenantId | None,
        tenants: int,
        only: TenantId | None = None,
        upto: TenantId | None = None,
    ) -> Sequence[PackSubscription]:
        """Return all due ones of the next ``tenants`` tenants, by tenant, then id."""
        due = _due(_ROW, partner_ids, cutoff, only, upto)
        chosen = await self._next_tenants(due, after, tenants)
        found: list[PackSubscription] = []
        for start in range(0, len(chosen), MAX_IN_LIST):
            among = _ROW.tenant_id.in_(chosen[start : start + MAX_IN_LIST])
            found += await self.all_where(among, *due, order=(_ROW.tenant_id, _ROW.id))
        return found

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
        return await self._next_tenants(_due(_ROW, partner_ids, cutoff, only), after, tenants)

    async def count_other_due_tenants(
        self, partner_ids: Sequence[PartnerId], cutoff: date, *, only: TenantId | None = None
    ) -> int:
        """Count the tenants with a pack due and no plain subscription due."""
        plain = select(SubscriptionRow.tenant_id).where(*_due(SubscriptionRow, partner_ids, cutoff, only))
        others = select(func.count(_ROW.tenant_id.distinct())).where(
            *_due(_ROW, partner_ids, cutoff, only), _ROW.tenant_id.not_in(plain)
        )
        return int((await self._transaction.execute(others)).scalar_one())

    async def _next_tenants(
        self, due: Sequence[ColumnElement[bool]], after: TenantId | None, tenants: int
    ) -> Sequence[TenantId]:
        wanted = select(_ROW.tenant_id).where(*due)
        if after is not None:
            wanted = wanted.where(_ROW.tenant_id > after)
        wanted = wanted.group_by(_ROW.tenant_id).order_by(_ROW.tenant_id).limit(tenants)
        return [TenantId(each) for each in (await self._transaction.execute(wanted)).scalars()]

    async def ripe(
        self, now: datetime, *, after: PackSubscriptionId | None, limit: int
    ) -> Sequence[PackSubscriptionId]:
        """Return ids that the reaper has something to do with."""
        wanted = select(_ROW.id).where(_ROW.ripe_at <= now)
        if after is not None:
            wanted = wanted.where(_ROW.id > after)
        ids = (await self._transaction.execute(wanted.order_by(_ROW.id).limit(limit))).scalars()
        return [PackSubscriptionId(each) for each in ids]


def _due(
    row: type[PackSubscriptionRow | SubscriptionRow],
    partner_ids: Sequence[str],
    cutoff: date,
    only: str | None,
    upto: str | None = None,
) -> list[ColumnElement[bool]]:
    predicates = [row.partner_id.in_(partner_ids), row.next_billing_on <= cutoff]
    if upto is not None:
        predicates.append(row.tenant_id <= upto)
    return predicates if only is None else [*predicates, row.tenant_id == only]
