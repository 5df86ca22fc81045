"""What billing partners needs from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scaicontrol_core.billing.wholesale.charge import UnbilledCharge, WholesaleCharge
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId


class WholesaleCharges(Protocol):
    """The append-only ledger of what is billed to partners."""

    async def unbilled(self, partner_id: PartnerId, billed_before: datetime) -> Sequence[UnbilledCharge]:
        """Return what the partner charged more than nothing for before an instant, in its own name, unbilled yet.

        Ordered by customer, subscription, kind and ordinal.
        """
        ...

    async def add_many(self, charges: Sequence[WholesaleCharge]) -> None:
        """Append; ``PeriodAlreadyBilled`` if any natural key is taken."""
        ...

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[WholesaleCharge]:
        """Return what a partner's invoice charges, by position."""
        ...
