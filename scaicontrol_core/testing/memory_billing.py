"""Invoices, number series, the ledger and runs in memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from copy import copy
from datetime import date
from typing import ClassVar

from attrs import evolve, frozen

from scaicontrol_core.billing.billing_run import RUN_IS_OPEN, BillingRun
from scaicontrol_core.billing.chain import ChainLink
from scaicontrol_core.billing.consistency import mismatches
from scaicontrol_core.billing.errors import PeriodAlreadyBilled
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ledger import BilledPeriod
from scaicontrol_core.billing.lifecycle import InvoiceStatus, PdfStatus
from scaicontrol_core.billing.numbering import NumberSeries, SeriesKey
from scaicontrol_core.billing.ports import INVOICES, InvoiceFilter
from scaicontrol_core.billing.reporting import DocumentSpan, IssuedDocument
from scaicontrol_core.billing.run_page import RunPage
from scaicontrol_core.kernel.errors import Conflict, Refused, Retryable
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, RunId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing.memory_debts import MemoryDebts
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable, within
from scaicontrol_core.testing.memory_store import MemoryCollection, Transaction, UniqueKey

_NUMBERS = "invoice_numbers"
#: What a numbered document says.
_FROZEN = (
    "partner_id",
    "tenant_id",
    "seller_id",
    "document_type",
    "currency",
    "created_at",
    "lines",
    "period",
    "notes",
    "buyer_reference",
    "invoice_date",
    "due_date",
    "run_id",
    "buyer_partner_id",
    "referenced_invoice_id",
    "reason",
    "number",
    "sequence",
    "fiscal_year",
    "issue_date",
    "net_cents",
    "tax_cents",
    "gross_cents",
    "frozen_document",
    "chain_hash",
    "finalized_at",
)
_FILTERS = (
    "tenant_id",
    "partner_id",
    "seller_id",
    "status",
    "document_type",
    "number",
    "run_id",
    "referenced_invoice_id",
    "currency",
)


@frozen
class _Numbered:
    """Which invoice has a number."""

    invoice_id: InvoiceId


class MemoryInvoices(MemoryDebts):
    """All invoices within scope."""

    table = "invoices"
    what = "invoice"
    _SORTS: ClassVar[Mapping[str, SortKey[Invoice]]] = {
        "created_at": lambda row: (sortable(row.created_at), row.id),
        "issue_date": lambda row: (row.issue_date.isoformat() if row.issue_date else "", row.id),
        "number": lambda row: (row.number or "", row.id),
    }

    async def get_many(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[InvoiceId, Invoice]:
        """Return those of the ids that exist."""
        found = ((invoice_id, self._find(invoice_id)) for invoice_id in invoice_ids)
        return {invoice_id: invoice for invoice_id, invoice in found if invoice is not None}

    async def save_many(self, invoices: Sequence[Invoice]) -> None:
        """Store many changed ones."""
        for invoice in invoices:
            await self.save(invoice)

    async def add_many(self, invoices: Sequence[Invoice]) -> None:
        """Store many new ones."""
        for invoice in invoices:
            await self.add(invoice)

    async def save(self, row: Invoice) -> None:
        """Store a changed one; what a numbered document says stays, as triggers have it in a database."""
        stored = self._find(row.id)
        if stored is not None and stored.number is not None:
            changed = any(getattr(stored, name) != getattr(row, name) for name in _FROZEN)
            if changed or row.status is InvoiceStatus.DRAFT:
                raise Refused("A numbered document stays as it is.", code="invoice_immutable")
        await super().save(row)

    async def list(self, wanted: InvoiceFilter, page: PageRequest) -> Page[Invoice]:
        """Return part of the list, lines left out."""
        narrowed = [name for name in _FILTERS if getattr(wanted, name) is not None]
        found = [
            row
            for row in self._visible()
            if all(getattr(row, name) == getattr(wanted, name) for name in narrowed)
            and wanted.issued in (None, row.number is not None)
            and (wanted.search is None or (row.number or "").startswith(wanted.search))
            and within(row.issue_date, wanted.issued_from, wanted.issued_to)
            and within(row.due_date, wanted.due_from, wanted.due_to)
        ]
        shown = paged(found, page, INVOICES, self._SORTS, wanted)
        return evolve(shown, items=tuple(_without_lines(row) for row in shown.items))

    async def awaiting_document(self, *, status: PdfStatus, limit: int) -> Sequence[InvoiceId]:
        """Return ids of numbered invoices with that status, oldest first."""
        found = [row for row in self._visible() if row.number is not None and row.pdf_status is status]
        return [row.id for row in sorted(found, key=lambda row: row.id)][:limit]

    async def documents(
        self, span: DocumentSpan, *, after: tuple[date, InvoiceId] | None, limit: int
    ) -> Sequence[IssuedDocument]:
        """Return numbered documents of a span, in order."""
        found = [
            IssuedDocument(
                invoice_id=row.id,
                issue_date=row.issue_date,
                voided_at=row.voided_at,
                canonical=row.frozen_document,
            )
            for row in self._visible()
            if row.seller_id == span.seller_id and row.issue_date and row.frozen_document and _reaches_into(row, span)
        ]
        ordered = sorted(found, key=lambda each: (each.issue_date, each.invoice_id))
        return [each for each in ordered if after is None or (each.issue_date, each.invoice_id) > after][:limit]

    async def chain(self, key: SeriesKey, *, after: int, limit: int) -> Sequence[ChainLink]:
        """Return links of a series in order."""
        own = [row for row in self._visible() if _series(row) == key and (row.sequence or 0) > after]
        return [_link(row) for row in sorted(own, key=lambda row: row.sequence or 0)][:limit]

    def _reaches(self, scope: Scope, row: Invoice) -> bool:
        return scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)

    def _write(self, row: Invoice) -> None:
        if row.number is not None:
            self._claim_number((row.seller_id, row.document_type, row.fiscal_year, row.sequence), row)
            self._claim_number((row.seller_id, row.number), row)
        super()._write(row)

    def _claim_number(self, key: Hashable, row: Invoice) -> None:
        # An index of its own: comparing each new invoice with all others would be slow.
        self._transaction.watch(_NUMBERS, key, _number_taken)
        holder: _Numbered | None = self._transaction.row(_NUMBERS, key)
        if holder is None:
            self._transaction.write(_NUMBERS, key, _Numbered(row.id))
        elif holder.invoice_id != row.id:
            raise _number_taken()


def _number_taken() -> Retryable:
    return Retryable("Another document has this number.")


def _reaches_into(row: Invoice, span: DocumentSpan) -> bool:
    issued = row.issue_date or date.min
    if issued >= span.first_day:
        return issued <= span.last_issue
    if span.voided and row.voided_at and span.voided[0] <= row.voided_at < span.voided[1]:
        return True
    supplies = (line.supply_date for line in row.lines)
    periods = (line.period.last_day for line in row.lines if line.period)
    return any(day is not None and day >= span.first_day for day in (*supplies, *periods))


def _without_lines(invoice: Invoice) -> Invoice:
    twin = copy(invoice)
    twin.lines = ()
    return twin


def _series(row: Invoice) -> SeriesKey | None:
    return None if row.fiscal_year is None else SeriesKey(row.seller_id, row.document_type, row.fiscal_year)


def _link(row: Invoice) -> ChainLink:
    return ChainLink(
        sequence=row.sequence or 0,
        number=row.number or "",
        issue_date=row.issue_date.isoformat() if row.issue_date else "",
        canonical=row.frozen_document or "",
        chain_hash=row.chain_hash or "",
        mismatches=mismatches(row),
    )


class MemoryNumberSeries:
    """All number series; a commit that lost the race for one is to be run again."""

    _TABLE = "number_series"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self, key: SeriesKey, prefix: str) -> NumberSeries:
        """Return the series; made if absent."""
        self._transaction.require_reach("number series", partner_id=key.seller_id, tenant_id=None)
        self._transaction.watch(self._TABLE, key, lambda: Retryable("Another worker took this number."))
        found: NumberSeries | None = self._transaction.row(self._TABLE, key)
        return found or NumberSeries(key=key, prefix=prefix)

    async def save(self, series: NumberSeries) -> None:
        """Store counter, date and hash."""
        self._transaction.require_reach("number series", partner_id=series.key.seller_id, tenant_id=None)
        self._transaction.write(self._TABLE, series.key, series)

    async def list(self, seller_id: PartnerId | None) -> Sequence[NumberSeries]:
        """Return the series within scope."""
        scope = self._transaction.scope
        rows: list[NumberSeries] = [
            row
            for row in self._transaction.rows(self._TABLE)
            if seller_id in (None, row.key.seller_id) and scope.covers(partner_id=row.key.seller_id, tenant_id=None)
        ]
        return sorted(rows, key=lambda row: (row.key.seller_id, row.key.document_type, row.key.fiscal_year))


class MemoryBilledPeriods:
    """The ledger."""

    _TABLE = "billed_periods"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add_many(self, entries: Sequence[BilledPeriod]) -> None:
        """Append, or raise ``PeriodAlreadyBilled``."""
        for entry in entries:
            self._transaction.require_reach("entry", partner_id=entry.partner_id, tenant_id=entry.tenant_id)
            key: Hashable = (entry.subscription_id, entry.ordinal, entry.charge_kind)
            self._transaction.watch(self._TABLE, key, lambda: PeriodAlreadyBilled("A period was billed already."))
            if self._transaction.row(self._TABLE, key) is not None:
                raise PeriodAlreadyBilled("A period was billed already.")
            self._transaction.write(self._TABLE, key, entry)

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[BilledPeriod]:
        """Return what an invoice charges."""
        scope = self._transaction.scope
        rows: list[BilledPeriod] = [
            row
            for row in self._transaction.rows(self._TABLE)
            if row.invoice_id == invoice_id and scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)
        ]
        return sorted(rows, key=lambda row: (row.subscription_id, row.ordinal))


@frozen
class _RunLock:
    """Written by whoever held a run's lock."""

    run_id: RunId


