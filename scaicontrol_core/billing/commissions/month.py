"""A month of a partner's commissions: what is stated of it, or what there is so far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from scaicontrol_core.billing.commissions.closing import Sides, open_statements
from scaicontrol_core.billing.commissions.errors import NoCommissions
from scaicontrol_core.billing.commissions.statement import CommissionStatement
from scaicontrol_core.billing.snapshots import seller_snapshot
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.period import Cadence, add_months, period_at
from scaicontrol_core.tenancy.selling import OperatorMissing

if TYPE_CHECKING:
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import Ids

SCHEMA = "scaicontrol.commission-statement/1"


@frozen(kw_only=True)
class MonthOfCommissions:
    """One statement per currency; ``operator`` and ``partner`` are as they were at the closing, or are today.

    ``closed`` tells whether the month's statements are closed; one without any sale never is.
    """

    partner_id: PartnerId
    month: date
    operator: Mapping[str, Any]
    partner: Mapping[str, Any]
    statements: tuple[CommissionStatement, ...]

    @property
    def closed(self) -> bool:
        """Tell whether it says what it says for ever."""
        return bool(self.statements) and all(each.closed_at is not None for each in self.statements)

    @property
    def name(self) -> str:
        """The month, ``2026-10``."""
        return f"{self.month:%Y-%m}"

    def to_dict(self) -> dict[str, Any]:
        """Return the document that a renderer reads and an answer shows."""
        return {
            "schema": SCHEMA,
            "document_type": "commission_statement",
            "partner_id": self.partner_id,
            "month": self.name,
            "period_start": self.month.isoformat(),
            "period_last_day": period_at(self.month, Cadence.MONTHLY, 0).last_day.isoformat(),
            "language": self.partner["language"],
            "closed": self.closed,
            "operator": dict(self.operator),
            "partner": dict(self.partner),
            "statements": [statement.to_dict() for statement in self.statements],
        }


async def sides_of(work: BillingWork, partner_id: PartnerId) -> Sides:
    """Return a partner and the operator; raises ``NotFound`` beyond the scope, ``NoCommissions`` for the operator."""
    partner = await work.partners.get(partner_id)
    if partner.is_operator:
        raise NoCommissions
    _, operator = await work.sellers.own_and_operator(partner_id)
    if operator is None:
        raise OperatorMissing
    return Sides(partner=partner, operator=operator)


async def month_of_commissions(work: BillingWork, sides: Sides, month: date, ids: Ids) -> MonthOfCommissions:
    """Return what is closed of a month, else what is known of it so far."""
    statements = tuple(await work.commission_statements.of_month(sides.partner.id, month))
    if not statements:
        drafted, _ = await open_statements(work, sides, add_months(month, 1), ids)
        statements = tuple(each for each in drafted if each.month == month)
    first = statements[0] if statements else None
    return MonthOfCommissions(
        partner_id=sides.partner.id,
        month=month,
        operator=first.operator if first else asdict(seller_snapshot(sides.operator)),
        partner=first.partner if first else asdict(seller_snapshot(sides.partner)),
        statements=statements,
    )
