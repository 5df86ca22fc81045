"""What is known of a tenant's entitlements, as it is kept in a cache for a stated time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.entitlements.entitlement import Entitlement
from scaicontrol_core.entitlements.written import restored, written
from scaicontrol_core.kernel.cache import Cache
from scaicontrol_core.kernel.clock import Clock, rfc3339
from scaicontrol_core.kernel.ids import PartnerId, TenantId

if TYPE_CHECKING:
    from scaicontrol_core.kernel.events import Event

#: What the key begins with; its number changes with the form of what is kept.
_KEY = "scaicontrol:entitlements:1:"
_MILLISECOND = timedelta(milliseconds=1)
#: Events of these are about what a tenant may use, but for what billing notes down on them.
_TELLING = frozenset({"subscription", "pack_subscription", "usage"})
_BILLED = ".billed"


@frozen(kw_only=True)
class TenantEntitlements:
    """All of one tenant. ``owners``: each service's slug and the app_id of its tokens.

    ``partner_id`` is None if there is no such tenant. ``left`` is how many milliseconds the
    answer may still be relied upon.
    """

    tenant_id: TenantId
    partner_id: PartnerId | None
    owners: Mapping[str, str]
    by_service: Mapping[str, Mapping[str, Any]]
    left: int

    def of(self, service: str) -> Entitlement:
        """Return the entitlement to a service of the catalogue."""
        found = self.by_service.get(service)
        return Entitlement(tenant_id=self.tenant_id, service=service) if found is None else restored(found)


@frozen
class KeptEntitlements:
    """The cache of entitlements: one entry a tenant, never older than ``max_age`` seconds.

    Age counts from before the database was read, so it is the age of the facts.
    """

    cache: Cache
    clock: Clock
    max_age: int

    async def get(self, tenant_id: TenantId) -> TenantEntitlements | None:
        """Return what is kept, if it is fresh enough and of this tenant."""
        held = await self.cache.get(_KEY + tenant_id)
        if held is None:
            return None
        try:
            kept = json.loads(held.value)
            read_at = datetime.fromisoformat(kept["read_at"])
            if kept["tenant_id"] != tenant_id:
                return None
            # The cache's own clock and ours: whichever gives less.
            left = min(held.left, self._left(read_at))
            return _tenant(kept, left) if left > 0 else None
        except (ValueError, KeyError, TypeError):
            return None  # not of our making, or of another version

    async def keep(
        self,
        tenant_id: TenantId,
        partner_id: PartnerId | None,
        owners: Mapping[str, str],
        found: Sequence[Entitlement],
        read_at: datetime,
    ) -> TenantEntitlements:
        """Keep what was read from the database since an instant; who is unknown is not kept."""
        kept: dict[str, Any] = {
            "tenant_id": tenant_id,
            "partner_id": partner_id,
            "owners": dict(owners),
            "by_service": {each.service: written(each) for each in found},
            "read_at": rfc3339(read_at),
        }
        left = self._left(read_at)
        if partner_id is not None and left > 0:
            await self.cache.set(_KEY + tenant_id, json.dumps(kept, separators=(",", ":")), left)
        return _tenant(kept, max(left, 0))

    async def committed(self, events: Sequence[Event]) -> None:
        """Forget the tenants that events tell of, once they are committed (port ``AfterCommit``)."""
        told = {
            event.tenant_id
            for event in events
            if event.tenant_id and event.resource_type in _TELLING and not event.action.endswith(_BILLED)
        }
        await self.cache.delete(*(_KEY + tenant_id for tenant_id in sorted(told)))

    def _left(self, read_at: datetime) -> int:
        age = self.clock.now() - read_at
        return 0 if age < timedelta(0) else self.max_age * 1000 - age // _MILLISECOND


def _tenant(kept: Mapping[str, Any], left: int) -> TenantEntitlements:
    return TenantEntitlements(
        tenant_id=kept["tenant_id"],
        partner_id=kept["partner_id"],
        owners=kept["owners"],
        by_service=kept["by_service"],
        left=left,
    )
