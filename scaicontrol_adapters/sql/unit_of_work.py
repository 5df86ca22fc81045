"""The unit of work over SQL: one session, one scope, one transaction, one commit."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from scaicontrol_adapters.sql.delivery_work import DeliveryRepositories
from scaicontrol_adapters.sql.errors import ConnectionLost, waiting_in_vain
from scaicontrol_adapters.sql.guard import ScopedSession, bound_to, close_to_statements
from scaicontrol_adapters.sql.reads.integrity import SqlIntegrityReads
from scaicontrol_adapters.sql.reads.metering import SqlMeteredSubscriptions
from scaicontrol_adapters.sql.reads.payments import SqlReceivables
from scaicontrol_adapters.sql.repositories.audit import SqlAuditLog
from scaicontrol_adapters.sql.repositories.billing import SqlBilledPeriods, SqlBillingRuns, SqlNumberSeries
from scaicontrol_adapters.sql.repositories.brand import SqlBrandAssets
from scaicontrol_adapters.sql.repositories.catalog import SqlPacks, SqlPlans, SqlServices
from scaicontrol_adapters.sql.repositories.commissions import SqlCommissionStatements
from scaicontrol_adapters.sql.repositories.consumer_turnovers import SqlConsumerTurnovers
from scaicontrol_adapters.sql.repositories.documents import SqlDocumentRevisions
from scaicontrol_adapters.sql.repositories.identity import (
    SqlCustomRoles,
    SqlDirectoryRuns,
    SqlGroups,
    SqlMembers,
    SqlUsers,
)
from scaicontrol_adapters.sql.repositories.invoices import SqlInvoices
from scaicontrol_adapters.sql.repositories.metering import SqlUsageClosings, SqlUsageEvents
from scaicontrol_adapters.sql.repositories.packs import SqlPackSubscriptions
from scaicontrol_adapters.sql.repositories.payment_methods import SqlPaymentMethods
from scaicontrol_adapters.sql.repositories.payments import SqlPayments
from scaicontrol_adapters.sql.repositories.recurrences import SqlRecurrences
from scaicontrol_adapters.sql.repositories.secrets import SqlSecretChanges
from scaicontrol_adapters.sql.repositories.sending import SqlSendHistory, SqlSendRequests
from scaicontrol_adapters.sql.repositories.subscriptions import SqlSubscriptions
from scaicontrol_adapters.sql.repositories.tax import SqlExchangeRates
from scaicontrol_adapters.sql.repositories.templates import SqlTemplates
from scaicontrol_adapters.sql.repositories.tenancy import (
    SqlBillingProfiles,
    SqlPartners,
    SqlSellers,
    SqlTenants,
    SqlVatEvidence,
)
from scaicontrol_adapters.sql.repositories.unit_costs import SqlUnitCosts
from scaicontrol_adapters.sql.repositories.usage_days import SqlUsageDays
from scaicontrol_adapters.sql.repositories.usage_rollups import SqlUsageRollups
from scaicontrol_adapters.sql.repositories.usage_thresholds import SqlUsageThresholds
from scaicontrol_adapters.sql.repositories.wholesale import SqlWholesaleCharges
from scaicontrol_adapters.sql.transaction import Transaction
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.kernel.errors import CommitUnknown
from scaicontrol_core.subscriptions.recurring_keeping import keep_recurrences

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_adapters.sql.engine import Database
    from scaicontrol_core.delivery.work import DeliveryWork
    from scaicontrol_core.documents.work import DocumentsWork
    from scaicontrol_core.identity.ports import IdentityWork
    from scaicontrol_core.integrity.ports import IntegrityWork
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.kernel.scope import Scope
    from scaicontrol_core.kernel.work import ActsInScope, AfterCommit, UnitOfWorkFactory


class SqlWork(DeliveryRepositories):
    """Every feature's ``Work`` in one: repositories are made when first asked for."""

    def __init__(
        self, transaction: Transaction, actor: Actor, clock: Clock, ids: Ids, committed: AfterCommit | None = None
    ) -> None:
        self.transaction = transaction
        self._actor, self._clock, self._ids, self._committed = actor, clock, ids, committed

    @property
    def scope(self) -> Scope:
        """The rows within reach."""
        return self.transaction.scope

    async def commit(self) -> None:
        """Write audit log and outbox beside the state, then commit; the work is over after it.

        Raises ``Retryable`` if the database gave the transaction up, ``CommitUnknown`` if
        nobody can tell.
        """
        session, events = self.transaction.session, self.transaction.journal.events
        if self.transaction.recurrences:
            await keep_recurrences(self, self.transaction.recurrences, self._clock.now())
            self.transaction.recurrences.clear()
        if not self.transaction.journal.is_empty:
            connection = await session.connection()
            await self.transaction.journal.write(connection, self._actor, self._ids, self._clock.now())
        try:
            await session.commit()
        except ConnectionLost as lost:
            raise CommitUnknown(
                "The connection was lost during COMMIT.", hint="Look whether it took effect before you send it again."
            ) from lost
        close_to_statements(session.sync_session)
        if events and self._committed is not None:
            await self._committed(events)

    # -- tenancy -----------------------------------------------------------------------------

    @cached_property
    def partners(self) -> SqlPartners:
        """The partners within scope."""
        return SqlPartners(self.transaction)

    @cached_property
    def sellers(self) -> SqlSellers:
        """The sellers, readable from any scope."""
        return SqlSellers(self.transaction)

    @cached_property
    def tenants(self) -> SqlTenants:
        """The tenants within scope."""
        return SqlTenants(self.transaction)

    @cached_property
    def billing_profiles(self) -> SqlBillingProfiles:
        """The billing profiles within scope."""
        return SqlBillingProfiles(self.transaction)

    @cached_property
    def brand_assets(self) -> SqlBrandAssets:
        """The logos and fonts within scope."""
        return SqlBrandAssets(self.transaction)

    @cached_property
    def vat_evidence(self) -> SqlVatEvidence:
        """The evidence on VAT numbers within scope."""
        return SqlVatEvidence(self.transaction)

    # -- identity ----------------------------------------------------------------------------

    @cached_property
    def users(self) -> SqlUsers:
        """The users within scope."""
        return SqlUsers(self.transaction)

    @cached_property
    def groups(self) -> SqlGroups:
        """The groups within scope."""
        return SqlGroups(self.transaction)

    @cached_property
    def members(self) -> SqlMembers:
        """Who is in which group, within scope."""
        return SqlMembers(self.transaction)

    @cached_property
    def custom_roles(self) -> SqlCustomRoles:
        """The partners' own roles within scope."""
        return SqlCustomRoles(self.transaction)

    @cached_property
    def directory_runs(self) -> SqlDirectoryRuns:
        """The readings of the directory."""
        return SqlDirectoryRuns(self.transaction)

    # -- catalogue ---------------------------------------------------------------------------

    @cached_property
    def services(self) -> SqlServices:
        """The services."""
        return SqlServices(self.transaction)

    @cached_property
    def plans(self) -> SqlPlans:
        """The plans."""
        return SqlPlans(self.transaction)

    @cached_property
    def packs(self) -> SqlPacks:
        """The packs."""
        return SqlPacks(self.transaction)

    @cached_property
    def unit_costs(self) -> SqlUnitCosts:
        """What units cost us."""
        return SqlUnitCosts(self.transaction)

    # -- subscriptions and the audit log -------------------------------------------------------

    @cached_property
    def subscriptions(self) -> SqlSubscriptions:
        """The subscriptions within scope."""
        return SqlSubscriptions(self.transaction)

    @cached_property
    def pack_subscriptions(self) -> SqlPackSubscriptions:
        """The subscriptions to packs within scope."""
        return SqlPackSubscriptions(self.transaction)

    @cached_property
    def recurrences(self) -> SqlRecurrences:
        """What recurs of subscriptions, within scope."""
        return SqlRecurrences(self.transaction)

    @cached_property
    def audit_log(self) -> SqlAuditLog:
        """The audit log within scope."""
        return SqlAuditLog(self.transaction)

    @cached_property
    def secret_changes(self) -> SqlSecretChanges:
        """What the audit log hears of secrets."""
        return SqlSecretChanges(self.transaction)

    # -- metering ------------------------------------------------------------------------------

    @cached_property
    def metered(self) -> SqlMeteredSubscriptions:
        """The subscriptions, as far as usage needs them."""
        return SqlMeteredSubscriptions(self.transaction)

    @cached_property
    def usage_events(self) -> SqlUsageEvents:
        """The usage events."""
        return SqlUsageEvents(self.transaction)

    @cached_property
    def usage_closings(self) -> SqlUsageClosings:
        """The closings of usage within scope."""
        return SqlUsageClosings(self.transaction)

    @cached_property
    def usage_rollups(self) -> SqlUsageRollups:
        """What usage adds up to, within scope."""
        return SqlUsageRollups(self.transaction)

    @cached_property
    def usage_thresholds(self) -> SqlUsageThresholds:
        """What was reached of quotas within scope."""
        return SqlUsageThresholds(self.transaction)

    @cached_property
    def usage_days(self) -> SqlUsageDays:
        """The days to tell of, and those told, within scope."""
        return SqlUsageDays(self.transaction)

    # -- tax -----------------------------------------------------------------------------------

    @cached_property
    def exchange_rates(self) -> SqlExchangeRates:
        """The exchange rates."""
        return SqlExchangeRates(self.transaction)

    # -- billing and documents -----------------------------------------------------------------

    @cached_property
    def invoices(self) -> SqlInvoices:
        """The invoices within scope."""
        return SqlInvoices(self.transaction)

    @cached_property
    def number_series(self) -> SqlNumberSeries:
        """The number series within scope."""
        return SqlNumberSeries(self.transaction)

    @cached_property
    def consumer_turnovers(self) -> SqlConsumerTurnovers:
        """The turnovers of sellers with consumers of other member states."""
        return SqlConsumerTurnovers(self.transaction)

    @cached_property
    def billed_periods(self) -> SqlBilledPeriods:
        """The ledger of billed periods."""
        return SqlBilledPeriods(self.transaction)

    @cached_property
    def billing_runs(self) -> SqlBillingRuns:
        """The billing runs."""
        return SqlBillingRuns(self.transaction)

    @cached_property
    def commission_statements(self) -> SqlCommissionStatements:
        """The commission statements within scope."""
        return SqlCommissionStatements(self.transaction)

    @cached_property
    def payments(self) -> SqlPayments:
        """The payments within scope."""
        return SqlPayments(self.transaction)

    @cached_property
    def payment_methods(self) -> SqlPaymentMethods:
        """What customers within scope pay with."""
        return SqlPaymentMethods(self.transaction)

    @cached_property
    def receivables(self) -> SqlReceivables:
        """What is open within scope."""
        return SqlReceivables(self.transaction)

    @cached_property
    def wholesale_charges(self) -> SqlWholesaleCharges:
        """The ledger of what is billed to partners."""
        return SqlWholesaleCharges(self.transaction)

    @cached_property
    def document_revisions(self) -> SqlDocumentRevisions:
        """The revisions of documents within scope."""
        return SqlDocumentRevisions(self.transaction)

    @cached_property
    def templates(self) -> SqlTemplates:
        """The templates within scope."""
        return SqlTemplates(self.transaction)

    @cached_property
    def send_requests(self) -> SqlSendRequests:
        """The requests to send documents within scope."""
        return SqlSendRequests(self.transaction)

    @cached_property
    def send_history(self) -> SqlSendHistory:
        """What became of them."""
        return SqlSendHistory(self.transaction)

    # -- audits of everything ------------------------------------------------------------------

    @cached_property
    def integrity(self) -> SqlIntegrityReads:
        """The reads of an audit."""
        return SqlIntegrityReads(self.transaction)


