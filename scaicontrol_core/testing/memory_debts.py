"""What is owed on invoices in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.kernel.ids import InvoiceId, SubscriptionId
from scaicontrol_core.testing.memory_store import MemoryCollection


class MemoryDebts(MemoryCollection[Invoice]):
    """Reads of invoices by what is open on them."""

    async def overdue(self, before: date, *, after: InvoiceId | None, limit: int) -> Sequence[InvoiceId]:
        """Return ids of what is ``sent`` and was due before a day."""
        sent = [row for row in self._visible() if row.status is InvoiceStatus.SENT and row.id > (after or "")]
        owed = [row for row in sent if not row.document_type.is_credit_note]
        return sorted(row.id for row in owed if row.due_date is not None and row.due_date < before)[:limit]

    async def failing(
        self, subscription_ids: Sequence[SubscriptionId], *, apart_from: InvoiceId
    ) -> frozenset[SubscriptionId]:
        """Return those that another open invoice charges that had a scheduled payment fail."""
        failed = (row for row in self._visible() if row.payment_failed_at and row.open_cents and row.id != apart_from)
        charged = {line.subscription_id for row in failed for line in row.lines if line.subscription_id}
        return frozenset(charged.intersection(subscription_ids))
