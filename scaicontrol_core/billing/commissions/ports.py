"""What commissions need from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.kernel.paging import Sorting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from scaicontrol_core.billing.commissions.entry import Earning
    from scaicontrol_core.billing.commissions.statement import CommissionStatement
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, StatementId
    from scaicontrol_core.kernel.paging import Page, PageRequest

COMMISSION_STATEMENTS = Sorting("commission_statements", ("month",), "-month")


@frozen(kw_only=True)
class EarningSpan:
    """Whose documents, and up to when: issued before a day, voided before an instant; ``timezone`` is the seller's."""

    partner_id: PartnerId
    before: date
    voided_before: datetime
    timezone: str


class CommissionStatements(Protocol):
    """Statements with their entries: appended once, never changed but for what settles them."""

    async def earnings(self, span: EarningSpan) -> Sequence[Earning]:
        """Return what no statement has yet, by day and number.

        Numbered documents to the partner's customers in somebody else's name, and those of them voided since.
        """
        ...

    async def rates(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[InvoiceId, int]:
        """Return the rates (basis points) at which these documents were stated."""
        ...

    async def add(self, statement: CommissionStatement) -> None:
        """Write a closed one with its entries; ``CommissionClosed`` if the month, or an entry, has been taken."""
        ...

    async def save(self, statement: CommissionStatement) -> None:
        """Write what settles it; ``Stale`` if others changed it."""
        ...

    async def list(self, partner_id: PartnerId, page: PageRequest) -> Page[CommissionStatement]:
        """Return part of a partner's statements, the newest month first; entries are left out."""
        ...

    async def of_month(self, partner_id: PartnerId, month: date) -> Sequence[CommissionStatement]:
        """Return the closed statements of a month with their entries, by currency."""
        ...

    async def last_month(self, partner_id: PartnerId) -> date | None:
        """Return the last month that is closed, or None."""
        ...

    async def unsettled(self, partner_id: PartnerId) -> Sequence[CommissionStatement]:
        """Return closed statements of a self-billed partner that nothing settles yet, by currency and month."""
        ...

    async def get(self, statement_id: StatementId) -> CommissionStatement:
        """Return one without its entries; ``NotFound``."""
        ...
