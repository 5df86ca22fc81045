"""Who owes anything: plain subscriptions and packs of the next tenants, in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from scaicontrol_core.billing.consumer_turnover import Turnovers
    from scaicontrol_core.kernel.ids import PartnerId, RunId, SubscriptionId, TenantId
    from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
    from scaicontrol_core.subscriptions.ports import SubscriptionsWork
    from scaicontrol_core.subscriptions.subscription import Subscription
    from scaicontrol_core.tenancy.partner import Partner


@frozen(kw_only=True)
class PageRequestOfRun:
    """Which tenants of which seller, billed up to which local day.

    ``after`` is the last tenant of the page before, ``upto`` the last of this one if that is known,
    ``tenants`` how many a page takes,
    ``only`` narrows the run to one tenant, ``subscription_id`` to one of its subscriptions.
    ``previewed`` is what the pages of a dry run counted before this one.
    """

    seller: Partner
    partner_ids: tuple[PartnerId, ...]
    cutoff: date
    today: date
    now: datetime
    run_id: RunId
    only: TenantId | None = None
    subscription_id: SubscriptionId | None = None
    after: TenantId | None = None
    upto: TenantId | None = None
    tenants: int = 200
    previewed: Turnovers = field(factory=dict, eq=False, repr=False)


@frozen
class Due:
    """All that some tenants owe, ordered by tenant, then id."""

    subscriptions: Sequence[Subscription]
    packs: Sequence[PackSubscription]

    @property
    def tenant_ids(self) -> tuple[TenantId, ...]:
        """The tenants, in order."""
        plain = {each.tenant_id for each in self.subscriptions}
        return tuple(sorted(plain.union(each.tenant_id for each in self.packs)))


async def find_due(work: SubscriptionsWork, ask: PageRequestOfRun) -> Due:
    """Return what the next tenants owe: ``ask.tenants`` of them, each with everything."""
    subscriptions = await work.subscriptions.due(
        ask.partner_ids, ask.cutoff, after=ask.after, tenants=ask.tenants, only=ask.only, upto=ask.upto
    )
    if ask.subscription_id is not None:
        return Due([each for each in subscriptions if each.id == ask.subscription_id], ())
    packs = await work.pack_subscriptions.due(
        ask.partner_ids, ask.cutoff, after=ask.after, tenants=ask.tenants, only=ask.only, upto=ask.upto
    )
    found = Due(subscriptions, packs)
    if len(found.tenant_ids) <= ask.tenants:
        return found
    # Each list holds its own next tenants: the first of both together are whole in both.
    last = found.tenant_ids[ask.tenants - 1]
    return Due(
        [each for each in subscriptions if each.tenant_id <= last], [each for each in packs if each.tenant_id <= last]
    )


async def next_due_tenants(work: SubscriptionsWork, ask: PageRequestOfRun) -> tuple[TenantId, ...]:
    """Return the next ``ask.tenants`` tenants that owe anything, in order."""
    wanted: dict[str, Any] = {"after": ask.after, "tenants": ask.tenants, "only": ask.only}
    plain = await work.subscriptions.due_tenants(ask.partner_ids, ask.cutoff, **wanted)
    packs = await work.pack_subscriptions.due_tenants(ask.partner_ids, ask.cutoff, **wanted)
    return tuple(sorted({*plain, *packs}))[: ask.tenants]


async def count_due(work: SubscriptionsWork, ask: PageRequestOfRun) -> int:
    """Count the tenants that owe anything."""
    plain = await work.subscriptions.count_due_tenants(ask.partner_ids, ask.cutoff, only=ask.only)
    return plain + await work.pack_subscriptions.count_other_due_tenants(ask.partner_ids, ask.cutoff, only=ask.only)
