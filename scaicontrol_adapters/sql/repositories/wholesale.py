"""The ledger of what is billed to partners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, or_, select

from scaicontrol_adapters.sql.mapping import Fields, enum
from scaicontrol_adapters.sql.repositories.base import telling
from scaicontrol_adapters.sql.rows.billing import BilledPeriodRow, InvoiceLineRow, InvoiceRow
from scaicontrol_adapters.sql.rows.tenancy import TenantRow
from scaicontrol_adapters.sql.rows.wholesale import WholesaleChargeRow
from scaicontrol_core.billing.errors import PeriodAlreadyBilled
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.wholesale.charge import UnbilledCharge, WholesaleCharge
from scaicontrol_core.kernel.ids import SubscriptionId, TenantId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId

_L, _W = BilledPeriodRow, WholesaleChargeRow
_CHARGES = Fields(WholesaleCharge, codecs={"charge_kind": enum(ChargeKind)})
_ALL: Select[Any] = select(*(getattr(_W, name) for name in _CHARGES.columns))
_KEY = (_L.subscription_id, _L.charge_kind, _L.ordinal)
_IS_BILLED = exists().where(
    _W.subscription_id == _L.subscription_id, _W.charge_kind == _L.charge_kind, _W.ordinal == _L.ordinal
)
#: What the customer's own invoice calls it.
_WHAT = (
    select(func.min(InvoiceLineRow.description))
    .where(
        InvoiceLineRow.invoice_id == _L.invoice_id,
        InvoiceLineRow.subscription_id == _L.subscription_id,
        or_(
            and_(InvoiceLineRow.period_start == _L.period_start, InvoiceLineRow.period_end == _L.period_end),
            InvoiceLineRow.period_start.is_(None),
        ),
    )
    .correlate(_L)
    .scalar_subquery()
)
_UNBILLED = (
    select(
        *_KEY,
        _L.tenant_id,
        TenantRow.name.label("customer"),
        _WHAT.label("what"),
        _L.period_start,
        _L.period_end,
        _L.net_cents,
        _L.currency,
        _L.billed_at,
    )
    .join(TenantRow, TenantRow.id == _L.tenant_id)
    .join(InvoiceRow, InvoiceRow.id == _L.invoice_id)
    .where(InvoiceRow.seller_id == InvoiceRow.partner_id, _L.net_cents != 0, ~_IS_BILLED)
    .order_by(TenantRow.name, _L.tenant_id, *_KEY)
)


class SqlWholesaleCharges:
    """The partners' ledger (port ``WholesaleCharges``); triggers refuse every change of an entry."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def unbilled(self, partner_id: PartnerId, billed_before: datetime) -> Sequence[UnbilledCharge]:
        """Return what the partner charged more than nothing for before an instant, in its own name, unbilled yet."""
        wanted = _UNBILLED.where(_L.partner_id == partner_id, _L.billed_at < billed_before)
        return [
            UnbilledCharge(
                subscription_id=SubscriptionId(row.subscription_id),
                ordinal=row.ordinal,
                charge_kind=ChargeKind(row.charge_kind),
                tenant_id=TenantId(row.tenant_id),
                customer=row.customer,
                what=row.what or row.subscription_id,
                period_start=row.period_start,
                period_end=row.period_end,
                list_cents=row.net_cents,
                currency=row.currency,
                billed_at=row.billed_at,
            )
            for row in await self._transaction.execute(wanted)
        ]

    async def add_many(self, charges: Sequence[WholesaleCharge]) -> None:
        """Append; raises ``PeriodAlreadyBilled`` if any natural key is taken."""
        async with telling(duplicate=PeriodAlreadyBilled("A period was billed to its partner already.")):
            await self._transaction.insert(WholesaleChargeRow, [_CHARGES.write(charge) for charge in charges])

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[WholesaleCharge]:
        """Return what a partner's invoice charges, by position."""
        rows = await self._transaction.execute(_ALL.where(_W.invoice_id == invoice_id).order_by(_W.position))
        return [_CHARGES.read(dict(zip(_CHARGES.columns, row, strict=True))) for row in rows]
