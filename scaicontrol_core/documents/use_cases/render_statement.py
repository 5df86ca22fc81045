"""Make the PDF of a tenant's statement of account."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.brand.loading import load_assets
from scaicontrol_core.documents.ports import DocumentRenderer, ObjectStore, PdfParts
from scaicontrol_core.documents.stating import account_statement
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.ports import PaymentsWork


@frozen
class StatementPdf:
    """The PDF's bytes, and a name for its file without the extension."""

    content: bytes
    name: str


@frozen
class RenderStatement:
    """Return the statement as a PDF; it is made anew each time and kept nowhere, for it is no legal document.

    Raises as ``account_statement`` and the renderer do.
    """

    work: UnitOfWorkFactory[PaymentsWork]
    clock: Clock
    renderer: DocumentRenderer
    objects: ObjectStore

    async def __call__(
        self, actor: Actor, tenant_id: TenantId, first: date | None = None, last: date | None = None
    ) -> StatementPdf:
        """Return the statement from the first to the last day, both included."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        async with self.work.begin(actor, read_only=True) as work:
            statement = await account_statement(work, tenant_id, self.clock.now(), first, last)
        name = f"statement-{statement.period.first.isoformat()}-{statement.period.last.isoformat()}"
        rendered = await self.renderer.render_html(statement.to_dict())
        parts = PdfParts(assets=await load_assets(self.objects, rendered.html, rendered.fonts))
        content = await self.renderer.render_pdf(rendered.html, f"statements/{tenant_id}/{name}", parts)
        return StatementPdf(content, name)
