"""Number series, the ledger of billed periods, billing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, update

from scaicontrol_adapters.sql.mapping import TUPLE, Codec, Fields, enum, json_list, json_object
from scaicontrol_adapters.sql.repositories.base import Repository, Table, refuse_foreign, telling
from scaicontrol_adapters.sql.rows.billing import BilledPeriodRow, BillingRunRow, NumberSeriesRow, RunPageRow
from scaicontrol_core.billing.billing_run import (
    BillingRun,
    PartnerDocument,
    PartnerDocumentKind,
    PartnerFailure,
    RunStatus,
    RunTotals,
    TenantFailure,
    VatTotal,
)
from scaicontrol_core.billing.errors import PeriodAlreadyBilled
from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.billing.numbering import NumberSeries, SeriesKey
from scaicontrol_core.billing.run_page import RunPage
from scaicontrol_core.kernel.period import Period

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, RunId

_SERIES = Fields(NumberSeries, parts={"key": Fields(SeriesKey, codecs={"document_type": enum(DocumentType)})})
_KEY = ("seller_id", "document_type", "fiscal_year")
_ALL_SERIES: Select[Any] = select(*(getattr(NumberSeriesRow, name) for name in _SERIES.columns))
_ONE_SERIES = tuple(getattr(NumberSeriesRow, name) == bindparam(f"kept_{name}") for name in _KEY)
_LOCK = _ALL_SERIES.where(*_ONE_SERIES).with_for_update()
_SAVE = (
    update(NumberSeriesRow)
    .where(*_ONE_SERIES)
    .values({name: bindparam(f"new_{name}") for name in _SERIES.columns if name not in _KEY})
)
_LEDGER = Fields(BilledPeriod, codecs={"charge_kind": enum(ChargeKind)})
_ENTRIES: Select[Any] = select(*(getattr(BilledPeriodRow, name) for name in _LEDGER.columns))
_WRITTEN_TOTALS = json_object(
    Fields(
        RunTotals,
        codecs={
            "vat": json_list(Fields(VatTotal)),
            "failures": json_list(Fields(TenantFailure)),
            "partner_documents": json_list(Fields(PartnerDocument, codecs={"kind": enum(PartnerDocumentKind)})),
            "partner_failures": json_list(Fields(PartnerFailure)),
        },
    )
)
#: Runs of before partners were billed say nothing of them.
_TOTALS = Codec(
    _WRITTEN_TOTALS.encode,
    lambda kept: _WRITTEN_TOTALS.decode({"partner_documents": [], "partner_failures": []} | kept),
)
_RUNS: Table[BillingRun] = Table(
    BillingRunRow,
    Fields(
        BillingRun,
        codecs={"status": enum(RunStatus), "totals": _TOTALS},
        parts={"month": Fields(Period, prefix="month_")},
    ),
    what="billing run",
    resource_type="billing_run",
    fixed=("tenant_id", "month_start", "month_end", "started_at"),
    extra=("open_key",),
)
_PAGES: Table[RunPage] = Table(
    RunPageRow,
    Fields(RunPage, codecs={"totals": _TOTALS, "workers": TUPLE}),
    what="run page",
    resource_type="run_page",
    fixed=("run_id", "number", "seller_id", "cutoff", "upto", "tenants", "claimed_at"),
)


class SqlNumberSeries:
    """Number series within scope (port ``AllNumberSeries``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self, key: SeriesKey, prefix: str) -> NumberSeries:
        """Return the series under an exclusive lock until the unit of work ends; made if absent.

        MariaDB locks the row (SELECT … FOR UPDATE); on SQLite the transaction holds the
        database's one write lock already. Two that make the same series at once: the second
        waits for the first and then sees its row.
        """
        found = await self._locked(key)
        if found is not None:
            return found
        fresh = _SERIES.write(NumberSeries(key=key, prefix=prefix))
        refuse_foreign(NumberSeriesRow, self._transaction.scope, fresh)
        await self._transaction.execute(self._transaction.dialect.insert_if_absent(NumberSeriesRow, *_KEY), fresh)
        made = await self._locked(key)
        assert made is not None  # noqa: S101  # we have just made it, and nobody deletes series
        return made

    async def save(self, series: NumberSeries) -> None:
        """Store counter, last date and last hash of a locked series."""
        written = _SERIES.write(series)
        refuse_foreign(NumberSeriesRow, self._transaction.scope, written)
        await self._transaction.update(
            _SAVE, {f"{'kept' if name in _KEY else 'new'}_{name}": value for name, value in written.items()}
        )

    async def list(self, seller_id: PartnerId | None) -> Sequence[NumberSeries]:
        """Return all series within scope, ordered by seller, type and year."""
        wanted = _ALL_SERIES.order_by(*(getattr(NumberSeriesRow, name) for name in _KEY))
        if seller_id is not None:
            wanted = wanted.where(NumberSeriesRow.seller_id == seller_id)
        return [_restored(row) for row in await self._transaction.execute(wanted)]

    async def _locked(self, key: SeriesKey) -> NumberSeries | None:
        named = {
            "kept_seller_id": key.seller_id,
            "kept_document_type": key.document_type.value,
            "kept_fiscal_year": key.fiscal_year,
        }
        row = (await self._transaction.execute(_LOCK, named)).first()
        return None if row is None else _restored(row)