class SqlUnitOfWorkFactory:
    """Begins units of work on a database (port ``UnitOfWorkFactory``)."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, *, committed: AfterCommit | None = None) -> None:
        self.database, self._clock, self._ids, self._committed = database, clock, ids, committed

    @asynccontextmanager
    async def begin(self, actor: ActsInScope, *, read_only: bool = False) -> AsyncIterator[SqlWork]:
        """Open a unit of work over the actor's scope; leaving it without ``commit`` rolls back.

        The transaction begins with the first statement. Never begin one inside another: an
        embedded database has one writer, and would wait for itself.
        """
        if not isinstance(actor, Actor):
            raise TypeError(f"{actor!r} is not an Actor: the audit log could not name it")
        engine = self.database.reader if read_only else self.database.writer
        session = AsyncSession(
            engine,
            sync_session_class=ScopedSession,
            expire_on_commit=False,
            autoflush=False,
            info=bound_to(actor.scope, read_only=read_only),
        )
        async with session:
            transaction = Transaction(session, actor.scope, self.database.dialect)
            with waiting_in_vain():
                yield SqlWork(transaction, actor, self._clock, self._ids, self._committed)


if TYPE_CHECKING:

    def _keeps_every_promise(factory: SqlUnitOfWorkFactory) -> UnitOfWorkFactory[DocumentsWork]:
        """Let mypy compare all repositories with their ports."""
        return factory

    def _reads_for_audits(factory: SqlUnitOfWorkFactory) -> UnitOfWorkFactory[IntegrityWork]:
        return factory

    def _knows_users(factory: SqlUnitOfWorkFactory) -> UnitOfWorkFactory[IdentityWork]:
        return factory

    def _delivers(factory: SqlUnitOfWorkFactory) -> UnitOfWorkFactory[DeliveryWork]:
        return factory
