"""Subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from scaicontrol_adapters.sql.mapping import DAY, DECIMALS, INSTANT, Fields, enum, json_list, json_object
from scaicontrol_adapters.sql.reads.subscriptions import (
    count_tenants,
    due_predicates,
    next_tenants,
    page_of_subscriptions,
)
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST, Repository, Table, telling
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_core.kernel.ids import SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.subscriptions.errors import SubscriptionExists
from scaicontrol_core.subscriptions.legs import Leg
from scaicontrol_core.subscriptions.lifecycle import LIVE_STATUSES, SubscriptionStatus
from scaicontrol_core.subscriptions.recurrence import changed_by
from scaicontrol_core.subscriptions.schedule import BillingSchedule, Pause
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.terms import Accrual, Adjustment, OwedUsage, PendingChange, Terms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from scaicontrol_core.kernel.ids import PackSubscriptionId, PartnerId, ServiceId
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.subscriptions.ports import SubscriptionFilter

LEGS = json_list(Fields(Leg, codecs={"anchor": DAY, "cadence": enum(Cadence), "ends": DAY}))
PAUSES = json_list(Fields(Pause, codecs={"start": DAY, "end": DAY}))
#: The billing calendar in its columns.
SCHEDULE = Fields(
    BillingSchedule,
    prefix="schedule_",
    absent_when="anchor",
    codecs={
        "cadence": enum(Cadence),
        "pauses": PAUSES,
        "earlier": LEGS,
    },
)
_PENDING = Fields(PendingChange, codecs={"effective_on": DAY, "effective_at": INSTANT, "replaced": LEGS})
_ADJUSTMENT = Fields(Adjustment, codecs={"start": DAY, "end": DAY, "due_on": DAY})
#: Usage to be charged when its period is over, within JSON.
OWED_USAGE = Fields(OwedUsage, codecs={"start": DAY, "end": DAY})
_SUBSCRIPTIONS: Table[Subscription] = Table(
    SubscriptionRow,
    Fields(
        Subscription,
        codecs={
            "status": enum(SubscriptionStatus),
            "terms_by_period": json_list(Fields(Terms)),
            "accruing": json_object(Fields(Accrual)),
            "pending_change": json_object(_PENDING),
            "adjustments": json_list(_ADJUSTMENT),
            "owed_usage": json_list(OWED_USAGE),
            "billable_rate": DECIMALS,
        },
        columns_as={"metadata": "metadata_json"},
        parts={
            "schedule": SCHEDULE,
            "current_period": Fields(Period, prefix="current_period_", absent_when="start"),
        },
    ),
    what="subscription",
    fixed=("service_id", "created_at"),
    extra=("exclusive_key", "next_billing_on", "ripe_at"),
)

#: Built once: whoever enforces quotas asks for nothing more often.
_LIVE_OF = _SUBSCRIPTIONS.select.where(
    SubscriptionRow.tenant_id == bindparam("of_tenant"),
    SubscriptionRow.status.in_(sorted(status.value for status in LIVE_STATUSES)),
).order_by(SubscriptionRow.id)


class SqlSubscriptions(Repository[Subscription]):
    """Subscriptions within scope (port ``Subscriptions``)."""

    table = _SUBSCRIPTIONS

    def values(self, aggregate: Subscription) -> dict[str, Any]:
        """Add the columns derived from the aggregate."""
        return super().values(aggregate) | {
            "exclusive_key": aggregate.exclusive_key,
            "next_billing_on": aggregate.next_billing_on,
            "ripe_at": aggregate.ripe_at,
        }

    async def get(self, subscription_id: SubscriptionId) -> Subscription:
        """Return one, or raise ``NotFound``."""
        return await self.load(subscription_id)

    async def add(self, subscription: Subscription) -> None:
        """Store a new one; raises ``SubscriptionExists``."""
        async with telling(_exists(subscription)):
            await super().add(subscription)

    async def save(self, subscription: Subscription) -> None:
        """Store a changed one; raises ``Stale`` or ``SubscriptionExists``."""
        async with telling(_exists(subscription)):
            await super().save(subscription)

    def _note(self, aggregate: Subscription, *, born: bool) -> None:
        """Keep what recurs from now on, beside the events."""
        self._transaction.recurring(changed_by(aggregate, aggregate.uncollected, aggregate.version + 1))
        super()._note(aggregate, born=born)

    async def save_many(self, subscriptions: Sequence[Subscription]) -> None:
        """Store many changed ones; ``Stale`` if any was changed by others."""
        await self.save_each(subscriptions)

    async def find_live(self, tenant_id: TenantId, service_id: ServiceId) -> Subscription | None:
        """Return the tenant's live subscription to the service, if any."""
        return await self.find_where(
            SubscriptionRow.tenant_id == tenant_id,
            SubscriptionRow.service_id == service_id,
            SubscriptionRow.status.in_([status.value for status in LIVE_STATUSES]),
        )

    async def live_of(self, tenant_id: TenantId) -> Sequence[Subscription]:
        """Return all of the tenant's live subscriptions, by id."""
        rows = await self._transaction.execute(_LIVE_OF, {"of_tenant": tenant_id})
        return [self.table.restore(row) for row in rows]

    async def of_pack(self, pack_subscription_id: PackSubscriptionId) -> Sequence[Subscription]:
        """Return the live children of a pack subscription, by id."""
        return await self.all_where(
            SubscriptionRow.pack_subscription_id == pack_subscription_id,
            SubscriptionRow.status.in_([status.value for status in LIVE_STATUSES]),
            order=(SubscriptionRow.id,),
        )

    async def of_packs(self, pack_subscription_ids: Collection[PackSubscriptionId]) -> Sequence[Subscription]:
        """Return all children of some pack subscriptions, past ones too, by id."""
        ordered = sorted(pack_subscription_ids)
        found: list[Subscription] = []
        for start in range(0, len(ordered), MAX_IN_LIST):
            among = SubscriptionRow.pack_subscription_id.in_(ordered[start : start + MAX_IN_LIST])
            found += await self.all_where(among, order=(SubscriptionRow.id,))
        return sorted(found, key=lambda each: each.id)

    async def had_trial(self, tenant_id: TenantId, service_id: ServiceId) -> bool:
        """Tell whether the tenant ever had a trial of the service."""
        trial = select(SubscriptionRow.id).where(
            SubscriptionRow.tenant_id == tenant_id,
            SubscriptionRow.service_id == service_id,
            SubscriptionRow.trial_ends_at.is_not(None),
        )
        return (await self._transaction.execute(trial.limit(1))).first() is not None

    async def list(self, wanted: SubscriptionFilter, page: PageRequest) -> Page[Subscription]:
        """Return part of the list."""
        return await page_of_subscriptions(self._transaction, self.table, wanted, page)

    async def due(
        self,
        partner_ids: Sequence[PartnerId],
        cutoff: date,
        *,
        after: TenantId | None,
        tenants: int,
        only: TenantId | None = None,
        upto: TenantId | None = None,
    ) -> Sequence[Subscription]:
        """Return all due subscriptions of the next ``tenants`` tenants, by tenant, then id."""
        due = due_predicates(partner_ids, cutoff, only, upto)
        chosen = list((await self._transaction.execute(next_tenants(due, after, tenants))).scalars())
        found: list[Subscription] = []
        for start in range(0, len(chosen), MAX_IN_LIST):
            among = SubscriptionRow.tenant_id.in_(chosen[start : start + MAX_IN_LIST])
            found += await self.all_where(among, *due, order=(SubscriptionRow.tenant_id, SubscriptionRow.id))
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
        wanted = next_tenants(due_predicates(partner_ids, cutoff, only), after, tenants)
        return [TenantId(each) for each in (await self._transaction.execute(wanted)).scalars()]

    async def count_due_tenants(
        self, partner_ids: Sequence[PartnerId], cutoff: date, *, only: TenantId | None = None
    ) -> int:
        """Count the tenants that ``due`` would return."""
        counted = count_tenants(due_predicates(partner_ids, cutoff, only))
        return int((await self._transaction.execute(counted)).scalar_one())

    async def trials_ending(
        self, until: datetime, *, after: SubscriptionId | None, limit: int
    ) -> Sequence[SubscriptionId]:
        """Return ids of trials that end by then."""
        wanted = select(SubscriptionRow.id).where(
            SubscriptionRow.status == SubscriptionStatus.TRIALING.value,
            SubscriptionRow.trial_ends_at <= until,
            SubscriptionRow.pack_subscription_id.is_(None),
        )
        if after is not None:
            wanted = wanted.where(SubscriptionRow.id > after)
        ids = (await self._transaction.execute(wanted.order_by(SubscriptionRow.id).limit(limit))).scalars()
        return [SubscriptionId(each) for each in ids]

    async def ripe(self, now: datetime, *, after: SubscriptionId | None, limit: int) -> Sequence[SubscriptionId]:
        """Return ids that the reaper has something to do with."""
        wanted = select(SubscriptionRow.id).where(SubscriptionRow.ripe_at <= now)
        if after is not None:
            wanted = wanted.where(SubscriptionRow.id > after)
        ids = (await self._transaction.execute(wanted.order_by(SubscriptionRow.id).limit(limit))).scalars()
        return [SubscriptionId(each) for each in ids]


def _exists(subscription: Subscription) -> SubscriptionExists:
    return SubscriptionExists(subscription.plan_key.partition(".")[0])
