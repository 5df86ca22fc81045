"""Which template a tenant's documents and e-mails are written with, read from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.documents.resolution import ChosenNames, Resolution, resolve
from scaicontrol_core.documents.templates.template import DocumentTemplate, TemplateType

if TYPE_CHECKING:
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.documents.mail import MailType
    from scaicontrol_core.documents.mail_composing import MailTemplateSource
    from scaicontrol_core.documents.ports import TemplateSource
    from scaicontrol_core.documents.work import DocumentsWork
    from scaicontrol_core.kernel.ids import PartnerId, TenantId


@frozen
class ChosenTemplate:
    """The template of a document (None: the built-in one), and how it was found."""

    template: DocumentTemplate | None
    resolution: Resolution


async def choose_template(
    work: DocumentsWork, tenant_id: TenantId | None, seller_id: PartnerId, document_type: TemplateType, language: str
) -> ChosenTemplate:
    """Walk the chain for a tenant: names come from its profile and its seller, templates from the seller.

    What goes out in a seller's name is written with that seller's templates alone, and what it writes in
    another's name too. Raises ``NotFound``
    for an unknown seller.
    """
    names = await _names(work, tenant_id, seller_id, printed=document_type.is_printed)
    named = {name for name in (names.tenant, names.partner) if name}
    found = await work.templates.candidates(seller_id, document_type, named)
    known = {_key(each): each for each in found}
    resolution = resolve(document_type.value, language, names, known)
    if resolution.chosen.name is None:
        return ChosenTemplate(None, resolution)
    key = (resolution.chosen.name, document_type.value, resolution.chosen.language)
    return ChosenTemplate(known[key], resolution)


def _key(template: DocumentTemplate) -> tuple[str, str, str | None]:
    identity = template.identity
    return identity.name, identity.document_type.value, identity.language.value if identity.language else None


async def print_template(work: DocumentsWork, invoice: Invoice, language: str) -> TemplateSource | None:
    """Return the template that an invoice or credit note is printed with today; None: the built-in one."""
    kind = TemplateType(invoice.document_type.paper.value)
    chosen = await choose_template(work, invoice.tenant_id, invoice.issuer_id, kind, language)
    return chosen.template.print_source() if chosen.template else None


async def mail_template(
    work: DocumentsWork, invoice: Invoice, mail_type: MailType, language: str
) -> MailTemplateSource | None:
    """Return the template that an e-mail about an invoice is written with today; None: the built-in one."""
    kind = TemplateType(mail_type.value)
    chosen = await choose_template(work, invoice.tenant_id, invoice.issuer_id, kind, language)
    return chosen.template.mail_source() if chosen.template else None


async def _names(
    work: DocumentsWork, tenant_id: TenantId | None, seller_id: PartnerId, *, printed: bool
) -> ChosenNames:
    profile = await work.billing_profiles.find(tenant_id) if tenant_id else None
    seller, _ = await work.sellers.own_and_operator(seller_id)
    field = "invoice_template_name" if printed else "email_template_name"
    own: str | None = getattr(profile.details, field) if profile else None
    house: str | None = getattr(seller.configuration, field)
    return ChosenNames(tenant=own, partner=house)
