"""What an audit reads, from memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.integrity.charges import LedgerEntry
from scaicontrol_core.integrity.crediting import CreditedInvoice
from scaicontrol_core.integrity.documents import StoredDocument
from scaicontrol_core.integrity.packing import PackStanding, Standing
from scaicontrol_core.integrity.ports import Repeated, Repeats
from scaicontrol_core.integrity.settling import SettledInvoice
from scaicontrol_core.payments.lifecycle import PaymentKind
from scaicontrol_core.testing import memory_partner_audit

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.ledger import BilledPeriod
    from scaicontrol_core.integrity.charges import ChargeKey, LedgerKey
    from scaicontrol_core.integrity.partner_billing import PartnerInvoice, StatedCommissions
    from scaicontrol_core.kernel.ids import InvoiceId, PackSubscriptionId, StatementId
    from scaicontrol_core.payments.payment import Payment
    from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
    from scaicontrol_core.subscriptions.subscription import Subscription
    from scaicontrol_core.testing.memory_store import Transaction

_ACTIVATED = "subscription.activated.v1"
_OF_TENANTS = ("subscriptions", "pack_subscriptions", "invoices", "billed_periods", "payments")


class MemoryIntegrityReads:
    """Everything that is stored (port ``IntegrityReads``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def documents(self, *, after: InvoiceId | None, limit: int) -> Sequence[StoredDocument]:
        """Return numbered documents by id."""
        numbered = [row for row in self._invoices() if row.number is not None and row.id > (after or "")]
        return [
            StoredDocument(
                invoice_id=row.id,
                seller_id=row.seller_id,
                document_type=row.document_type,
                number=row.number or "",
                voided_at=row.voided_at,
                billed_at_once=row.run_id is not None and row.finalized_at == row.created_at,
                canonical=row.frozen_document or "",
            )
            for row in numbered[:limit]
        ]

    async def charges(self, invoice_ids: Sequence[InvoiceId]) -> Sequence[BilledPeriod]:
        """Return what the ledger says stands on these invoices."""
        return [row for row in self._ledger() if row.invoice_id in invoice_ids]

    async def invoiced(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[ChargeKey, int]:
        """Return the sums of these invoices' lines that charge a subscription."""
        sums: dict[ChargeKey, int] = {}
        for invoice in self._invoices():
            for line in invoice.lines if invoice.id in invoice_ids else ():
                if line.subscription_id is not None:
                    start, end = (line.period.start, line.period.end) if line.period else (None, None)
                    key = (invoice.id, line.subscription_id, start, end)
                    sums[key] = sums.get(key, 0) + line.net_cents
        return sums

    async def credited(self, *, after: InvoiceId | None, limit: int) -> Sequence[CreditedInvoice]:
        """Return invoices with a credit note, or that say they have one, by id."""
        sums: dict[InvoiceId, tuple[int, int]] = {}
        for row in self._invoices():
            valid = row.number is not None and row.status is not InvoiceStatus.VOID
            if row.document_type.is_credit_note and row.referenced_invoice_id and valid:
                net, tax = sums.get(row.referenced_invoice_id, (0, 0))
                sums[row.referenced_invoice_id] = net + row.net_cents, tax + row.tax_cents
        found = [
            _credited(row, *sums.get(row.id, (0, 0)))
            for row in self._invoices()
            if row.id > (after or "") and (row.id in sums or row.credited.net_cents or row.credited.tax_cents)
        ]
        return found[:limit]

    async def settled(self, *, after: InvoiceId | None, limit: int) -> Sequence[SettledInvoice]:
        """Return numbered invoices with the sums of their payments by id."""
        payments: dict[InvoiceId, list[Payment]] = {}
        for payment in self._payments():
            payments.setdefault(payment.invoice_id, []).append(payment)
        numbered = [row for row in self._invoices() if row.number is not None and not row.document_type.is_credit_note]
        later = [row for row in numbered if row.id > (after or "")]
        return [_settled(row, payments.get(row.id, [])) for row in later[:limit]]

    async def misreturned(self) -> Repeats:
        """Look at all payments for those of which more or less was given back than they say."""
        rows = self._payments()
        returned = Counter[str]()
        for row in rows:
            if row.payment_id is not None and row.counts:
                returned[row.payment_id] += row.amount_cents
        wrong = [row for row in rows if row.returned_cents != returned[row.id]]
        found = [Repeated("payment", row.id, row.returned_cents - returned[row.id]) for row in wrong]
        return Repeats(len(rows), sorted(found, key=lambda each: each.resource_id))

    async def ledger(self, *, after: LedgerKey | None, limit: int) -> Sequence[LedgerEntry]:
        """Return the ledger by subscription, kind and ordinal."""
        packs: list[PackSubscription] = self._transaction.rows("pack_subscriptions")
        ends: dict[str, datetime | None] = {row.id: row.cancelled_at for row in self._subscriptions()}
        ends |= {row.id: row.cancelled_at for row in packs}
        entries = [LedgerEntry(billed=row, ended_at=ends.get(row.subscription_id)) for row in self._ledger()]
        return [entry for entry in entries if after is None or entry.key > after][:limit]

    async def repeated_activations(self) -> Repeats:
        """Look for subscriptions announced as activated more than once."""
        told = [event.aggregate_id for event in self._transaction.store.outbox if event.topic == _ACTIVATED]
        return _repeats("subscription", told)

    async def rival_subscriptions(self) -> Repeats:
        """Look for tenants with several live subscriptions to one service that allows one."""
        return _repeats("subscription", [key for row in self._subscriptions() if (key := row.exclusive_key)])

    async def packs(self, *, after: PackSubscriptionId | None, limit: int) -> Sequence[PackStanding]:
        """Return subscriptions to packs with their children, by id."""
        packs: list[PackSubscription] = self._transaction.rows("pack_subscriptions")
        later = sorted((row for row in packs if row.id > (after or "")), key=lambda row: row.id)[:limit]
        children: dict[str | None, list[Standing]] = {}
        for row in sorted(self._subscriptions(), key=lambda row: row.id):
            children.setdefault(row.pack_subscription_id, []).append(_standing(row))
        return [
            PackStanding(
                id=row.id,
                own=_standing(row),
                members=tuple(member.subscription_id for member in row.members),
                children=tuple(children.get(row.id, ())),
            )
            for row in later
        ]

    async def orphans(self) -> Repeats:
        """Look for subscriptions whose pack is not there."""
        packs = {row.id for row in self._transaction.rows("pack_subscriptions")}
        named = [row.pack_subscription_id for row in self._subscriptions() if row.pack_subscription_id is not None]
        lost = sorted(Counter(each for each in named if each not in packs).items())
        return Repeats(len(named), [Repeated("pack_subscription", key, count) for key, count in lost])

    async def statements(self, *, after: StatementId | None, limit: int) -> Sequence[StatedCommissions]:
        """Return closed commission statements with the sums of their entries, by id."""
        return memory_partner_audit.statements(self._transaction, after=after, limit=limit)

    async def partner_invoices(self, *, after: InvoiceId | None, limit: int) -> Sequence[PartnerInvoice]:
        """Return invoices between the operator and partners with what stands behind them, by id."""
        return memory_partner_audit.partner_invoices(self._transaction, after=after, limit=limit)

    async def unfounded_charges(self) -> Repeats:
        """Look at all charges of partners for those that their customers were not charged."""
        return memory_partner_audit.unfounded_charges(self._transaction)

    async def misplaced(self) -> Repeats:
        """Look at all rows of tenants for those that name another partner than theirs."""
        owners = {row.id: row.partner_id for row in self._transaction.rows("tenants")}
        rows = [(table, row) for table in _OF_TENANTS for row in self._transaction.rows(table) if row.tenant_id]
        wrong = Counter((table, row.tenant_id) for table, row in rows if row.partner_id != owners.get(row.tenant_id))
        found = [Repeated(table, tenant, count) for (table, tenant), count in sorted(wrong.items())]
        return Repeats(len(rows), found)

    def _invoices(self) -> list[Invoice]:
        return sorted(self._transaction.rows("invoices"), key=lambda row: row.id)

    def _payments(self) -> list[Payment]:
        return self._transaction.rows("payments")

    def _subscriptions(self) -> list[Subscription]:
        return self._transaction.rows("subscriptions")

    def _ledger(self) -> list[BilledPeriod]:
        rows: list[BilledPeriod] = self._transaction.rows("billed_periods")
        return sorted(rows, key=lambda row: (row.subscription_id, row.charge_kind, row.ordinal))


def _repeats(resource_type: str, keys: Sequence[str]) -> Repeats:
    often = sorted(Counter(keys).items())
    return Repeats(len(keys), [Repeated(resource_type, key, count) for key, count in often if count > 1])


def _settled(row: Invoice, payments: Sequence[Payment]) -> SettledInvoice:
    counting = [each for each in payments if each.counts]
    owners = row.currency, row.seller_id, row.tenant_id
    return SettledInvoice(
        invoice_id=row.id,
        number=row.number or "",
        status=row.status,
        gross_cents=row.gross_cents,
        credited_cents=row.credited.gross_cents,
        paid_cents=row.paid_cents,
        refunded_cents=row.refunded_cents,
        received_cents=sum(each.amount_cents for each in counting if each.kind is PaymentKind.PAYMENT),
        returned_cents=sum(each.amount_cents for each in counting if each.kind is not PaymentKind.PAYMENT),
        foreign=sum((each.currency, each.seller_id, each.tenant_id) != owners for each in payments),
    )


def _credited(row: Invoice, notes_net_cents: int, notes_tax_cents: int) -> CreditedInvoice:
    return CreditedInvoice(
        invoice_id=row.id,
        number=row.number or "",
        net_cents=row.net_cents,
        tax_cents=row.tax_cents,
        credited_net_cents=row.credited.net_cents,
        credited_tax_cents=row.credited.tax_cents,
        notes_net_cents=notes_net_cents,
        notes_tax_cents=notes_tax_cents,
    )


def _standing(row: PackSubscription | Subscription) -> Standing:
    period = row.current_period
    return Standing(
        id=row.id,
        tenant_id=row.tenant_id,
        status=row.status,
        current_period_start=period.start if period else None,
        current_period_end=period.end if period else None,
        trial_ends_at=row.trial_ends_at,
        pending_cancellation_at=row.pending_cancellation_at,
        past_due_since=row.past_due_since,
    )
