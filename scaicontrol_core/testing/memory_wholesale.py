"""The ledger of what is billed to partners, in memory."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime

from scaicontrol_core.billing.errors import PeriodAlreadyBilled
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ledger import BilledPeriod
from scaicontrol_core.billing.wholesale.charge import UnbilledCharge, WholesaleCharge
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId
from scaicontrol_core.testing.memory_store import Transaction


class MemoryWholesaleCharges:
    """The partners' ledger."""

    _TABLE = "wholesale_charges"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def unbilled(self, partner_id: PartnerId, billed_before: datetime) -> Sequence[UnbilledCharge]:
        """Return what the partner charged more than nothing for before an instant, in its own name, unbilled yet."""
        found: list[UnbilledCharge] = []
        entries: list[BilledPeriod] = self._transaction.rows("billed_periods")
        for entry in entries:
            theirs = entry.partner_id == partner_id and entry.billed_at < billed_before and entry.net_cents
            if not theirs or not self._sees(partner_id) or self._is_billed(entry):
                continue
            invoice: Invoice | None = self._transaction.row("invoices", entry.invoice_id)
            if invoice is not None and invoice.seller_id == invoice.partner_id:
                found.append(self._unbilled(entry, invoice))
        return sorted(
            found,
            key=lambda each: (each.customer, each.tenant_id, each.subscription_id, each.charge_kind, each.ordinal),
        )

    async def add_many(self, charges: Sequence[WholesaleCharge]) -> None:
        """Append, or raise ``PeriodAlreadyBilled``."""
        for charge in charges:
            self._transaction.require_reach("charge", partner_id=charge.partner_id, tenant_id=None)
            key = self._key(charge)
            self._transaction.watch(self._TABLE, key, _taken)
            if self._transaction.row(self._TABLE, key) is not None:
                raise _taken()
            self._transaction.write(self._TABLE, key, charge)

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[WholesaleCharge]:
        """Return what a partner's invoice charges, by position."""
        rows: list[WholesaleCharge] = [
            row
            for row in self._transaction.rows(self._TABLE)
            if row.invoice_id == invoice_id and self._sees(row.partner_id)
        ]
        return sorted(rows, key=lambda row: row.position)

    def _sees(self, partner_id: PartnerId) -> bool:
        return self._transaction.scope.covers(partner_id=partner_id, tenant_id=None)

    def _is_billed(self, entry: BilledPeriod) -> bool:
        return self._transaction.row(self._TABLE, self._key(entry)) is not None

    @staticmethod
    def _key(entry: BilledPeriod | WholesaleCharge) -> Hashable:
        return entry.subscription_id, entry.ordinal, entry.charge_kind

    def _unbilled(self, entry: BilledPeriod, invoice: Invoice) -> UnbilledCharge:
        tenant = self._transaction.row("tenants", entry.tenant_id)
        days = entry.period_start, entry.period_end
        called = [
            line.description
            for line in invoice.lines
            if line.subscription_id == entry.subscription_id
            and (line.period is None or (line.period.start, line.period.end) == days)
        ]
        return UnbilledCharge(
            subscription_id=entry.subscription_id,
            ordinal=entry.ordinal,
            charge_kind=entry.charge_kind,
            tenant_id=entry.tenant_id,
            customer=tenant.name if tenant else "",
            what=min(called, default=entry.subscription_id),
            period_start=entry.period_start,
            period_end=entry.period_end,
            list_cents=entry.net_cents,
            currency=entry.currency,
            billed_at=entry.billed_at,
        )


def _taken() -> PeriodAlreadyBilled:
    return PeriodAlreadyBilled("A period was billed to its partner already.")