class MemoryBillingRuns(MemoryCollection[BillingRun]):
    """The records of billing runs; a partner sees its own."""

    table = "billing_runs"
    what = "billing run"

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._pages = _MemoryRunPages(transaction)

    async def lock(self, run_id: RunId) -> BillingRun:
        """Return one; a commit after somebody else's is to be run again."""
        self._transaction.watch("run_locks", run_id, lambda: Retryable("Another worker was faster."))
        found = await self.get(run_id)
        self._transaction.write("run_locks", run_id, _RunLock(run_id))
        return found

    async def find_open(self, key: str) -> BillingRun | None:
        """Return the open run of that key."""
        return next((row for row in self._visible() if row.open_key == key), None)

    async def get_page(self, page_id: str) -> RunPage:
        """Return one page."""
        return await self._pages.get(page_id)

    async def add_page(self, page: RunPage) -> None:
        """Store a page."""
        await self._pages.add(page)

    async def save_page(self, page: RunPage) -> None:
        """Store a changed page."""
        await self._pages.save(page)

    async def last_page(self, run_id: RunId, seller_id: PartnerId, cutoff: date) -> RunPage | None:
        """Return the newest page of a seller and a day."""
        own = [page for page in await self.pages(run_id) if (page.seller_id, page.cutoff) == (seller_id, cutoff)]
        return own[-1] if own else None

    async def unfinished_pages(self, run_id: RunId) -> Sequence[RunPage]:
        """Return the pages that somebody is to finish."""
        return [page for page in await self.pages(run_id) if not page.is_finished]

    async def pages(self, run_id: RunId) -> Sequence[RunPage]:
        """Return all pages of a run."""
        return self._pages.of_run(run_id)

    async def count_pages(self, run_id: RunId) -> int:
        """Count the pages of a run."""
        return len(await self.pages(run_id))

    def _reaches(self, scope: Scope, row: BillingRun) -> bool:
        return row.partner_id is not None and scope.covers(partner_id=row.partner_id, tenant_id=None)

    def _unique_keys(self, row: BillingRun) -> Iterable[UniqueKey]:
        if row.open_key is not None:
            yield ("open", row.open_key), lambda: Conflict(RUN_IS_OPEN, code="run_is_open")


class _MemoryRunPages(MemoryCollection[RunPage]):
    table = "run_pages"
    what = "run page"

    def of_run(self, run_id: RunId) -> Sequence[RunPage]:
        return sorted((row for row in self._visible() if row.run_id == run_id), key=lambda row: row.number)

    def _reaches(self, scope: Scope, row: RunPage) -> bool:
        return row.partner_id is not None and scope.covers(partner_id=row.partner_id, tenant_id=None)

    def _unique_keys(self, row: RunPage) -> Iterable[UniqueKey]:
        yield (row.run_id, row.number), lambda: Retryable("Another worker claimed this page.")
