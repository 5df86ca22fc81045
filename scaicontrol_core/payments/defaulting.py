"""One default at most: the old one gives way before the new one is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaicontrol_core.kernel.ids import PaymentMethodId, TenantId
    from scaicontrol_core.payments.payment_method import StoredMethod
    from scaicontrol_core.payments.ports import PaymentsWork


async def replace_default(work: PaymentsWork, present: Iterable[StoredMethod]) -> None:
    """Write that what a tenant has paid with so far is its default no more."""
    for each in present:
        if each.is_default:
            each.clear_default()
            await work.payment_methods.save(each)


async def own_method(work: PaymentsWork, tenant_id: TenantId, method_id: PaymentMethodId) -> StoredMethod:
    """Return a tenant's payment method; ``NotFound`` for another tenant's as for nobody's."""
    method = await work.payment_methods.get(method_id)
    if method.tenant_id != tenant_id:
        raise NotFound.of("payment method", method_id)
    return method
