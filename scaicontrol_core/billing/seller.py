"""The seller's side of a document: who may write in its name, and whether it may issue at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.billing.errors import NotYourSeries, SellerNotBillable
from scaicontrol_core.kernel.scope import ScopeKind

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import PartnerId
    from scaicontrol_core.tenancy.partner import Partner


def may_write_for(actor: Actor, seller_id: PartnerId) -> bool:
    """Tell whether the actor is the platform or the seller itself."""
    scope = actor.scope
    return scope.kind is ScopeKind.PLATFORM or (scope.kind is ScopeKind.PARTNER and scope.partner_id == seller_id)


def require_own_name(actor: Actor, seller_id: PartnerId) -> None:
    """Raise ``NotYourSeries`` unless the actor may write documents in the seller's name."""
    if not may_write_for(actor, seller_id):
        raise NotYourSeries


async def issuer_of(work: BillingWork, invoice: Invoice) -> Partner:
    """Return who issued an invoice, whoever sells to its buyer by now."""
    own, operator = await work.sellers.own_and_operator(invoice.partner_id)
    return operator if operator is not None and operator.id == invoice.seller_id else own


def require_billable(seller: Partner) -> None:
    """Raise ``SellerNotBillable``, naming all that an invoice must show and the seller lacks.

    Name and address (Directive 2006/112/EC art. 226(5)), and a number prefix of its own.
    """
    configuration = seller.configuration
    needed = (
        "legal_name",
        "seller_country_code",
        "seller_address_line1",
        "seller_city",
        "invoice_number_prefix",
    )
    missing = tuple(name for name in needed if not getattr(configuration, name))
    if missing:
        raise SellerNotBillable(seller.id, missing)
