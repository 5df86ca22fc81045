"""Invoices with their lines."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, exists, or_, select

from scaicontrol_adapters.sql.mapping import TUPLE, Codec, Fields, enum, json_list
from scaicontrol_adapters.sql.reads.billing import page_of_invoices
from scaicontrol_adapters.sql.repositories.base import Children, Repository, Table
from scaicontrol_adapters.sql.rows.billing import InvoiceLineRow, InvoiceRow
from scaicontrol_core.billing.chain import ChainLink
from scaicontrol_core.billing.consistency import mismatches
from scaicontrol_core.billing.credit_note import Credited, CreditedLine
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus, PdfStatus
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.billing.reporting import DocumentSpan, IssuedDocument
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.billing.numbering import SeriesKey
    from scaicontrol_core.billing.ports import InvoiceFilter
    from scaicontrol_core.kernel.ids import SubscriptionId
    from scaicontrol_core.kernel.paging import Page, PageRequest

_PERIOD = Fields(Period, prefix="period_", absent_when="start")
_CREDITED_LINES = json_list(Fields(CreditedLine, codecs={"quantity": Codec(plain, Decimal)}))
_INVOICES: Table[Invoice] = Table(
    InvoiceRow,
    Fields(
        Invoice,
        codecs={
            "document_type": enum(DocumentType),
            "status": enum(InvoiceStatus),
            "pdf_status": enum(PdfStatus),
        },
        parts={
            "period": _PERIOD,
            "credited": Fields(Credited, prefix="credited_", codecs={"lines": _CREDITED_LINES, "note_ids": TUPLE}),
        },
        elsewhere=("lines",),
    ),
    what="invoice",
    fixed=(
        "seller_id",
        "document_type",
        "created_at",
        "run_id",
        "buyer_partner_id",
        "referenced_invoice_id",
        "reason",
    ),
    extra=("line_count", "order_date", "order_number"),
)
_LINES: Children[InvoiceLine] = Children(
    InvoiceLineRow,
    Fields(
        InvoiceLine,
        parts={
            "period": _PERIOD,
            "quantity": Fields(Quantity, columns_as={"value": "quantity"}),
            "unit_price": Fields(UnitPrice, prefix="unit_price_"),
        },
    ),
    parent="invoice_id",
)
#: What sorts before every date of an invoice; MariaDB's dates begin with the year 1000.
_NOT_ISSUED = date(1000, 1, 1)
_NO_TIME = datetime(1000, 1, 2, tzinfo=UTC)
_CHAIN = (
    _INVOICES.select.where(
        InvoiceRow.seller_id == bindparam("seller"),
        InvoiceRow.document_type == bindparam("kind"),
        InvoiceRow.fiscal_year == bindparam("year"),
        InvoiceRow.sequence > bindparam("last"),
    )
    .order_by(InvoiceRow.sequence)
    .limit(bindparam("at_most"))
)
_ORDER = (InvoiceRow.order_date, InvoiceRow.id)
#: What a line without a tax point of its own was supplied on is its invoice's date, or the last day of its period.
_CHARGES_AHEAD = exists().where(
    InvoiceLineRow.invoice_id == InvoiceRow.id,
    or_(InvoiceLineRow.supply_date >= bindparam("first_day"), InvoiceLineRow.period_end > bindparam("first_day")),
)
_DOCUMENTS = (
    select(InvoiceRow.id, InvoiceRow.order_date, InvoiceRow.voided_at, InvoiceRow.frozen_document)
    .where(
        InvoiceRow.seller_id == bindparam("seller"),
        InvoiceRow.number.is_not(None),
        InvoiceRow.order_date <= bindparam("last_issue"),
        InvoiceRow.order_date >= bindparam("after_day"),
        or_(
            InvoiceRow.order_date > bindparam("after_day"),
            and_(InvoiceRow.order_date == bindparam("after_day"), InvoiceRow.id > bindparam("after_id")),
        ),
        or_(
            InvoiceRow.order_date >= bindparam("first_day"),
            _CHARGES_AHEAD,
            and_(InvoiceRow.voided_at >= bindparam("voided_from"), InvoiceRow.voided_at < bindparam("voided_until")),
        ),
    )
    .order_by(*_ORDER)
    .limit(bindparam("at_most"))
)
_OPEN_CENTS = (
    InvoiceRow.gross_cents
    - InvoiceRow.credited_net_cents
    - InvoiceRow.credited_tax_cents
    - InvoiceRow.paid_cents
    + InvoiceRow.refunded_cents
)
_OVERDUE = (
    select(InvoiceRow.id)
    .where(
        InvoiceRow.status == InvoiceStatus.SENT.value,
        InvoiceRow.document_type.in_([each.value for each in DocumentType if not each.is_credit_note]),
        InvoiceRow.due_date < bindparam("before"),
        InvoiceRow.id > bindparam("last_id"),
    )
    .order_by(InvoiceRow.id)
    .limit(bindparam("at_most"))
)
_FAILING = (
    select(InvoiceLineRow.subscription_id)
    .distinct()
    .join(InvoiceRow, InvoiceRow.id == InvoiceLineRow.invoice_id)
    .where(
        InvoiceLineRow.subscription_id.in_(bindparam("charged", expanding=True)),
        InvoiceRow.payment_failed_at.is_not(None),
        InvoiceRow.status != InvoiceStatus.VOID.value,
        InvoiceRow.id != bindparam("apart_from"),
        _OPEN_CENTS > 0,
    )
)
_AWAITING = (
    select(InvoiceRow.id)
    .where(InvoiceRow.pdf_status == bindparam("state"), InvoiceRow.number.is_not(None))
    .order_by(InvoiceRow.id)
    .limit(bindparam("at_most"))
)


class SqlInvoices(Repository[Invoice]):
    """Invoices within scope (port ``Invoices``)."""

    table = _INVOICES

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._lines_kept: dict[InvoiceId, tuple[InvoiceLine, ...]] = {}

    def values(self, aggregate: Invoice) -> dict[str, Any]:
        """Add the columns derived from the aggregate."""
        return super().values(aggregate) | {
            "line_count": len(aggregate.lines),
            "order_date": aggregate.issue_date or _NOT_ISSUED,
            "order_number": aggregate.number or "",
        }

    async def get(self, invoice_id: InvoiceId) -> Invoice:
        """Return one with its lines in order, or raise ``NotFound``."""
        return (await self._lined([await self.load(invoice_id)]))[0]

    async def get_many(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[InvoiceId, Invoice]:
        """Return those of the ids that exist, with their lines."""
        return {invoice.id: invoice for invoice in await self._lined(await self.all_in(invoice_ids))}

    async def add(self, invoice: Invoice) -> None:
        """Store a new one and its lines."""
        await self.add_many([invoice])

    async def add_many(self, invoices: Sequence[Invoice]) -> None:
        """Store many new ones and their lines, with one statement each."""
        await self.add_each(invoices)
        await self._transaction.insert(
            InvoiceLineRow,
            [
                line
                for invoice in invoices
                for line in _LINES.written(
                    invoice.id, invoice.lines, tenant_id=invoice.tenant_id, partner_id=invoice.partner_id
                )
            ],
        )
        self._lines_kept.update({invoice.id: invoice.lines for invoice in invoices})

    async def save(self, invoice: Invoice) -> None:
        """Store a changed one, lines replaced if they differ from those loaded; ``Stale`` if others changed it.

        Whether they differ is known without asking the database, so that nothing is read
        while a number series is locked.
        """
        await self.save_many([invoice])

    async def save_many(self, invoices: Sequence[Invoice]) -> None:
        """Store many changed ones; see ``save``."""
        for invoice in invoices:
            if self._lines_kept.get(invoice.id) != invoice.lines:
                await self._replace_lines(invoice)
        await self.save_each(invoices)

    async def _replace_lines(self, invoice: Invoice) -> None:
        await _LINES.replace(
            self._transaction,
            invoice.id,
            invoice.lines,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
        )
        self._lines_kept[invoice.id] = invoice.lines

    async def list(self, wanted: InvoiceFilter, page: PageRequest) -> Page[Invoice]:
        """Return part of the list, lines left out."""
        return await page_of_invoices(self._transaction, self.table, wanted, page)

    async def awaiting_document(self, *, status: PdfStatus, limit: int) -> Sequence[InvoiceId]:
        """Return ids of numbered invoices with that ``pdf_status``, oldest first."""
        ids = await self._transaction.execute(_AWAITING, {"state": status.value, "at_most": limit})
        return [InvoiceId(each) for each in ids.scalars()]

    async def overdue(self, before: date, *, after: InvoiceId | None, limit: int) -> Sequence[InvoiceId]:
        """Return ids of what is ``sent`` and was due before a day."""
        ids = await self._transaction.execute(_OVERDUE, {"before": before, "last_id": after or "", "at_most": limit})
        return [InvoiceId(each) for each in ids.scalars()]

    async def failing(
        self, subscription_ids: Sequence[SubscriptionId], *, apart_from: InvoiceId
    ) -> frozenset[SubscriptionId]:
        """Return those that another open invoice charges that had a scheduled payment fail."""
        wanted = {"charged": list(subscription_ids), "apart_from": apart_from}
        return frozenset((await self._transaction.execute(_FAILING, wanted)).scalars())

    async def documents(
        self, span: DocumentSpan, *, after: tuple[date, InvoiceId] | None, limit: int
    ) -> Sequence[IssuedDocument]:
        """Return numbered documents of a span by issue date and id, those that come after ``after``."""
        day, last_id = after or (_NOT_ISSUED, "")
        voided_from, voided_until = span.voided or (_NO_TIME, _NO_TIME)
        wanted = {
            "seller": span.seller_id,
            "first_day": span.first_day,
            "last_issue": span.last_issue,
            "voided_from": voided_from,
            "voided_until": voided_until,
            "after_day": day,
            "after_id": last_id,
            "at_most": limit,
        }
        rows = await self._transaction.execute(_DOCUMENTS, wanted)
        return [
            IssuedDocument(
                invoice_id=row.id,
                issue_date=row.order_date,
                voided_at=row.voided_at,
                canonical=row.frozen_document,
            )
            for row in rows
        ]

    async def chain(self, key: SeriesKey, *, after: int, limit: int) -> Sequence[ChainLink]:
        """Return links of a series in order of their numbers."""
        wanted = {
            "seller": key.seller_id,
            "kind": key.document_type.value,
            "year": key.fiscal_year,
            "last": after,
            "at_most": limit,
        }
        rows = await self._transaction.execute(_CHAIN, wanted)
        return [_link(invoice) for invoice in await self._lined([self.table.restore(row) for row in rows])]

    async def _lined(self, invoices: Sequence[Invoice]) -> Sequence[Invoice]:
        lines = await _LINES.of(self._transaction, [invoice.id for invoice in invoices])
        for invoice in invoices:
            invoice.lines = self._lines_kept[invoice.id] = lines.get(invoice.id, ())
        return invoices


def _link(invoice: Invoice) -> ChainLink:
    return ChainLink(
        sequence=invoice.sequence or 0,
        number=invoice.number or "",
        issue_date=invoice.issue_date.isoformat() if invoice.issue_date else "",
        canonical=invoice.frozen_document or "",
        chain_hash=invoice.chain_hash or "",
        mismatches=mismatches(invoice),
    )
