"""Commission statements with their entries."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, exists, func, or_, select

from scaicontrol_adapters.sql.mapping import Fields, enum
from scaicontrol_adapters.sql.reads.paging import Key, Orders, count_of, page_of
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST, Children, Repository, Table, telling
from scaicontrol_adapters.sql.rows.billing import InvoiceRow
from scaicontrol_adapters.sql.rows.commissions import CommissionEntryRow, CommissionStatementRow
from scaicontrol_adapters.sql.rows.tenancy import TenantRow
from scaicontrol_core.billing.commissions.entry import CommissionEntry, Earning, EntryKind
from scaicontrol_core.billing.commissions.errors import CommissionClosed
from scaicontrol_core.billing.commissions.ports import COMMISSION_STATEMENTS
from scaicontrol_core.billing.commissions.statement import CommissionStatement
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.tenancy.seller import BillingModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_core.billing.commissions.ports import EarningSpan
    from scaicontrol_core.kernel.ids import PartnerId, StatementId
    from scaicontrol_core.kernel.paging import Page, PageRequest

_S, _E = CommissionStatementRow, CommissionEntryRow
_STATEMENTS: Table[CommissionStatement] = Table(
    _S,
    Fields(CommissionStatement, codecs={"billing_model": enum(BillingModel)}, elsewhere=("entries",)),
    what="commission statement",
    resource_type="commission_statement",
    fixed=(
        "month",
        "currency",
        "billing_model",
        "operator",
        "partner",
        "net_cents",
        "commission_cents",
        "entry_count",
        "closed_at",
    ),
)
_ENTRIES: Children[CommissionEntry] = Children(
    _E, Fields(CommissionEntry, codecs={"kind": enum(EntryKind)}), parent="statement_id"
)
_CANCELLED = _E.kind == EntryKind.CANCELLATION.value
_IS_STATED = exists().where(_E.invoice_id == InvoiceRow.id, ~_CANCELLED)
_IS_TAKEN_BACK = exists().where(_E.invoice_id == InvoiceRow.id, _CANCELLED)
_SOLD = (
    select(
        InvoiceRow.id,
        InvoiceRow.document_type,
        InvoiceRow.number,
        InvoiceRow.issue_date,
        InvoiceRow.voided_at,
        InvoiceRow.referenced_invoice_id,
        InvoiceRow.currency,
        InvoiceRow.net_cents,
        TenantRow.name,
        _IS_STATED.label("is_stated"),
    )
    .join(TenantRow, TenantRow.id == InvoiceRow.tenant_id)
    .where(InvoiceRow.number.is_not(None), InvoiceRow.seller_id != InvoiceRow.partner_id)
)
_ORDERS = Orders(COMMISSION_STATEMENTS, {"month": (Key(_S.month, date.fromisoformat), Key(_S.id))})


class SqlCommissionStatements(Repository[CommissionStatement]):
    """Statements within scope (port ``CommissionStatements``)."""

    table = _STATEMENTS

    async def earnings(self, span: EarningSpan) -> Sequence[Earning]:
        """Return what no statement has yet, by day and number."""
        is_issued = and_(InvoiceRow.order_date < span.before, ~_IS_STATED)
        is_voided = and_(InvoiceRow.voided_at < span.voided_before, ~_IS_TAKEN_BACK)
        wanted = _SOLD.where(InvoiceRow.partner_id == span.partner_id, or_(is_issued, is_voided))
        found: list[Earning] = []
        for row in await self._transaction.execute(wanted):
            if not row.is_stated and row.issue_date < span.before:
                found.append(_issued(row))
            if row.voided_at is not None and row.voided_at < span.voided_before:
                found.append(_cancelled(row, span.timezone))
        return sorted(found, key=lambda each: (each.day, each.number, each.kind))

    async def rates(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[InvoiceId, int]:
        """Return the rates at which these documents were stated."""
        found: dict[InvoiceId, int] = {}
        for start in range(0, len(invoice_ids), MAX_IN_LIST):
            among = _E.invoice_id.in_(invoice_ids[start : start + MAX_IN_LIST])
            rows = await self._transaction.execute(select(_E.invoice_id, _E.rate_bp).where(among, ~_CANCELLED))
            found |= {InvoiceId(row.invoice_id): row.rate_bp for row in rows}
        return found

    async def add(self, statement: CommissionStatement) -> None:
        """Store a closed one with its entries."""
        closed = CommissionClosed(statement.name)
        async with telling(closed, duplicate=closed):
            await super().add(statement)
            rows = _ENTRIES.written(statement.id, statement.entries, partner_id=statement.partner_id)
            await self._transaction.insert(_E, rows)

    async def list(self, partner_id: PartnerId, page: PageRequest) -> Page[CommissionStatement]:
        """Return part of a partner's statements, entries left out."""
        order = _ORDERS.of(page, {"partner_id": partner_id})
        return await page_of(
            self._transaction,
            self.table.select,
            [_S.partner_id == partner_id],
            order,
            page,
            self.table.restore,
            total=count_of(_S),
        )

    async def of_month(self, partner_id: PartnerId, month: date) -> Sequence[CommissionStatement]:
        """Return the closed statements of a month with their entries, by currency."""
        found = await self.all_where(_S.partner_id == partner_id, _S.month == month, order=(_S.currency,))
        entries = await _ENTRIES.of(self._transaction, [statement.id for statement in found])
        for statement in found:
            statement.entries = entries.get(statement.id, ())
        return found

    async def last_month(self, partner_id: PartnerId) -> date | None:
        """Return the last month that is closed, or None."""
        wanted: Select[Any] = select(func.max(_S.month)).where(_S.partner_id == partner_id)
        found: date | None = (await self._transaction.execute(wanted)).scalar_one()
        return found

    async def unsettled(self, partner_id: PartnerId) -> Sequence[CommissionStatement]:
        """Return closed statements of a self-billed partner that nothing settles yet."""
        return await self.all_where(
            _S.partner_id == partner_id,
            _S.billing_model == BillingModel.SELF_BILLED.value,
            _S.settled_by.is_(None),
            order=(_S.currency, _S.month),
        )

    async def get(self, statement_id: StatementId) -> CommissionStatement:
        """Return one without its entries."""
        return await self.load(statement_id)


def _issued(row: Any) -> Earning:
    is_note = row.document_type == DocumentType.CREDIT_NOTE.value
    return Earning(
        invoice_id=InvoiceId(row.id),
        kind=EntryKind.CREDIT_NOTE if is_note else EntryKind.INVOICE,
        day=row.issue_date,
        number=row.number,
        issue_date=row.issue_date,
        customer=row.name,
        currency=row.currency,
        net_cents=row.net_cents,
        rated_by=InvoiceId(row.referenced_invoice_id or row.id),
    )


def _cancelled(row: Any, timezone: str) -> Earning:
    return Earning(
        invoice_id=InvoiceId(row.id),
        kind=EntryKind.CANCELLATION,
        day=local_date(row.voided_at, timezone),
        number=row.number,
        issue_date=row.issue_date,
        customer=row.name,
        currency=row.currency,
        net_cents=-row.net_cents,
        rated_by=InvoiceId(row.id),
    )