class SqlBilledPeriods:
    """The ledger (port ``BilledPeriods``); triggers refuse every change of an entry."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add_many(self, entries: Sequence[BilledPeriod]) -> None:
        """Append; raises ``PeriodAlreadyBilled`` if any natural key is taken."""
        async with telling(duplicate=PeriodAlreadyBilled("A period was billed already.")):
            await self._transaction.insert(BilledPeriodRow, [_LEDGER.write(entry) for entry in entries])

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[BilledPeriod]:
        """Return what an invoice charges, by subscription and ordinal."""
        wanted = _ENTRIES.where(BilledPeriodRow.invoice_id == invoice_id)
        ordered = wanted.order_by(BilledPeriodRow.subscription_id, BilledPeriodRow.ordinal)
        rows = await self._transaction.execute(ordered)
        return [_LEDGER.read(dict(zip(_LEDGER.columns, row, strict=True))) for row in rows]


class SqlBillingRuns(Repository[BillingRun]):
    """The records of billing runs (port ``BillingRuns``); a partner sees its own."""

    table = _RUNS

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._pages = _RunPages(transaction)

    def values(self, aggregate: BillingRun) -> dict[str, Any]:
        """Add the key that one open run of a kind has."""
        return super().values(aggregate) | {"open_key": aggregate.open_key}

    async def get(self, run_id: RunId) -> BillingRun:
        """Return one, or raise ``NotFound``."""
        return await self.load(run_id)

    async def lock(self, run_id: RunId) -> BillingRun:
        """Return one under an exclusive lock: SELECT … FOR UPDATE, or the one write lock of SQLite."""
        wanted = self.table.select.where(BillingRunRow.id == run_id).with_for_update()
        row = (await self._transaction.execute(wanted)).first()
        return await self.load(run_id) if row is None else self.table.restore(row)

    async def find_open(self, key: str) -> BillingRun | None:
        """Return the open run of that key."""
        return await self.find_where(BillingRunRow.open_key == key)

    async def get_page(self, page_id: str) -> RunPage:
        """Return one page, or raise ``NotFound``."""
        return await self._pages.load(page_id)

    async def add_page(self, page: RunPage) -> None:
        """Store a page; ``Retryable`` if its number was taken meanwhile."""
        await self._pages.add(page)

    async def save_page(self, page: RunPage) -> None:
        """Store a changed page, or raise ``Stale``."""
        await self._pages.save(page)

    async def last_page(self, run_id: RunId, seller_id: PartnerId, cutoff: date) -> RunPage | None:
        """Return the newest page of a seller and a day."""
        of_seller = (RunPageRow.run_id == run_id, RunPageRow.seller_id == seller_id, RunPageRow.cutoff == cutoff)
        last = select(func.max(RunPageRow.number)).where(*of_seller).scalar_subquery()
        return await self._pages.find_where(*of_seller, RunPageRow.number == last)

    async def unfinished_pages(self, run_id: RunId) -> Sequence[RunPage]:
        """Return the pages that somebody is to finish."""
        unfinished = (RunPageRow.run_id == run_id, RunPageRow.finished_at.is_(None))
        return await self._pages.all_where(*unfinished, order=(RunPageRow.number,))

    async def pages(self, run_id: RunId) -> Sequence[RunPage]:
        """Return all pages of a run."""
        return await self._pages.all_where(RunPageRow.run_id == run_id, order=(RunPageRow.number,))

    async def count_pages(self, run_id: RunId) -> int:
        """Count the pages of a run."""
        counted = select(func.count()).where(RunPageRow.run_id == run_id)
        return int((await self._transaction.execute(counted)).scalar_one())


class _RunPages(Repository[RunPage]):
    table = _PAGES


def _restored(row: Any) -> NumberSeries:  # a row of the columns above
    series: NumberSeries = _SERIES.read(dict(zip(_SERIES.columns, row, strict=True)))
    return series
