"""Units of work in memory: all the core's collections, without a database.

They keep the promises of the ports (scope, optimistic versions, unique values, events written
with the state) and are held to them by the same contract tests as the SQL adapter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from attrs import define, field

from scaicontrol_core.subscriptions.recurring_keeping import keep_recurrences
from scaicontrol_core.testing.clock import FixedClock
from scaicontrol_core.testing.ids import SequentialIds
from scaicontrol_core.testing.memory_billing import (
    MemoryBilledPeriods,
    MemoryBillingRuns,
    MemoryInvoices,
    MemoryNumberSeries,
)
from scaicontrol_core.testing.memory_brand_assets import MemoryBrandAssets
from scaicontrol_core.testing.memory_catalog import MemoryPacks, MemoryPlans, MemoryServices
from scaicontrol_core.testing.memory_commissions import MemoryCommissionStatements
from scaicontrol_core.testing.memory_delivery import MemoryWebhookHealths, MemoryWebhookSubscriptions
from scaicontrol_core.testing.memory_identity import (
    MemoryCustomRoles,
    MemoryDirectoryRuns,
    MemoryGroups,
    MemoryMembers,
    MemoryUsers,
)
from scaicontrol_core.testing.memory_integrity import MemoryIntegrityReads
from scaicontrol_core.testing.memory_jobs import MemoryJobs
from scaicontrol_core.testing.memory_metering import (
    MemoryMeteredSubscriptions,
    MemoryUsageClosings,
    MemoryUsageEvents,
)
from scaicontrol_core.testing.memory_outbox import MemoryOutbox
from scaicontrol_core.testing.memory_packs import MemoryPackSubscriptions
from scaicontrol_core.testing.memory_payment_methods import MemoryPaymentMethods
from scaicontrol_core.testing.memory_payments import MemoryPayments, MemoryReceivables
from scaicontrol_core.testing.memory_recurrences import MemoryRecurrences
from scaicontrol_core.testing.memory_revisions import MemoryDocumentRevisions
from scaicontrol_core.testing.memory_secret_changes import MemorySecretChanges
from scaicontrol_core.testing.memory_sending import MemorySendHistory, MemorySendRequests
from scaicontrol_core.testing.memory_store import MemoryStore, Transaction
from scaicontrol_core.testing.memory_subscriptions import MemoryAuditLog, MemorySubscriptions
from scaicontrol_core.testing.memory_tax import MemoryExchangeRates
from scaicontrol_core.testing.memory_templates import MemoryTemplates
from scaicontrol_core.testing.memory_tenancy import (
    MemoryBillingProfiles,
    MemoryPartners,
    MemorySellers,
    MemoryTenants,
    MemoryVatEvidence,
)
from scaicontrol_core.testing.memory_turnovers import MemoryConsumerTurnovers
from scaicontrol_core.testing.memory_unit_costs import MemoryUnitCosts
from scaicontrol_core.testing.memory_usage_days import MemoryUsageDays
from scaicontrol_core.testing.memory_usage_rollups import MemoryUsageRollups
from scaicontrol_core.testing.memory_usage_thresholds import MemoryUsageThresholds
from scaicontrol_core.testing.memory_webhooks import MemoryWebhookDeliveries
from scaicontrol_core.testing.memory_wholesale import MemoryWholesaleCharges

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.kernel.scope import Scope
    from scaicontrol_core.kernel.work import ActsInScope, AfterCommit


class MemoryWork:
    """One unit of work; the collections share its transaction and its scope."""

    def __init__(self, transaction: Transaction, committed: AfterCommit | None = None) -> None:
        self._transaction, self._committed = transaction, committed
        self.partners = MemoryPartners(transaction)
        self.sellers = MemorySellers(transaction)
        self.tenants = MemoryTenants(transaction)
        self.billing_profiles = MemoryBillingProfiles(transaction)
        self.brand_assets = MemoryBrandAssets(transaction)
        self.vat_evidence = MemoryVatEvidence(transaction)
        self.webhook_subscriptions = MemoryWebhookSubscriptions(transaction)
        self.webhook_healths = MemoryWebhookHealths(transaction)
        self.webhook_deliveries = MemoryWebhookDeliveries(transaction)
        self.outbox = MemoryOutbox(transaction)
        self.services = MemoryServices(transaction)
        self.plans = MemoryPlans(transaction)
        self.packs = MemoryPacks(transaction)
        self.unit_costs = MemoryUnitCosts(transaction)
        self.secret_changes = MemorySecretChanges(transaction)
        self.subscriptions = MemorySubscriptions(transaction)
        self.pack_subscriptions = MemoryPackSubscriptions(transaction)
        self.metered = MemoryMeteredSubscriptions(transaction)
        self.usage_events = MemoryUsageEvents(transaction)
        self.usage_closings = MemoryUsageClosings(transaction)
        self.usage_rollups = MemoryUsageRollups(transaction)
        self.usage_thresholds = MemoryUsageThresholds(transaction)
        self.usage_days = MemoryUsageDays(transaction)
        self.exchange_rates = MemoryExchangeRates(transaction)
        self.invoices = MemoryInvoices(transaction)
        self.number_series = MemoryNumberSeries(transaction)
        self.consumer_turnovers = MemoryConsumerTurnovers(transaction)
        self.billed_periods = MemoryBilledPeriods(transaction)
        self.billing_runs = MemoryBillingRuns(transaction)
        self.commission_statements = MemoryCommissionStatements(transaction)
        self.wholesale_charges = MemoryWholesaleCharges(transaction)
        self.payments = MemoryPayments(transaction)
        self.payment_methods = MemoryPaymentMethods(transaction)
        self.receivables = MemoryReceivables(transaction)
        self.document_revisions = MemoryDocumentRevisions(transaction)
        self.templates = MemoryTemplates(transaction)
        self.send_requests = MemorySendRequests(transaction)
        self.send_history = MemorySendHistory(transaction)
        self.recurrences = MemoryRecurrences(transaction)
        self.users = MemoryUsers(transaction)
        self.groups = MemoryGroups(transaction)
        self.members = MemoryMembers(transaction)
        self.custom_roles = MemoryCustomRoles(transaction)
        self.directory_runs = MemoryDirectoryRuns(transaction)
        self.jobs = MemoryJobs(transaction)
        self.audit_log = MemoryAuditLog(transaction)
        self.integrity = MemoryIntegrityReads(transaction)

    @property
    def scope(self) -> Scope:
        """The rows within reach."""
        return self._transaction.scope

    async def commit(self) -> None:
        """Apply state, audit log and outbox at once; ``Stale`` if others were first."""
        await keep_recurrences(self, self._transaction.recurrences, self._transaction.clock.now())
        self._transaction.recurrences.clear()
        events = self._transaction.events
        self._transaction.commit()
        if events and self._committed is not None:
            await self._committed(events)


@define
class MemoryUnitOfWorkFactory:
    """Begins units of work over one store; ``store`` is open to tests."""

    clock: Clock = field(factory=FixedClock)
    ids: Ids = field(factory=SequentialIds)
    store: MemoryStore = field(factory=MemoryStore)
    committed: AfterCommit | None = None

    @asynccontextmanager
    async def begin(self, actor: ActsInScope, *, read_only: bool = False) -> AsyncIterator[MemoryWork]:
        """Open a unit of work over the actor's scope; what is not committed is forgotten."""
        transaction = Transaction(self.store, cast("Actor", actor), self.clock, self.ids, read_only=read_only)
        yield MemoryWork(transaction, self.committed)
