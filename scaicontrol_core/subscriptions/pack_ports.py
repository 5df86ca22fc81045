"""The collection of subscriptions to packs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.kernel.paging import Sorting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from scaicontrol_core.kernel.ids import PackId, PackSubscriptionId, PartnerId, TenantId
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
    from scaicontrol_core.subscriptions.pack_subscription import PackSubscription

PACK_SUBSCRIPTIONS = Sorting("pack_subscriptions", ("created_at", "status"), "-created_at")


@frozen
class PackSubscriptionFilter:
    """Narrows a list of pack subscriptions; None does not narrow."""

    tenant_id: TenantId | None = None
    partner_id: PartnerId | None = None
    pack_id: PackId | None = None
    status: SubscriptionStatus | None = None
    since: datetime | None = None
    until: datetime | None = None


class PackSubscriptions(Protocol):
    """All subscriptions to packs; their children are ``Subscriptions``."""

    async def get(self, pack_subscription_id: PackSubscriptionId) -> PackSubscription:
        """Return one, or raise ``NotFound`` (``pack_subscription_not_found``)."""
        ...

    async def add(self, subscription: PackSubscription) -> None:
        """Write a new one."""
        ...

    async def save(self, subscription: PackSubscription) -> None:
        """Write a changed one, or raise ``Stale``."""
        ...

    async def save_many(self, subscriptions: Sequence[PackSubscription]) -> None:
        """Write many changed ones with bulk statements; ``Stale`` if any was changed by others."""
        ...

    async def list(self, wanted: PackSubscriptionFilter, page: PageRequest) -> Page[PackSubscription]:
        """Return part of the list, newest first unless sorted otherwise (created_at, status)."""
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
    ) -> Sequence[PackSubscription]:
        """Return all due ones of the next ``tenants`` tenants of these partners, by tenant, then id.

        Due means ``next_billing_on <= cutoff``. ``after`` is the last tenant of the page before,
        ``upto`` the last to be looked at.
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

    async def count_other_due_tenants(
        self, partner_ids: Sequence[PartnerId], cutoff: date, *, only: TenantId | None = None
    ) -> int:
        """Count the tenants with a pack due and no plain subscription due."""
        ...

    async def ripe(
        self, now: datetime, *, after: PackSubscriptionId | None, limit: int
    ) -> Sequence[PackSubscriptionId]:
        """Return ids (ascending, after ``after``) that the reaper has something to do with: ``ripe_at <= now``."""
        ...
