"""Whose a webhook subscription is, and what it may be narrowed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.delivery.errors import NotForTenants
from scaicontrol_core.kernel.errors import Forbidden, Invalid
from scaicontrol_core.kernel.scope import ScopeKind

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.delivery.webhook_terms import WebhookTerms
    from scaicontrol_core.delivery.work import DeliveryWork
    from scaicontrol_core.kernel.ids import PartnerId


def owner_of(actor: Actor, partner_id: PartnerId | None) -> PartnerId | None:
    """Return whose a new subscription is: a partner's administrator makes that partner's; None is the platform.

    Raises ``Forbidden`` for another partner's, and for tenants and services, who own none.
    """
    if actor.scope.kind not in (ScopeKind.PLATFORM, ScopeKind.PARTNER):
        raise NotForTenants("Webhooks belong to the platform and to partners.")
    own = actor.scope.partner_id if actor.scope.kind is ScopeKind.PARTNER else None
    if own is not None and partner_id not in (None, own):
        raise Forbidden("A partner's administrator subscribes for that partner alone.")
    return own or partner_id


async def require_filters(work: DeliveryWork, owner: PartnerId | None, terms: WebhookTerms) -> None:
    """Refuse what would never match: another partner's events, or those of nobody there is.

    Raises ``NotFound`` for a partner or tenant out of reach, ``Invalid`` (``filter_invalid``) for a contradiction.
    """
    if owner is not None and terms.only_partner_id not in (None, owner):
        raise Invalid.field("/only_partner_id", "A partner hears of its own events alone.", code="filter_invalid")
    for partner_id in {owner, terms.only_partner_id} - {None}:
        await work.partners.get(partner_id)  # type: ignore[arg-type]  # mypy does not follow the difference
    if terms.only_tenant_id is not None:
        tenant = await work.tenants.get(terms.only_tenant_id)
        if {owner, terms.only_partner_id} - {None, tenant.partner_id}:
            raise Invalid.field("/only_tenant_id", "This tenant is another partner's.", code="filter_invalid")
