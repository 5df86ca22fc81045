"""What the billing use cases need from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.kernel.paging import Sorting
from scaicontrol_core.metering.ports import MeteringWork
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.tax.ports import ExchangeRatesWork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from scaicontrol_core.billing.billing_run import BillingRun
    from scaicontrol_core.billing.chain import ChainLink
    from scaicontrol_core.billing.commissions.ports import CommissionStatements
    from scaicontrol_core.billing.consumer_turnover import ConsumerTurnover
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.ledger import BilledPeriod
    from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus, PdfStatus
    from scaicontrol_core.billing.numbering import NumberSeries, SeriesKey
    from scaicontrol_core.billing.reporting import DocumentSpan, IssuedDocument
    from scaicontrol_core.billing.run_page import RunPage
    from scaicontrol_core.billing.wholesale.ports import WholesaleCharges
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, RunId, SubscriptionId, TenantId
    from scaicontrol_core.kernel.paging import Page, PageRequest

INVOICES = Sorting("invoices", ("created_at", "issue_date", "number"), "-created_at")


@frozen
class InvoiceFilter:
    """Narrows a list of invoices; None does not narrow. ``search`` begins a number.

    The days of ``issued_from``, ``issued_to``, ``due_from`` and ``due_to`` are included.
    """

    tenant_id: TenantId | None = None
    partner_id: PartnerId | None = None
    seller_id: PartnerId | None = None
    status: InvoiceStatus | None = None
    document_type: DocumentType | None = None
    number: str | None = None
    run_id: RunId | None = None
    referenced_invoice_id: InvoiceId | None = None
    currency: str | None = None
    search: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    issued: bool | None = None
    """True: only what has a number (drafts are the seller's business); False: only drafts."""


class Invoices(Protocol):
    """The collection of invoices with their lines."""

    async def get(self, invoice_id: InvoiceId) -> Invoice:
        """Return one with its lines in order, or raise ``NotFound`` (``invoice_not_found``)."""
        ...

    async def get_many(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[InvoiceId, Invoice]:
        """Return those of the ids that exist, with their lines, in a few reads."""
        ...

    async def add(self, invoice: Invoice) -> None:
        """Write a new invoice and its lines."""
        ...

    async def add_many(self, invoices: Sequence[Invoice]) -> None:
        """Write many new invoices (drafts or finalized) and their lines with bulk statements."""
        ...

    async def save(self, invoice: Invoice) -> None:
        """Write a changed invoice, lines replaced if they differ; ``Stale`` if others changed it."""
        ...

    async def save_many(self, invoices: Sequence[Invoice]) -> None:
        """Write many changed ones, as ``save`` does; ``Stale`` if any was changed by others."""
        ...

    async def list(self, wanted: InvoiceFilter, page: PageRequest) -> Page[Invoice]:
        """Return part of the list, newest first unless sorted otherwise; lines are left out (empty)."""
        ...

    async def awaiting_document(self, *, status: PdfStatus, limit: int) -> Sequence[InvoiceId]:
        """Return ids of numbered invoices with that ``pdf_status``, oldest first."""
        ...

    async def overdue(self, before: date, *, after: InvoiceId | None, limit: int) -> Sequence[InvoiceId]:
        """Return ids (ascending, after ``after``) of what is ``sent`` and was due before a day."""
        ...

    async def failing(
        self, subscription_ids: Sequence[SubscriptionId], *, apart_from: InvoiceId
    ) -> frozenset[SubscriptionId]:
        """Return those that another invoice charges which is open and had a scheduled payment fail."""
        ...

    async def documents(
        self, span: DocumentSpan, *, after: tuple[date, InvoiceId] | None, limit: int
    ) -> Sequence[IssuedDocument]:
        """Return numbered documents of a span by issue date and id, those that come after ``after``."""
        ...

    async def chain(self, key: SeriesKey, *, after: int, limit: int) -> Sequence[ChainLink]:
        """Return links of a series with ``sequence > after``, ordered by sequence.

        ``mismatches`` names the stored columns (number, dates, amounts, lines) that contradict
        the frozen document.
        """
        ...


class AllNumberSeries(Protocol):
    """The number series."""

    async def lock(self, key: SeriesKey, prefix: str) -> NumberSeries:
        """Return the series under an exclusive lock until the unit of work ends; made if absent.

        The last lock a unit of work takes; held for one round trip of writes.
        """
        ...

    async def save(self, series: NumberSeries) -> None:
        """Write the counter, the last date and the last hash of a locked series."""
        ...

    async def list(self, seller_id: PartnerId | None) -> Sequence[NumberSeries]:
        """Return all series within scope (a partner sees its own), ordered by seller, type and year."""
        ...


class ConsumerTurnovers(Protocol):
    """What sellers invoiced to consumers of other member states, by calendar year."""

    async def get(self, seller_id: PartnerId, year: int) -> ConsumerTurnover:
        """Return a year's turnover as it was last committed; zero if there is none."""
        ...

    async def lock(self, seller_id: PartnerId, year: int) -> ConsumerTurnover:
        """As ``get``, under an exclusive lock until the unit of work ends; taken after a series' lock."""
        ...

    async def save(self, turnover: ConsumerTurnover) -> None:
        """Write a locked one with its events."""
        ...


class BilledPeriods(Protocol):
    """The append-only ledger."""

    async def add_many(self, entries: Sequence[BilledPeriod]) -> None:
        """Append; ``PeriodAlreadyBilled`` if any natural key is taken."""
        ...

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[BilledPeriod]:
        """Return what an invoice charges, by subscription and ordinal."""
        ...


class BillingRuns(Protocol):
    """The records of billing runs."""

    async def get(self, run_id: RunId) -> BillingRun:
        """Return one, or raise ``NotFound`` (``billing_run_not_found``)."""
        ...

    async def lock(self, run_id: RunId) -> BillingRun:
        """As ``get``, under an exclusive lock until the unit of work ends."""
        ...

    async def find_open(self, key: str) -> BillingRun | None:
        """Return the open run of that ``open_key``, if there is one."""
        ...

    async def add(self, run: BillingRun) -> None:
        """Write a new one; ``Conflict`` (``run_is_open``) if one of its ``open_key`` is open."""
        ...

    async def save(self, run: BillingRun) -> None:
        """Write a changed one, or raise ``Stale``."""
        ...

    async def get_page(self, page_id: str) -> RunPage:
        """Return one page, or raise ``NotFound`` (``run_page_not_found``)."""
        ...

    async def add_page(self, page: RunPage) -> None:
        """Write a page that was claimed; ``Retryable`` if its number was taken meanwhile."""
        ...

    async def save_page(self, page: RunPage) -> None:
        """Write a changed page, or raise ``Stale``: then it is another worker's."""
        ...

    async def last_page(self, run_id: RunId, seller_id: PartnerId, cutoff: date) -> RunPage | None:
        """Return the newest page of a seller's tenants as they owe on a day, if there is one."""
        ...

    async def unfinished_pages(self, run_id: RunId) -> Sequence[RunPage]:
        """Return the pages that somebody is to finish, by number."""
        ...

    async def pages(self, run_id: RunId) -> Sequence[RunPage]:
        """Return all pages of a run, by number."""
        ...

    async def count_pages(self, run_id: RunId) -> int:
        """Count the pages of a run."""
        ...


class BillingWork(SubscriptionsWork, MeteringWork, ExchangeRatesWork, Protocol):
    """A unit of work over everything a billing use case reads and writes."""

    @property
    def invoices(self) -> Invoices:
        """The invoices within scope."""
        ...

    @property
    def number_series(self) -> AllNumberSeries:
        """The number series."""
        ...

    @property
    def consumer_turnovers(self) -> ConsumerTurnovers:
        """The turnovers of sellers with consumers of other member states."""
        ...

    @property
    def billed_periods(self) -> BilledPeriods:
        """The ledger."""
        ...

    @property
    def billing_runs(self) -> BillingRuns:
        """The billing runs."""
        ...

    @property
    def commission_statements(self) -> CommissionStatements:
        """What partners earned by sales in the operator's name."""
        ...

    @property
    def wholesale_charges(self) -> WholesaleCharges:
        """The ledger of what is billed to partners."""
        ...
