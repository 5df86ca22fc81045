"""How people name things at the command line, and which ids they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId

if TYPE_CHECKING:
    from scaicontrol_cli.context import Session

OPERATOR = "operator"


async def tenant_named(session: Session, name: str, partner: str | None = None) -> TenantId:
    """Return the id of the tenant that a person named by its id or reference; ``NotFound``."""
    from scaicontrol_core.tenancy.use_cases.find_tenant import FindTenant

    found = await session.use(FindTenant)(session.actor, name, PartnerId(partner) if partner else None)
    return found.id


async def partner_named(session: Session, name: str) -> PartnerId:
    """Return a partner's id; the word ``operator`` stands for the operator's."""
    if name != OPERATOR:
        return PartnerId(name)
    from scaicontrol_core.tenancy.use_cases.get_operator import GetOperator

    return (await session.use(GetOperator)(session.actor)).id


async def invoice_named(session: Session, name: str) -> InvoiceId:
    """Return the id of the invoice that a person named by id or number; ``NotFound``."""
    from scaicontrol_core.billing.ports import InvoiceFilter
    from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
    from scaicontrol_core.kernel.paging import PageRequest

    if name.startswith("inv_"):
        return InvoiceId(name)
    found = await session.use(ListInvoices)(session.actor, InvoiceFilter(number=name), PageRequest(limit=2))
    if len(found.items) != 1:
        raise NotFound.of("invoice", name)
    return found.items[0].id
