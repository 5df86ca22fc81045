"""What recurs of a subscription from a day on: kept with every change, never changed, so that no past month is.

A row says what the subscription was after a change: its calendar, its plans and quantities, and
whose customer it belonged to. It governs every day until the next row's. What it comes to a month
is worked out from the plans' price history, which only grows (see ``recurring_level``).
"""

from __future__ import annotations

from datetime import date, datetime

from attrs import field, frozen

from scaicontrol_core.kernel.events import Event
from scaicontrol_core.kernel.ids import PackId, PartnerId, PlanId, ServiceId, TenantId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.pack_state import PackState
from scaicontrol_core.subscriptions.schedule import BillingSchedule
from scaicontrol_core.subscriptions.state import SubscriptionState
from scaicontrol_core.subscriptions.terms import Accrual, Terms

#: The events after which something else may recur.
_TELLING = frozenset(
    {
        f"{kind}.{what}"
        for kind in ("subscription", "pack_subscription")
        for what in ("activated", "changed", "cancelled")
    }
    | {"subscription.suspended", "subscription.resumed", "subscription.imported"}
)


@frozen(kw_only=True)
class SoldPack:
    """Which pack recurs. No pack that was ever sold goes away, and no plan: their price histories are there."""

    pack_id: PackId
    slug: str
    cadence: Cadence
    currency: str
    departed: tuple[ServiceId, ...] = ()


@frozen(kw_only=True)
class Recurrence:
    """The calendar, and what is bought in which of its periods: plans, or a pack."""

    schedule: BillingSchedule
    activated_at: datetime | None
    terms: tuple[Terms, ...] = ()
    accruing: Accrual | None = None
    pack: SoldPack | None = None

    @property
    def plan_ids(self) -> frozenset[PlanId]:
        """The plans whose prices it needs, as far as they are no pack's."""
        accruing = {self.accruing.plan_id} if self.accruing else set()
        return frozenset({terms.plan_id for terms in self.terms} | accruing)


@frozen(kw_only=True)
class RecurrenceRow:
    """A subscription after a change, by its ``version``; ``day`` is the local day it counts from.

    ``country`` is the customer's then, or None without a billing profile; ``seller_id`` who
    sold to it then.
    """

    subscription_id: str
    version: int
    partner_id: PartnerId
    tenant_id: TenantId
    seller_id: PartnerId
    country: str | None
    day: date
    recorded_at: datetime
    recurrence: Recurrence


@frozen(kw_only=True)
class Changed:
    """A subscription that was written just now, and what of it may recur otherwise."""

    subscription_id: str
    version: int
    partner_id: PartnerId
    tenant_id: TenantId
    recurrence: Recurrence
    since: datetime | None = field(default=None)
    """For what was never written down: since when it has been like this."""


def changed_by(subscription: SubscriptionState | PackState, events: tuple[Event, ...], version: int) -> Changed | None:
    """Return what is to be written down after a save, if these events are worth it."""
    if not any(event.action in _TELLING for event in events):
        return None
    recurrence = recurrence_of(subscription)
    if recurrence is None:
        return None
    return Changed(
        subscription_id=subscription.id,
        version=version,
        partner_id=subscription.partner_id,
        tenant_id=subscription.tenant_id,
        recurrence=recurrence,
    )


def recurrence_of(subscription: SubscriptionState | PackState) -> Recurrence | None:
    """Return what recurs; None before the first period, and for a pack's child: the pack is what is paid for."""
    if subscription.schedule is None:
        return None
    if isinstance(subscription, PackState):
        pack = SoldPack(
            pack_id=subscription.pack_id,
            slug=subscription.pack_slug,
            cadence=subscription.cadence,
            currency=subscription.currency,
            departed=subscription.departed,
        )
        return Recurrence(schedule=subscription.schedule, activated_at=subscription.activated_at, pack=pack)
    if subscription.pack_subscription_id is not None:
        return None
    current = Terms(
        from_ordinal=0, plan_id=subscription.plan_id, plan_key=subscription.plan_key, quantity=subscription.quantity
    )
    return Recurrence(
        schedule=subscription.schedule,
        activated_at=subscription.activated_at,
        terms=subscription.terms_by_period or (current,),
        accruing=subscription.accruing,
    )
