"""A draft as the document it would be today, without number, dates and force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.billing.facts import Rules
from scaicontrol_core.billing.finalizing import drafted_document

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.frozen_document import FrozenDocument
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import InvoiceId
    from scaicontrol_core.tax import RateTable

_WITHOUT_FORCE = {"number": None, "issue_date": None, "due_date": None, "payment_reference": None}


class _AnythingGoes:
    """A draft may still lack what its buyer's e-invoice format will ask for."""

    def check(self, document: FrozenDocument) -> None:
        """Let it pass."""


async def proforma(
    work: BillingWork, actor: Actor, invoice_id: InvoiceId, rates: RateTable, now: datetime
) -> dict[str, Any]:
    """Return the document of a draft, to be rendered as one.

    Raises ``InvoiceImmutable`` for what has its number, and what finalization would raise.
    """
    rules = Rules(rates=rates, document_check=_AnythingGoes())
    document = await drafted_document(work, actor, invoice_id, rules, now)
    return document.to_dict() | _WITHOUT_FORCE
