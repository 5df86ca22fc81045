"""What metering must know of tenants and subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select

from scaicontrol_adapters.sql.mapping import DECIMALS
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST
from scaicontrol_adapters.sql.repositories.subscriptions import SCHEDULE
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_adapters.sql.rows.tenancy import PartnerRow, TenantRow
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.subscriptions.metered import metered
from scaicontrol_core.tenancy.seller import BillingModel
from scaicontrol_core.tenancy.selling import OperatorMissing, sells_itself

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import ServiceId
    from scaicontrol_core.metering.ports import MeteredSubscription

_IN: Any = bindparam("wanted", expanding=True)
_TENANTS = select(TenantRow.id).where(TenantRow.id.in_(_IN))
_REFERENCES = select(TenantRow.external_reference, TenantRow.id).where(TenantRow.external_reference.in_(_IN))
_REFERENCES_OF = _REFERENCES.where(TenantRow.partner_id == bindparam("of_partner"))
_OWN = ("id", "partner_id", "tenant_id", "service_id", "plan_id", "starts_on", "cancelled_at", "trial_ends_at")
_NAMES = (*_OWN, "billable_rate", *SCHEDULE.columns)
#: No more columns than needed: each event that comes alone pays for them.
_SUBSCRIPTIONS = (
    select(*(getattr(SubscriptionRow, name) for name in _NAMES))
    .where(
        SubscriptionRow.tenant_id.in_(_IN),
        SubscriptionRow.service_id.in_(bindparam("wanted_services", expanding=True)),
    )
    .order_by(SubscriptionRow.id)
)
_SELLERS = select(
    PartnerRow.id,
    PartnerRow.is_operator,
    PartnerRow.billing_model,
    PartnerRow.billing_timezone,
    PartnerRow.usage_grace_hours,
).where(or_(PartnerRow.id.in_(_IN), PartnerRow.operator_slot == 1))


class SqlMeteredSubscriptions:
    """Tenants and subscriptions as metering sees them (port ``MeteredSubscriptions``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def existing_tenants(self, tenant_ids: Collection[TenantId]) -> Collection[TenantId]:
        """Return those of the ids that exist."""
        found: set[TenantId] = set()
        for part in _parts(tenant_ids):
            found |= set((await self._transaction.execute(_TENANTS, {"wanted": part})).scalars())
        return found

    async def by_reference(
        self, references: Collection[str], partner_id: PartnerId | None
    ) -> Mapping[str, Sequence[TenantId]]:
        """Return the tenants of each external reference."""
        found: dict[str, list[TenantId]] = {}
        for part in _parts(references):
            if partner_id is None:
                rows = await self._transaction.execute(_REFERENCES, {"wanted": part})
            else:
                rows = await self._transaction.execute(_REFERENCES_OF, {"wanted": part, "of_partner": partner_id})
            for row in rows:
                found.setdefault(row.external_reference, []).append(TenantId(row.id))
        return found

    async def of_tenants(
        self, tenant_ids: Collection[TenantId], service_ids: Collection[ServiceId]
    ) -> Sequence[MeteredSubscription]:
        """Return all subscriptions, past ones too, of these tenants to these services."""
        found: list[Any] = []
        for part in _parts(tenant_ids):
            wanted = {"wanted": part, "wanted_services": list(service_ids)}
            found += (await self._transaction.execute(_SUBSCRIPTIONS, wanted)).all()
        sellers = await self._sellers({PartnerId(row.partner_id) for row in found})
        return [_metered(row, sellers[row.partner_id]) for row in found]

    async def _sellers(self, partner_ids: Collection[PartnerId]) -> Mapping[str, Any]:
        """Return the row of each partner's seller: its own, or the operator's."""
        if not partner_ids:
            return {}
        rows = (await self._transaction.execute(_SELLERS, {"wanted": list(partner_ids)})).all()
        operator = next((row for row in rows if row.is_operator), None)
        sellers = {}
        for row in rows:
            own = sells_itself(is_operator=row.is_operator, billing_model=BillingModel(row.billing_model))
            sellers[row.id] = row if own else operator
        if None in sellers.values():
            raise OperatorMissing
        return sellers


def _metered(row: Any, seller: Any) -> MeteredSubscription:
    return metered(
        row,
        SCHEDULE.read(dict(zip(_NAMES, row, strict=True))),
        timezone=seller.billing_timezone,
        grace_hours=seller.usage_grace_hours,
        rate=DECIMALS.decode(row.billable_rate or {}),
    )


def _parts(keys: Collection[str]) -> Sequence[list[str]]:
    ordered = sorted(keys)
    return [ordered[start : start + MAX_IN_LIST] for start in range(0, len(ordered), MAX_IN_LIST)]
