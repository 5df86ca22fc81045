"""In whose name a tenant is billed: its own partner's, or the operator's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from scaicontrol_core.kernel.errors import Conflict
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.seller import BillingModel


class OperatorMissing(Conflict):
    """The platform was not set up yet."""

    code = "operator_missing"

    def __init__(self) -> None:
        super().__init__("There is no operator yet.", hint="Create the operator partner first.")


class Sellers(Protocol):
    """Read access to sellers from any scope.

    A tenant's own unit of work may not list partners, but what it buys depends on its
    seller's calendar; this port reads past the scope, by id only, and never writes.
    """

    async def own_and_operator(self, partner_id: PartnerId) -> tuple[Partner, Partner | None]:
        """Return a partner and the operator; ``NotFound`` (``partner_not_found``)."""
        ...

    async def everyone(self) -> Sequence[Partner]:
        """Return all partners within scope, ordered by id."""
        ...


def sells_itself(*, is_operator: bool, billing_model: BillingModel) -> bool:
    """Tell whether a partner issues invoices in its own name."""
    return is_operator or billing_model is BillingModel.WHOLESALE


def seller_for(own: Partner, operator: Partner | None) -> Partner:
    """Return who issues the invoices of a partner's tenants.

    The operator and a wholesale partner sell in their own name; any other partner passes
    through, and the operator sells. Raises ``OperatorMissing``.
    """
    if sells_itself(is_operator=own.is_operator, billing_model=own.configuration.billing_model):
        return own
    if operator is None:
        raise OperatorMissing
    return operator


async def home_partner(work: TenancyWork, scope: Scope, wanted: PartnerId | None) -> Partner:
    """Return the partner a new tenant belongs to: the one named, the scope's own, or the operator.

    Raises ``NotFound`` for a partner beyond the scope, ``OperatorMissing`` before there is one.
    """
    partner_id = wanted or scope.partner_id
    if partner_id is not None:
        return await work.partners.get(partner_id)
    operator = await work.partners.operator()
    if operator is None:
        raise OperatorMissing
    return operator
