"""What the subscription use cases need from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.audit.ports import AuditWork
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.kernel.paging import Sorting
from scaicontrol_core.subscriptions.pack_ports import PackSubscriptions
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.selling import Sellers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from scaicontrol_core.kernel.ids import PackSubscriptionId, PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
    from scaicontrol_core.subscriptions.recurring_keeping import Recurrences
    from scaicontrol_core.subscriptions.subscription import Subscription

SUBSCRIPTIONS = Sorting("subscriptions", ("created_at", "status"), "-created_at")


@frozen
class SubscriptionFilter:
    """Narrows a list of subscriptions; None does not narrow. Created from ``since`` on, and before ``until``; UTC."""

    tenant_id: TenantId | None = None
    partner_id: PartnerId | None = None
    service_id: ServiceId | None = None
    plan_id: PlanId | None = None
    status: SubscriptionStatus | None = None
    pack_subscription_id: PackSubscriptionId | None = None
    since: datetime | None = None
    until: datetime | None = None


class Subscriptions(Protocol):
    """The collection of subscriptions."""

    async def get(self, subscription_id: SubscriptionId) -> Subscription:
        """Return one, or raise ``NotFound`` (``subscription_not_found``)."""
        ...

    async def add(self, subscription: Subscription) -> None:
        """Write a new one; ``Conflict`` (``subscription_exists``) if its exclusive key is taken."""
        ...

    async def save(self, subscription: Subscription) -> None:
        """Write a changed one, or raise ``Stale``."""
        ...

    async def save_many(self, subscriptions: Sequence[Subscription]) -> None:
        """Write many changed ones with bulk statements; ``Stale`` if any was changed by others."""
        ...

    async def find_live(self, tenant_id: TenantId, service_id: ServiceId) -> Subscription | None:
        """Return the tenant's live subscription to the service, if any."""
        ...

    async def live_of(self, tenant_id: TenantId) -> Sequence[Subscription]:
        """Return all of the tenant's live subscriptions, by id."""
        ...

    async def of_pack(self, pack_subscription_id: PackSubscriptionId) -> Sequence[Subscription]:
        """Return the live children of a pack subscription, by id."""
        ...

    async def of_packs(self, pack_subscription_ids: Collection[PackSubscriptionId]) -> Sequence[Subscription]:
        """Return all children of some pack subscriptions, past ones too, by id."""
        ...

    async def had_trial(self, tenant_id: TenantId, service_id: ServiceId) -> bool:
        """Tell whether the tenant ever had a trial of the service."""
        ...

    async def list(self, wanted: SubscriptionFilter, page: PageRequest) -> Page[Subscription]:
        """Return part of the list, newest first unless sorted otherwise (created_at, id)."""
        ...

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
        """Return all due subscriptions of the next ``tenants`` tenants of these partners.

        Ordered by tenant id, then id. Due means ``next_billing_on <= cutoff``. ``after`` is the
        last tenant of the page before, ``upto`` the last to be looked at.
        """
        ...

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
        ...

    async def count_due_tenants(
        self, partner_ids: Sequence[PartnerId], cutoff: date, *, only: TenantId | None = None
    ) -> int:
        """Count the tenants that ``due`` would return, for a progress bar."""
        ...

    async def ripe(self, now: datetime, *, after: SubscriptionId | None, limit: int) -> Sequence[SubscriptionId]:
        """Return ids (ascending, after ``after``) that the reaper has something to do with: ``ripe_at <= now``."""
        ...

    async def trials_ending(
        self, until: datetime, *, after: SubscriptionId | None, limit: int
    ) -> Sequence[SubscriptionId]:
        """Return ids (ascending, after ``after``) of what is ``trialing`` with ``trial_ends_at <= until``.

        Children of packs are left out.
        """
        ...


class SubscriptionsWork(CatalogWork, TenancyWork, AuditWork, Protocol):
    """A unit of work over tenants, catalogue and subscriptions."""

    @property
    def subscriptions(self) -> Subscriptions:
        """The subscriptions within scope."""
        ...

    @property
    def pack_subscriptions(self) -> PackSubscriptions:
        """The subscriptions to packs within scope."""
        ...

    @property
    def recurrences(self) -> Recurrences:
        """What recurred of them, since when."""
        ...

    @property
    def sellers(self) -> Sellers:
        """The sellers, readable from any scope."""
        ...
