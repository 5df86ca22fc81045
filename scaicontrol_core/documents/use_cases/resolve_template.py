"""Say which template a tenant's documents are written with, and why."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.templates.choosing import ChosenTemplate, choose_template
from scaicontrol_core.documents.templates.template import TemplateLanguage, TemplateType
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.selling import seller_for

_WITHOUT_PROFILE = TemplateLanguage.EN


@frozen
class ResolveTemplate:
    """Walk the chain that a tenant's document of a type would be written by today.

    The language is the buyer's unless one is named. Raises ``NotFound``.
    """

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(
        self, actor: Actor, tenant_id: TenantId, document_type: TemplateType, language: TemplateLanguage | None = None
    ) -> ChosenTemplate:
        """Return the template, None for the built-in one, with every step that led there."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            tenant = await work.tenants.get(tenant_id)
            profile = await work.billing_profiles.find(tenant_id)
            seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
            own = profile.details.preferred_language if profile else _WITHOUT_PROFILE.value
            wanted = language.value if language else own
            return await choose_template(work, tenant_id, seller.id, document_type, wanted)
