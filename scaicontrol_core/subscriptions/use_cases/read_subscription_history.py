"""Read a subscription's history from the audit log."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.ports import SubscriptionsWork


@frozen
class ReadSubscriptionHistory:
    """Return what happened to a subscription, newest first, or raise ``NotFound``."""

    work: UnitOfWorkFactory[SubscriptionsWork]

    async def __call__(self, actor: Actor, subscription_id: SubscriptionId, page: PageRequest) -> Page[AuditEntry]:
        """Return the page of entries."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        async with self.work.begin(actor, read_only=True) as work:
            await work.subscriptions.get(subscription_id)
            return await work.audit_log.history("subscription", subscription_id, page)
