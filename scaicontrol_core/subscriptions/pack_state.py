"""What a subscription to a pack is, without its verbs."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from scaicontrol_core.kernel.events import Event, Recorder, to_json
from scaicontrol_core.kernel.ids import PackId, PackSubscriptionId, PartnerId, ServiceId, TenantId
from scaicontrol_core.kernel.period import Cadence, Period, local_date, start_of_day
from scaicontrol_core.subscriptions.lifecycle import (
    LIVE_STATUSES,
    PACK_SUBSCRIPTION_LIFECYCLE,
    SubscriptionStatus,
)
from scaicontrol_core.subscriptions.pack_events import PackIncludes, PackSubscriptionChanged
from scaicontrol_core.subscriptions.schedule import BillingSchedule
from scaicontrol_core.subscriptions.terms import OwedUsage, waits_until

if TYPE_CHECKING:
    from scaicontrol_core.catalog.pack import ServicePack
    from scaicontrol_core.catalog.pack_offer import PackOffer

_S = SubscriptionStatus
#: What audit log and events compare.
_COMPARED = (
    "status",
    "members",
    "price_cents",
    "pending_cancellation_at",
    "trial_ends_at",
    "current_period",
    "past_due_since",
    "activated_at",
    "cancelled_at",
    "cancellation_reason",
    "suspension_reason",
)


@define(kw_only=True, eq=False)
class PackState(Recorder):
    """The live link between a tenant and a pack; ``members`` are what it includes now.

    ``price_cents`` is what the running period costs, for people to see: the billing run asks the
    pack's history. Instants are UTC, periods local dates of the seller's billing zone.
    """

    id: PackSubscriptionId
    partner_id: PartnerId
    tenant_id: TenantId
    pack_id: PackId
    pack_slug: str
    cadence: Cadence
    currency: str
    price_cents: int
    members: tuple[PackIncludes, ...]
    starts_on: date
    created_at: datetime
    status: SubscriptionStatus = SubscriptionStatus.PENDING
    schedule: BillingSchedule | None = None
    current_period: Period | None = None
    trial_ends_at: datetime | None = None
    renews_at: datetime | None = None
    pending_cancellation_at: datetime | None = None
    past_due_since: datetime | None = None
    activated_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancellation_reason: str | None = None
    suspension_reason: str | None = None
    departed: tuple[ServiceId, ...] = ()
    """Services whose child went on alone: they are not taken up again."""
    awaited_usage: OwedUsage | None = None
    """The usage of its children in the period billed last: the next one is billed together with it."""
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def is_live(self) -> bool:
        """Tell whether it is not over yet."""
        return self.status in LIVE_STATUSES

    @property
    def next_billing_on(self) -> date | None:
        """The local day the next period falls due, or None if none will as things stand."""
        begins = self.schedule.next_billing_on if self.schedule else None
        return None if begins is None else self.billed_on(begins)

    def billed_on(self, start: date) -> date:
        """Return when a period that starts on a day is charged: not before the usage of the one before can be."""
        return waits_until(start, () if self.awaited_usage is None else (self.awaited_usage,))

    @property
    def ordinal(self) -> int:
        """Which of its periods runs, from 0; 0 before the first."""
        running = self.schedule.ordinal_on(self.current_period.start) if self.schedule and self.current_period else None
        return running or 0

    @property
    def ripe_at(self) -> datetime | None:
        """When time alone moves it on: the end of a trial, of a period, or of it all."""
        if self.status is _S.TRIALING:
            return self.trial_ends_at
        if self.status is _S.CANCELLING:
            return self.pending_cancellation_at
        return self.renews_at if self.status in (_S.ACTIVE, _S.PAST_DUE) else None

    def offer_of(self, pack: ServicePack, start: date, timezone: str) -> tuple[datetime, PackOffer]:
        """Return what the period that begins on the day includes and costs, and the instant that decides it.

        That is the period's beginning, or the sale on its very first day. Services whose child
        went on alone are no part of it.
        """
        sold = self.activated_at
        at = sold if sold is not None and local_date(sold, timezone) == start else start_of_day(start, timezone)
        offer = pack.offer_at(at, self.cadence, self.currency)
        return at, evolve(offer, items=tuple(item for item in offer.items if item.service_id not in self.departed))

    def allowed_moves(self) -> tuple[SubscriptionStatus, ...]:
        """Return the states that may follow, for answers that offer actions."""
        return tuple(sorted(PACK_SUBSCRIPTION_LIFECYCLE.targets(self.status)))

    # -- inside ------------------------------------------------------------------------------

    def _move(self, target: SubscriptionStatus) -> None:
        PACK_SUBSCRIPTION_LIFECYCLE.require(self.status, target)
        self.status = target

    def _begin_billing(self, anchor: date, timezone: str) -> None:
        self.schedule = BillingSchedule(anchor=anchor, cadence=self.cadence)
        self._look_at(anchor, timezone)

    def _look_at(self, day: date, timezone: str) -> None:
        """Take the period that runs on the day for the running one."""
        if self.schedule:
            self.current_period = self.schedule.period_on(day) or self.current_period
        if self.schedule and self.current_period and self.cadence.recurs:
            self.renews_at = start_of_day(self.current_period.end, timezone)

    def _compared(self) -> dict[str, Any]:
        return {name: to_json(getattr(self, name)) for name in _COMPARED}

    def _told(self, before: dict[str, Any] | None = None) -> dict[str, Any]:
        running, now = self.current_period, self._compared()
        return {
            "resource_id": self.id,
            "partner_id": self.partner_id,
            "tenant_id": self.tenant_id,
            "ordinal": self.version + 1,
            "pack_subscription_id": self.id,
            "pack_id": self.pack_id,
            "pack_slug": self.pack_slug,
            "status": self.status.value,
            "price_cents": self.price_cents,
            "currency": self.currency,
            "current_period_start": running.start if running else None,
            "current_period_end": running.end if running else None,
            "trial_ends_at": self.trial_ends_at,
            "pack_includes": self.members,
            "changes": {name: (before[name], now[name]) for name in now if before[name] != now[name]} if before else {},
        }

    def _changed(self, kind: str, before: dict[str, Any]) -> None:
        told = self._told(before)
        fields = tuple(told["changes"])
        previous = {name: before[name] for name in fields}
        self._record(PackSubscriptionChanged(**told, change_kind=kind, previous=previous, changed_fields=fields))
