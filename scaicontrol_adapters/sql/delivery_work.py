"""The repositories of delivery and of jobs, as part of a unit of work."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from scaicontrol_adapters.sql.repositories.delivery import SqlWebhookHealths, SqlWebhookSubscriptions
from scaicontrol_adapters.sql.repositories.jobs import SqlJobs
from scaicontrol_adapters.sql.repositories.outbox import SqlOutbox
from scaicontrol_adapters.sql.repositories.webhook_deliveries import SqlWebhookDeliveries

if TYPE_CHECKING:
    from scaicontrol_adapters.sql.transaction import Transaction


class DeliveryRepositories:
    """What ``DeliveryWork`` names beside tenancy, and ``JobsWork``; made when first asked for."""

    transaction: Transaction

    @cached_property
    def webhook_subscriptions(self) -> SqlWebhookSubscriptions:
        """The webhook subscriptions within scope."""
        return SqlWebhookSubscriptions(self.transaction)

    @cached_property
    def webhook_healths(self) -> SqlWebhookHealths:
        """How their receivers fare."""
        return SqlWebhookHealths(self.transaction)

    @cached_property
    def webhook_deliveries(self) -> SqlWebhookDeliveries:
        """The deliveries within scope."""
        return SqlWebhookDeliveries(self.transaction)

    @cached_property
    def outbox(self) -> SqlOutbox:
        """The events within scope."""
        return SqlOutbox(self.transaction)

    @cached_property
    def jobs(self) -> SqlJobs:
        """The jobs, which only the platform has."""
        return SqlJobs(self.transaction)
