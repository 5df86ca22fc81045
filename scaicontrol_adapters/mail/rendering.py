"""The ``MailRenderer``: our own templates here, an operator's where it can do no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from scaicontrol_core.documents.mail_composing import MailOrder, MailTemplateSource, RenderedMail


@frozen
class SandboxedMails:
    """Composes messages; ``renderer`` is the document renderer, whose processes run an operator's templates."""

    renderer: Any

    async def render_mail(self, order: MailOrder, template: MailTemplateSource | None = None) -> RenderedMail:
        """Write it; see the port."""
        elsewhere = getattr(self.renderer, "render_mail", None)
        if template is not None and elsewhere is not None:
            rendered: RenderedMail = await elsewhere(order, template)
            return rendered
        from scaicontrol_adapters.mail.composer import compose_mail  # noqa: PLC0415 - Jinja and CLDR only where used

        return compose_mail(order, template=template)
