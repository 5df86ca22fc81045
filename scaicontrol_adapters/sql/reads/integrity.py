"""What an audit reads of the whole database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from scaicontrol_adapters.sql.mapping import Fields, enum
from scaicontrol_adapters.sql.reads import partner_audit
from scaicontrol_adapters.sql.reads.pack_integrity import CHILDREN, ORPHANS, PACKS, pack_standings
from scaicontrol_adapters.sql.reads.settlements import MISRETURNED, SETTLED, settled_invoice
from scaicontrol_adapters.sql.rows import Row
from scaicontrol_adapters.sql.rows.base import TenantScoped
from scaicontrol_adapters.sql.rows.billing import BilledPeriodRow, InvoiceLineRow, InvoiceRow
from scaicontrol_adapters.sql.rows.journal import OutboxRow
from scaicontrol_adapters.sql.rows.packs import PackSubscriptionRow
from scaicontrol_adapters.sql.rows.payments import PaymentRow
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_adapters.sql.rows.tenancy import TenantRow
from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.integrity.charges import LedgerEntry
from scaicontrol_core.integrity.crediting import CreditedInvoice
from scaicontrol_core.integrity.documents import StoredDocument
from scaicontrol_core.integrity.ports import Repeated, Repeats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Executable, Select
    from sqlalchemy.orm import InstrumentedAttribute

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.integrity.charges import ChargeKey, LedgerKey
    from scaicontrol_core.integrity.packing import PackStanding
    from scaicontrol_core.integrity.partner_billing import PartnerInvoice, StatedCommissions
    from scaicontrol_core.integrity.settling import SettledInvoice
    from scaicontrol_core.kernel.ids import InvoiceId, PackSubscriptionId, StatementId

_ACTIVATED = "subscription.activated.v1"
_LEDGER = Fields(BilledPeriod, codecs={"charge_kind": enum(ChargeKind)})
_ENTRIES: Select[Any] = select(*(getattr(BilledPeriodRow, name) for name in _LEDGER.columns))
_WIDTH = len(_LEDGER.columns)
_NOTE = aliased(InvoiceRow)
_VALID_NOTE = and_(
    _NOTE.document_type.in_([each.value for each in DocumentType if each.is_credit_note]),
    _NOTE.number.is_not(None),
    _NOTE.status != InvoiceStatus.VOID.value,
)


class SqlIntegrityReads:
    """Everything that is stored (port ``IntegrityReads``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def documents(self, *, after: InvoiceId | None, limit: int) -> Sequence[StoredDocument]:
        """Return numbered documents by id."""
        wanted = select(
            InvoiceRow.id,
            InvoiceRow.seller_id,
            InvoiceRow.document_type,
            InvoiceRow.number,
            InvoiceRow.voided_at,
            InvoiceRow.run_id,
            InvoiceRow.created_at,
            InvoiceRow.finalized_at,
            InvoiceRow.frozen_document,
        ).where(InvoiceRow.number.is_not(None), InvoiceRow.id > (after or ""))
        return [
            StoredDocument(
                invoice_id=row.id,
                seller_id=row.seller_id,
                document_type=DocumentType(row.document_type),
                number=row.number,
                voided_at=row.voided_at,
                billed_at_once=row.run_id is not None and row.finalized_at == row.created_at,
                canonical=row.frozen_document or "",
            )
            for row in await self._rows(wanted.order_by(InvoiceRow.id).limit(limit))
        ]

    async def charges(self, invoice_ids: Sequence[InvoiceId]) -> Sequence[BilledPeriod]:
        """Return what the ledger says stands on these invoices."""
        rows = await self._rows(_ENTRIES.where(BilledPeriodRow.invoice_id.in_(invoice_ids)))
        return [_entry(row) for row in rows]

    async def invoiced(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[ChargeKey, int]:
        """Return the sums of these invoices' lines that charge a subscription."""
        key = (
            InvoiceLineRow.invoice_id,
            InvoiceLineRow.subscription_id,
            InvoiceLineRow.period_start,
            InvoiceLineRow.period_end,
        )
        wanted = select(*key, func.sum(InvoiceLineRow.net_cents)).where(
            InvoiceLineRow.invoice_id.in_(invoice_ids),
            InvoiceLineRow.subscription_id.is_not(None),
        )
        rows = await self._rows(wanted.group_by(*key))
        return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in rows}

    async def credited(self, *, after: InvoiceId | None, limit: int) -> Sequence[CreditedInvoice]:
        """Return invoices with a credit note, or that say they have one, by id."""
        own = (
            InvoiceRow.id,
            InvoiceRow.number,
            InvoiceRow.net_cents,
            InvoiceRow.tax_cents,
            InvoiceRow.credited_net_cents,
            InvoiceRow.credited_tax_cents,
        )
        notes = func.sum(_NOTE.net_cents), func.sum(_NOTE.tax_cents)
        wanted = (
            select(*own, *notes)
            .outerjoin(_NOTE, and_(_NOTE.referenced_invoice_id == InvoiceRow.id, _VALID_NOTE))
            .where(
                InvoiceRow.id > (after or ""),
                or_(
                    _NOTE.id.is_not(None),
                    InvoiceRow.credited_net_cents != 0,
                    InvoiceRow.credited_tax_cents != 0,
                ),
            )
            .group_by(*own)
            .order_by(InvoiceRow.id)
            .limit(limit)
        )
        return [
            CreditedInvoice(
                invoice_id=row[0],
                number=row[1] or "",
                net_cents=row[2],
                tax_cents=row[3],
                credited_net_cents=row[4],
                credited_tax_cents=row[5],
                notes_net_cents=int(row[6] or 0),
                notes_tax_cents=int(row[7] or 0),
            )
            for row in await self._rows(wanted)
        ]

    async def settled(self, *, after: InvoiceId | None, limit: int) -> Sequence[SettledInvoice]:
        """Return numbered invoices with the sums of their payments by id."""
        wanted = SETTLED.where(InvoiceRow.id > (after or "")).limit(limit)
        return [settled_invoice(row) for row in await self._rows(wanted)]

    async def misreturned(self) -> Repeats:
        """Look at all payments for those of which more or less was given back than they say."""
        found = [Repeated("payment", row[0], int(row[1])) for row in await self._rows(MISRETURNED)]
        ((checked,),) = await self._rows(select(func.count(PaymentRow.id)))
        return Repeats(checked, found)

    async def ledger(self, *, after: LedgerKey | None, limit: int) -> Sequence[LedgerEntry]:
        """Return the ledger by subscription, kind and ordinal."""
        key = BilledPeriodRow.subscription_id, BilledPeriodRow.charge_kind, BilledPeriodRow.ordinal
        ended_at = func.coalesce(SubscriptionRow.cancelled_at, PackSubscriptionRow.cancelled_at)
        wanted = (
            _ENTRIES.add_columns(ended_at)
            .outerjoin(SubscriptionRow, SubscriptionRow.id == BilledPeriodRow.subscription_id)
            .outerjoin(PackSubscriptionRow, PackSubscriptionRow.id == BilledPeriodRow.subscription_id)
        )
        if after is not None:
            subscription_id, kind, ordinal = after
            same = and_(key[0] == subscription_id, key[1] == kind.value)
            wanted = wanted.where(
                or_(
                    key[0] > subscription_id,
                    and_(key[0] == subscription_id, key[1] > kind.value),
                    and_(same, key[2] > ordinal),
                )
            )
        rows = await self._rows(wanted.order_by(*key).limit(limit))
        return [LedgerEntry(billed=_entry(row[:_WIDTH]), ended_at=row[_WIDTH]) for row in rows]

    async def repeated_activations(self) -> Repeats:
        """Look for subscriptions announced as activated more than once."""
        return await self._repeats(OutboxRow.aggregate_id, OutboxRow.topic == _ACTIVATED)

    async def rival_subscriptions(self) -> Repeats:
        """Look for tenants with several live subscriptions to one service that allows one."""
        return await self._repeats(SubscriptionRow.exclusive_key, SubscriptionRow.exclusive_key.is_not(None))

    async def packs(self, *, after: PackSubscriptionId | None, limit: int) -> Sequence[PackStanding]:
        """Return subscriptions to packs with their children, by id."""
        packs = await self._rows(PACKS.where(PackSubscriptionRow.id > (after or "")).limit(limit))
        of_packs = CHILDREN.where(SubscriptionRow.pack_subscription_id.in_([row.id for row in packs]))
        return pack_standings(packs, await self._rows(of_packs) if packs else ())

    async def orphans(self) -> Repeats:
        """Look for subscriptions whose pack is not there."""
        found = [Repeated("pack_subscription", row[0], int(row[1])) for row in await self._rows(ORPHANS)]
        ((checked,),) = await self._rows(select(func.count(SubscriptionRow.pack_subscription_id)))
        return Repeats(checked, found)

    async def statements(self, *, after: StatementId | None, limit: int) -> Sequence[StatedCommissions]:
        """Return closed commission statements with the sums of their entries, by id."""
        return await partner_audit.statements(self._transaction, after=after, limit=limit)

    async def partner_invoices(self, *, after: InvoiceId | None, limit: int) -> Sequence[PartnerInvoice]:
        """Return invoices between the operator and partners with what stands behind them, by id."""
        return await partner_audit.partner_invoices(self._transaction, after=after, limit=limit)

    async def unfounded_charges(self) -> Repeats:
        """Look at all charges of partners for those that their customers were not charged."""
        return await partner_audit.unfounded_charges(self._transaction)

    async def misplaced(self) -> Repeats:
        """Look at all rows of tenants for those that name another partner than theirs."""
        checked, found = 0, list[Repeated]()
        for row in sorted(_tenants_rows(), key=lambda each: each.__tablename__):
            counts = select(
                row.tenant_id, func.count(), func.sum(case((TenantRow.partner_id != row.partner_id, 1), else_=0))
            )
            joined = (
                counts.join(TenantRow, TenantRow.id == row.tenant_id).group_by(row.tenant_id).order_by(row.tenant_id)
            )
            for tenant_id, rows, wrong in await self._rows(joined):
                checked += rows
                if wrong:
                    found.append(Repeated(row.__tablename__, tenant_id, int(wrong)))
        return Repeats(checked, found)

    async def _repeats(self, key: InstrumentedAttribute[Any], wanted: ColumnElement[bool]) -> Repeats:
        often = select(key, func.count()).where(wanted).group_by(key).having(func.count() > 1).order_by(key)
        found = [Repeated("subscription", each[0], each[1]) for each in await self._rows(often)]
        ((checked,),) = await self._rows(select(func.count(key)).where(wanted))
        return Repeats(checked, found)

    async def _rows(self, statement: Executable) -> Sequence[Any]:
        return (await self._transaction.execute(statement)).all()


def _tenants_rows() -> list[Any]:
    """Return the classes whose rows belong to tenants."""
    classes: list[Any] = [mapper.class_ for mapper in Row.registry.mappers]
    return [each for each in classes if issubclass(each, TenantScoped) and each is not TenantRow]


def _entry(row: Any) -> BilledPeriod:
    entry: BilledPeriod = _LEDGER.read(dict(zip(_LEDGER.columns, row, strict=True)))
    return entry
