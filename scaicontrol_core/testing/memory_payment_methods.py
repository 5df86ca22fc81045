"""What customers pay with, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.payments.errors import MandateReferenceTaken
from scaicontrol_core.payments.payment_method import StoredMethod
from scaicontrol_core.testing.memory_store import MemoryCollection, UniqueKey

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import TenantId
    from scaicontrol_core.kernel.scope import Scope


class MemoryPaymentMethods(MemoryCollection[StoredMethod]):
    """All payment methods within scope."""

    table = "payment_methods"
    what = "payment method"

    async def of_tenant(self, tenant_id: TenantId) -> Sequence[StoredMethod]:
        """Return all of a tenant, newest first."""
        own = [row for row in self._visible() if row.tenant_id == tenant_id]
        return sorted(own, key=lambda row: (row.created_at, row.id), reverse=True)

    def _reaches(self, scope: Scope, row: StoredMethod) -> bool:
        return scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)

    def _unique_keys(self, row: StoredMethod) -> Iterable[UniqueKey]:
        yield ("reference", row.seller_id, row.mandate_reference), MandateReferenceTaken
        if row.default_for is not None:
            yield ("default", row.default_for), lambda: Retryable("There is a default already.")
