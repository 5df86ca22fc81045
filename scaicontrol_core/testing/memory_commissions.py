"""Commission statements in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import date
from typing import ClassVar

from attrs import evolve, fields, frozen

from scaicontrol_core.billing.commissions.entry import Earning, EntryKind
from scaicontrol_core.billing.commissions.errors import CommissionClosed
from scaicontrol_core.billing.commissions.ports import COMMISSION_STATEMENTS, EarningSpan
from scaicontrol_core.billing.commissions.statement import CommissionStatement
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.kernel.errors import Refused, ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, StatementId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.tenancy.seller import BillingModel
from scaicontrol_core.tenancy.tenant import Tenant
from scaicontrol_core.testing.memory_paging import SortKey, paged
from scaicontrol_core.testing.memory_store import MemoryCollection, UniqueKey

_ENTRIES = "commission_entries"
#: What may still change of a closed statement.
_SETTLING = {"settled_by", "version", "_events"}


@frozen
class StatedDocument:
    """That a document is stated, where, and at which rate."""

    statement_id: StatementId
    rate_bp: int


class MemoryCommissionStatements(MemoryCollection[CommissionStatement]):
    """Statements within scope."""

    table = "commission_statements"
    what = "commission statement"
    _SORTS: ClassVar[Mapping[str, SortKey[CommissionStatement]]] = {
        "month": lambda row: (row.month.isoformat(), row.id),
    }

    async def earnings(self, span: EarningSpan) -> Sequence[Earning]:
        """Return what no statement has yet, by day and number."""
        found: list[Earning] = []
        for row in self._transaction.rows("invoices"):
            is_theirs = row.partner_id == span.partner_id != row.seller_id and row.number is not None
            if not is_theirs or not self._transaction.scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id):
                continue
            issued = self._issued(row)
            if issued.issue_date < span.before and not self._is_stated(row.id, issued.kind):
                found.append(issued)
            is_voided = row.voided_at is not None and row.voided_at < span.voided_before
            if is_voided and not self._is_stated(row.id, EntryKind.CANCELLATION):
                found.append(
                    evolve(
                        issued,
                        kind=EntryKind.CANCELLATION,
                        day=local_date(row.voided_at, span.timezone),
                        net_cents=-issued.net_cents,
                        rated_by=row.id,
                    )
                )
        return sorted(found, key=lambda each: (each.day, each.number, each.kind))

    async def rates(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[InvoiceId, int]:
        """Return the rates at which these documents were stated."""
        found: dict[InvoiceId, int] = {}
        for invoice_id in invoice_ids:
            for kind in (EntryKind.INVOICE, EntryKind.CREDIT_NOTE):
                stated: StatedDocument | None = self._transaction.row(_ENTRIES, (invoice_id, kind))
                if stated is not None:
                    found[invoice_id] = stated.rate_bp
        return found

    async def add(self, row: CommissionStatement) -> None:
        """Store a closed one with its entries."""
        taken = self._taken(row)
        for entry in row.entries:
            key = entry.invoice_id, entry.kind
            self._transaction.watch(_ENTRIES, key, taken)
            if self._transaction.row(_ENTRIES, key) is not None:
                refusal = taken()
                raise refusal
            self._transaction.write(_ENTRIES, key, StatedDocument(row.id, entry.rate_bp))
        await super().add(row)

    async def save(self, row: CommissionStatement) -> None:
        """Store what settles it, and nothing else; once settled, that stays too, as triggers have it."""
        stored: CommissionStatement | None = self._find(row.id)
        if stored is not None:
            if stored.settled_by not in (None, row.settled_by):
                raise Refused("A closed statement stays as it is.", code="commission_statement_immutable")
            for attribute in fields(CommissionStatement):
                if attribute.name not in _SETTLING:
                    setattr(row, attribute.name, getattr(stored, attribute.name))
        await super().save(row)

    async def list(self, partner_id: PartnerId, page: PageRequest) -> Page[CommissionStatement]:
        """Return part of a partner's statements, entries left out."""
        found = (row for row in self._visible() if row.partner_id == partner_id)
        shown = paged(found, page, COMMISSION_STATEMENTS, self._SORTS, {"partner_id": partner_id})
        return evolve(shown, items=tuple(_bare(row) for row in shown.items))

    async def of_month(self, partner_id: PartnerId, month: date) -> Sequence[CommissionStatement]:
        """Return the closed statements of a month with their entries, by currency."""
        found = [row for row in self._visible() if (row.partner_id, row.month) == (partner_id, month)]
        return sorted(found, key=lambda row: row.currency)

    async def last_month(self, partner_id: PartnerId) -> date | None:
        """Return the last month that is closed, or None."""
        return max((row.month for row in self._visible() if row.partner_id == partner_id), default=None)

    async def unsettled(self, partner_id: PartnerId) -> Sequence[CommissionStatement]:
        """Return closed statements of a self-billed partner that nothing settles yet."""
        found = [
            _bare(row)
            for row in self._visible()
            if row.partner_id == partner_id and row.billing_model is BillingModel.SELF_BILLED and row.settled_by is None
        ]
        return sorted(found, key=lambda row: (row.currency, row.month))

    async def get(self, statement_id: StatementId) -> CommissionStatement:
        """Return one without its entries."""
        return _bare(await super().get(statement_id))

    # -- inside --------------------------------------------------------------------------------

    def _reaches(self, scope: Scope, row: CommissionStatement) -> bool:
        return scope.covers(partner_id=row.partner_id, tenant_id=None)

    def _unique_keys(self, row: CommissionStatement) -> Sequence[UniqueKey]:
        return [((row.partner_id, row.month, row.currency), self._taken(row))]

    def _taken(self, row: CommissionStatement) -> Callable[[], ScaiControlError]:
        return lambda: CommissionClosed(row.name)

    def _is_stated(self, invoice_id: InvoiceId, kind: EntryKind) -> bool:
        return self._transaction.row(_ENTRIES, (invoice_id, kind)) is not None

    def _issued(self, row: Invoice) -> Earning:
        tenant: Tenant | None = self._transaction.row("tenants", row.tenant_id)
        is_note = row.document_type is DocumentType.CREDIT_NOTE
        issued_on = row.issue_date or date.max
        return Earning(
            invoice_id=row.id,
            kind=EntryKind.CREDIT_NOTE if is_note else EntryKind.INVOICE,
            day=issued_on,
            number=row.number or "",
            issue_date=issued_on,
            customer=tenant.name if tenant else "",
            currency=row.currency,
            net_cents=row.net_cents,
            rated_by=row.referenced_invoice_id or row.id,
        )


def _bare(row: CommissionStatement) -> CommissionStatement:
    twin = copy(row)
    twin.entries = ()
    return twin
