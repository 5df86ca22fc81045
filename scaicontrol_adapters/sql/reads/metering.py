"""What metering must know of tenants and subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select

from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST
from scaicontrol_adapters.sql.repositories.subscriptions import SqlSubscriptions
from scaicontrol_adapters.sql.repositories.tenancy import SqlPartners
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_adapters.sql.rows.tenancy import PartnerRow, TenantRow
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.subscriptions.metered import metered
from scaicontrol_core.tenancy.selling import seller_for

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import PartnerId, ServiceId
    from scaicontrol_core.metering.ports import MeteredSubscription
    from scaicontrol_core.tenancy.seller import PartnerConfiguration

_IN: Any = bindparam("wanted", expanding=True)
_TENANTS = select(TenantRow.id).where(TenantRow.id.in_(_IN))
_REFERENCES = select(TenantRow.external_reference, TenantRow.id).where(TenantRow.external_reference.in_(_IN))
_REFERENCES_OF = _REFERENCES.where(TenantRow.partner_id == bindparam("of_partner"))
_SUBSCRIPTIONS = SqlSubscriptions.table.select.where(
    SubscriptionRow.tenant_id.in_(_IN),
    SubscriptionRow.service_id.in_(bindparam("wanted_services", expanding=True)),
).order_by(SubscriptionRow.id)
_SELLERS = SqlPartners.table.select.where(or_(PartnerRow.id.in_(_IN), PartnerRow.operator_slot == 1))


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
        restore = SqlSubscriptions.table.restore
        found = []
        for part in _parts(tenant_ids):
            wanted = {"wanted": part, "wanted_services": list(service_ids)}
            found += [restore(row) for row in await self._transaction.execute(_SUBSCRIPTIONS, wanted)]
        sellers = await self._sellers({each.partner_id for each in found})
        return [metered(each, sellers[each.partner_id]) for each in found]

    async def _sellers(self, partner_ids: Collection[PartnerId]) -> Mapping[PartnerId, PartnerConfiguration]:
        if not partner_ids:
            return {}
        rows = await self._transaction.execute(_SELLERS, {"wanted": list(partner_ids)})
        partners = {each.id: each for each in map(SqlPartners.table.restore, rows)}
        operator = next((each for each in partners.values() if each.is_operator), None)
        return {each: seller_for(partners[each], operator).configuration for each in partner_ids}


def _parts(keys: Collection[str]) -> Sequence[list[str]]:
    ordered = sorted(keys)
    return [ordered[start : start + MAX_IN_LIST] for start in range(0, len(ordered), MAX_IN_LIST)]
