"""What customers pay with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_adapters.sql.mapping import Fields, enum
from scaicontrol_adapters.sql.repositories.base import Repository, Table, telling
from scaicontrol_adapters.sql.rows.payments import PaymentMethodRow
from scaicontrol_core.payments.errors import MandateReferenceTaken
from scaicontrol_core.payments.lifecycle import MethodStatus
from scaicontrol_core.payments.payment_method import StoredMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.kernel.ids import PaymentMethodId, TenantId

_ROW = PaymentMethodRow
_METHODS: Table[StoredMethod] = Table(
    _ROW,
    Fields(StoredMethod, codecs={"status": enum(MethodStatus)}),
    what="payment method",
    resource_type="payment_method",
    fixed=("seller_id", "mandate_reference", "debtor_name", "iban", "bic", "signed_on", "created_at"),
)


class SqlPaymentMethods(Repository[StoredMethod]):
    """Payment methods within scope (port ``PaymentMethods``)."""

    table = _METHODS

    async def get(self, method_id: PaymentMethodId) -> StoredMethod:
        """Return one, or raise ``NotFound``."""
        return await self.load(method_id)

    async def of_tenant(self, tenant_id: TenantId) -> Sequence[StoredMethod]:
        """Return all of a tenant, newest first."""
        newest_first = (_ROW.created_at.desc(), _ROW.id.desc())
        return await self.all_where(_ROW.tenant_id == tenant_id, order=newest_first)

    async def add(self, method: StoredMethod) -> None:
        """Store a new one; ``MandateReferenceTaken`` if the creditor has its reference already."""
        async with telling(MandateReferenceTaken()):
            await super().add(method)
