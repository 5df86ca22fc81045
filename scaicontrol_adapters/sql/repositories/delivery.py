"""Webhook subscriptions and how their receivers fare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, tuple_, update

from scaicontrol_adapters.sql.mapping import INSTANT, TUPLE, Codec, Fields, enum, json_list, json_object
from scaicontrol_adapters.sql.reads.delivery import page_of_webhooks
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST, Repository, Table, refuse_foreign
from scaicontrol_adapters.sql.rows.delivery import WebhookHealthRow, WebhookSubscriptionRow
from scaicontrol_core.delivery.health import WebhookHealth
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import WebhookStatus
from scaicontrol_core.delivery.webhook_subscription import DisableReason, KeptHeaders, SecretRef, WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel.errors import Retryable, Stale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.delivery.ports import SubscriptionFilter
    from scaicontrol_core.kernel.paging import Page, PageRequest

_SUBSCRIPTIONS: Table[WebhookSubscription] = Table(
    WebhookSubscriptionRow,
    Fields(
        WebhookSubscription,
        codecs={
            "status": enum(WebhookStatus),
            "disabled_reason": enum(DisableReason),
            "secrets": json_list(Fields(SecretRef, codecs={"valid_until": INSTANT})),
            "kept_headers": json_object(Fields(KeptHeaders, codecs={"names": TUPLE})),
        },
        parts={"terms": Fields(WebhookTerms, codecs={"topics": TUPLE, "headers": Codec(dict, dict)})},
    ),
    what="webhook subscription",
    resource_type="webhook_subscription",
    fixed=("created_at",),
)
_REMOVE = delete(WebhookSubscriptionRow).where(
    WebhookSubscriptionRow.id == bindparam("gone"), WebhookSubscriptionRow.version == bindparam("kept_version")
)
_HEALTH = Fields(WebhookHealth)
_HEALTHS = select(*(getattr(WebhookHealthRow, name) for name in _HEALTH.columns)).where(
    WebhookHealthRow.subscription_id.in_(bindparam("wanted", expanding=True))
)
_CHANGING = tuple(name for name in _HEALTH.columns if name not in ("subscription_id", "partner_id"))
_SAVE_HEALTH = (
    update(WebhookHealthRow)
    .where(WebhookHealthRow.subscription_id == bindparam("key"), WebhookHealthRow.serial == bindparam("kept_serial"))
    .values(**{name: bindparam(f"new_{name}") for name in _CHANGING})
)
_COUNT_HEALTHS = (
    update(WebhookHealthRow)
    .where(
        WebhookHealthRow.subscription_id.in_(bindparam("keys", expanding=True)),
        tuple_(WebhookHealthRow.subscription_id, WebhookHealthRow.serial).in_(bindparam("kept", expanding=True)),
    )
    .values(serial=WebhookHealthRow.serial + 1)
)
_REMOVE_HEALTH = delete(WebhookHealthRow).where(WebhookHealthRow.subscription_id == bindparam("gone"))


class SqlWebhookSubscriptions(Repository[WebhookSubscription]):
    """Webhook subscriptions within scope (port ``WebhookSubscriptions``)."""

    table = _SUBSCRIPTIONS

    async def get(self, subscription_id: WebhookSubscriptionId) -> WebhookSubscription:
        """Return one, or raise ``NotFound``."""
        return await self.load(subscription_id)

    async def get_many(
        self, subscription_ids: Sequence[WebhookSubscriptionId]
    ) -> Mapping[WebhookSubscriptionId, WebhookSubscription]:
        """Return those of the ids that exist."""
        return {each.id: each for each in await self.all_in(list(dict.fromkeys(subscription_ids)))}

    async def remove(self, subscription: WebhookSubscription) -> None:
        """Delete one at the version it has, or raise ``Stale``."""
        refuse_foreign(WebhookSubscriptionRow, self._transaction.scope, {"partner_id": subscription.partner_id})
        wanted = {"gone": subscription.id, "kept_version": subscription.version}
        if await self._transaction.update(_REMOVE, wanted) != 1:
            raise Stale("This webhook subscription was changed by somebody else.", hint="Read it again.")
        self._transaction.journal.take(subscription, subscription.version + 1)

    def announce(self, subscription: WebhookSubscription) -> None:
        """Take over what it recorded, without writing it."""
        self._transaction.journal.take(subscription, subscription.version)

    async def list(self, request: PageRequest, criteria: SubscriptionFilter) -> Page[WebhookSubscription]:
        """Return a page, newest first unless sorted otherwise."""
        return await page_of_webhooks(self._transaction, self.table, request, criteria)

    async def active(self) -> Sequence[WebhookSubscription]:
        """Return all that are active, by id."""
        return await self.all_where(
            WebhookSubscriptionRow.status == WebhookStatus.ACTIVE.value, order=(WebhookSubscriptionRow.id,)
        )

    async def owing_notices(self, limit: int) -> Sequence[WebhookSubscription]:
        """Return those whose owner still has to be written to."""
        query = self.table.select.where(
            WebhookSubscriptionRow.status == WebhookStatus.DISABLED.value,
            WebhookSubscriptionRow.owner_told_of < WebhookSubscriptionRow.disabled_count,
        )
        rows = await self._transaction.execute(query.order_by(WebhookSubscriptionRow.id).limit(limit))
        return [self.table.restore(row) for row in rows]


class SqlWebhookHealths:
    """How receivers fare (port ``WebhookHealths``); every write is conditional on what was read."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of(
        self, subscription_ids: Sequence[WebhookSubscriptionId]
    ) -> Mapping[WebhookSubscriptionId, WebhookHealth]:
        """Return those of the subscriptions that exist."""
        found: dict[WebhookSubscriptionId, WebhookHealth] = {}
        wanted = list(dict.fromkeys(subscription_ids))
        for start in range(0, len(wanted), MAX_IN_LIST):
            rows = await self._transaction.execute(_HEALTHS, {"wanted": wanted[start : start + MAX_IN_LIST]})
            for row in rows:
                health = _HEALTH.read(dict(zip(_HEALTH.columns, row, strict=True)))
                found[health.subscription_id] = health
        return found

    async def add(self, health: WebhookHealth) -> None:
        """Write that of a new subscription."""
        await self._transaction.insert(WebhookHealthRow, [_HEALTH.write(health)])

    async def save_each(self, healths: Sequence[WebhookHealth]) -> None:
        """Write each where its serial is still the one it was read with, or raise ``Retryable``."""
        changes: list[dict[str, Any]] = []
        for health in sorted(healths, key=lambda each: each.subscription_id):
            values = _HEALTH.write(health)
            new = {f"new_{name}": values[name] for name in _CHANGING} | {"new_serial": health.serial + 1}
            changes.append(new | {"key": health.subscription_id, "kept_serial": health.serial})
        if await self._transaction.update_each(_SAVE_HEALTH, changes) != len(changes):
            raise Retryable("Another worker was first.")

    async def count_each(self, healths: Sequence[WebhookHealth]) -> None:
        """Count each as written, without a change, where it is as it was read; else ``Retryable``."""
        for start in range(0, len(healths), MAX_IN_LIST):
            kept = {each.subscription_id: each.serial for each in healths[start : start + MAX_IN_LIST]}
            wanted = {"keys": [*kept], "kept": [*kept.items()]}
            if await self._transaction.update(_COUNT_HEALTHS, wanted) != len(kept):
                raise Retryable("Another worker was first.")

    async def remove(self, subscription_id: WebhookSubscriptionId) -> None:
        """Delete that of a subscription that is no more."""
        await self._transaction.update(_REMOVE_HEALTH, {"gone": subscription_id})
