"""Delete secrets of webhooks that no subscription has."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.ports import SubscriptionFilter
from scaicontrol_core.delivery.secret_keeping import FOLDER, made_at
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.kernel.secrets import Secrets
from scaicontrol_core.kernel.work import UnitOfWorkFactory

#: How old a secret is before nobody can be about to refer to it: far longer than any request takes.
OLD_ENOUGH = timedelta(hours=1)


@frozen
class SweepWebhookSecrets:
    """Delete what was kept for a subscription that was never written, or is no more, an hour after it was made.

    A secret is kept before the subscription that names it commits: who dies in between leaves one behind. Its
    path says when it was made; whatever else lies in the folder is left alone. Raises ``SecretsUnavailable``.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    secrets: Secrets

    async def __call__(self, actor: Actor) -> int:
        """Return how many were deleted."""
        actor.require_platform()
        before = self.clock.now() - OLD_ENOUGH
        # First what there is, then who has it: what is kept meanwhile is too young to be looked at.
        paths = await self.secrets.list(FOLDER)
        old = [path for path in paths if (made := made_at(path)) is not None and made < before]
        if not old:
            return 0
        used = await self._used(actor)
        gone = [path for path in old if path not in used]
        for path in gone:
            await self.secrets.delete(path)
        return len(gone)

    async def _used(self, actor: Actor) -> set[str]:
        used: set[str] = set()
        cursor: str | None = None
        async with self.work.begin(actor, read_only=True) as work:
            while True:
                page = await work.webhook_subscriptions.list(
                    PageRequest(limit=MAX_LIMIT, cursor=cursor), SubscriptionFilter()
                )
                used.update(path for each in page.items for path in each.secret_paths)
                if page.next_cursor is None:
                    return used
                cursor = page.next_cursor
